/*
 * The three shapes of a web server, as Apache had them one after another; connections are socket
 * pairs, a request is a number, the answer its square and who computed it.
 *
 *	prefork		a process for each connection: simple, safe, heavy
 *	worker		few processes with many threads, a thread for each connection
 *	event		few threads with epoll, each serving many connections
 *
 * Usage: servers [prefork | worker | event], without argument all three.
 */
#include "check.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#define CONNECTIONS 12
#define REQUESTS 20
#define WORKER_PROCESSES 3
#define EVENT_THREADS 2

struct answer {
	long square;
	pid_t pid, tid;
};

static int server_end[CONNECTIONS], client_end[CONNECTIONS];

/* Answers one request; 0 at the end of the connection. */
static int serve_one(int fd)
{
	struct answer a;
	long n;

	if (read(fd, &n, sizeof(n)) != sizeof(n))
		return 0;
	a.square = n * n;
	a.pid = getpid();
	a.tid = my_tid();
	return write(fd, &a, sizeof(a)) == sizeof(a);
}

static void *serve_connection(void *arg)
{
	while (serve_one(server_end[(long)arg]))
		;
	return NULL;
}

/* Serves connections from, from + step, ... with epoll. */
static void *serve_events(void *arg)
{
	struct epoll_event e, ready[4];
	int ep = epoll_create1(EPOLL_CLOEXEC), open_ones = 0, n;

	for (int i = (int)(long)arg; i < CONNECTIONS; i += EVENT_THREADS, open_ones++) {
		e.events = EPOLLIN;
		e.data.fd = server_end[i];
		epoll_ctl(ep, EPOLL_CTL_ADD, server_end[i], &e);
	}
	while (open_ones > 0) {
		n = epoll_wait(ep, ready, 4, -1);
		for (int i = 0; i < n; i++)
			if (!serve_one(ready[i].data.fd)) {
				epoll_ctl(ep, EPOLL_CTL_DEL, ready[i].data.fd, NULL);
				open_ones--;
			}
	}
	close(ep);
	return NULL;
}

static void run_threads(void *(*fn)(void *), int from, int n)
{
	pthread_t t[CONNECTIONS];

	for (int i = 0; i < n; i++)
		t[i] = spawn(fn, (void *)(long)(from + i));
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

/* A server process: only the server's ends are open in it. */
static pid_t process(void (*body)(int), int arg)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (int i = 0; i < CONNECTIONS; i++)
			close(client_end[i]);
		body(arg);
		_exit(0);
	}
	return pid;
}

static void prefork_body(int i) { serve_connection((void *)(long)i); }
static void event_body(int i) { run_threads(serve_events, i, EVENT_THREADS); }
static void worker_body(int i)
{
	int each = CONNECTIONS / WORKER_PROCESSES;

	run_threads(serve_connection, i * each, each);
}

static int distinct(const pid_t *ids)
{
	int n = 0;

	for (int i = 0; i < CONNECTIONS; i++) {
		int j = 0;

		while (ids[j] != ids[i])
			j++;
		n += j == i;
	}
	return n;
}

/* Sends requests on all connections by turns; how many answers were right. */
static int clients(pid_t *pids, pid_t *tids)
{
	struct answer a;
	int right = 0;

	for (long r = 0; r < REQUESTS; r++) {
		for (long i = 0; i < CONNECTIONS; i++) {
			long n = r * 100 + i;

			if (write(client_end[i], &n, sizeof(n)) != sizeof(n))
				return -1;
		}
		for (long i = 0; i < CONNECTIONS; i++) {
			if (read(client_end[i], &a, sizeof(a)) != sizeof(a))
				return -1;
			right += a.square == (r * 100 + i) * (r * 100 + i);
			pids[i] = a.pid;
			tids[i] = a.tid;
		}
	}
	return right;
}

static void serve(const char *name, void (*body)(int), int processes, int threads)
{
	pid_t servers[CONNECTIONS], pids[CONNECTIONS] = { 0 }, tids[CONNECTIONS] = { 0 };
	int right, status, good = 1, fds[2];
	char line[100];
	double start;

	for (int i = 0; i < CONNECTIONS; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds)) {
			check("socketpair", 0);
			return;
		}
		server_end[i] = fds[0];
		client_end[i] = fds[1];
	}
	fflush(stdout);
	for (int i = 0; i < processes; i++)
		servers[i] = process(body, i);
	for (int i = 0; i < CONNECTIONS; i++)
		close(server_end[i]);
	start = now();
	right = clients(pids, tids);
	snprintf(line, sizeof(line), "%s: %d answers right, by %d processes with %d threads", name,
		 right, distinct(pids), distinct(tids));
	check(line, right == CONNECTIONS * REQUESTS && distinct(pids) == processes &&
	      distinct(tids) == threads);
	if (verbose)
		printf("     %.1f us a request\n",
		       (now() - start) * 1e6 / (CONNECTIONS * REQUESTS));
	for (int i = 0; i < CONNECTIONS; i++)
		close(client_end[i]);
	for (int i = 0; i < processes; i++)
		good &= waitpid(servers[i], &status, 0) == servers[i] && status == 0;
	snprintf(line, sizeof(line), "%s: all ended when the clients hung up", name);
	check(line, good);
}

int main(int argc, char **argv)
{
	int i = begin(argc, argv);
	const char *which = i < argc ? argv[i] : "";

	if (*which && strcmp(which, "prefork") && strcmp(which, "worker") &&
	    strcmp(which, "event")) {
		fprintf(stderr, "usage: servers [-v] [prefork | worker | event]\n");
		return 2;
	}
	if (!*which || !strcmp(which, "prefork"))
		serve("prefork", prefork_body, CONNECTIONS, CONNECTIONS);
	if (!*which || !strcmp(which, "worker"))
		serve("worker", worker_body, WORKER_PROCESSES, CONNECTIONS);
	if (!*which || !strcmp(which, "event"))
		serve("event", event_body, 1, EVENT_THREADS);
	return failures;
}
