# A machine that builds, runs and tests Bobbin:
#   docker build -t bobbin . && docker run --rm -it -v "$PWD":/bobbin bobbin make run
FROM debian:bookworm
RUN apt-get update && apt-get install -y --no-install-recommends make git ca-certificates && rm -rf /var/lib/apt/lists/*
WORKDIR /bobbin
COPY tools/deps /tmp/deps
RUN /tmp/deps all && rm -rf /var/lib/apt/lists/* /tmp/deps
CMD ["make", "run"]
