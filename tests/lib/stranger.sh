# Sourced after check.sh by tests of programs that others' compilers and libraries made.
#
#   debian_source PACKAGE      unpacks its source in $T; without Debian or the mirror the test is skipped, and says why
#   compile NAME COMPILER ARG...   COMPILER ARG... -o $T/NAME; what it says is shown only if it fails
#   as_on_linux NAME ARG...        $T/NAME ARG... gives what it gives on Linux, with --icount on one CPU and on two CPUs
skip() {
	echo "skipped: $*"
	exit 0
}

# By apt, with a list of its own: the machine's need not have deb-src.
debian_source() {
	command -v apt-get > /dev/null && command -v dpkg-source > /dev/null || skip "no apt-get and dpkg-dev, so no source of $1"
	suite=$(. /etc/os-release; echo "${VERSION_CODENAME:-}")
	keyring=$(ls /usr/share/keyrings/debian-archive-keyring.gpg 2> /dev/null)
	[ -n "$suite" ] && [ -n "$keyring" ] || skip "not a Debian, so no source of $1"
	mkdir -p "$T/lists/partial"
	echo "deb-src [signed-by=$keyring] http://deb.debian.org/debian $suite main" > "$T/sources.list"
	apt="apt-get -q -o Dir::Etc::sourcelist=$T/sources.list -o Dir::Etc::sourceparts=- -o Dir::State::lists=$T/lists -o APT::Sandbox::User=root"
	(cd "$T" && $apt update && $apt source "$1") > "$T/fetch" 2>&1 || skip "the mirror does not give the source of $1: $(tail -n 1 "$T/fetch")"
}

compile() {
	binary=$T/$1
	shift
	"$@" -o "$binary" > "$T/compiler" 2>&1 && return
	complain "does not compile: $*"
	tail -n 5 "$T/compiler"
	return 1
}

as_on_linux() {
	binary=$T/$1
	shift
	"$binary" "$@" > "$T/linux" 2>&1 < /dev/null
	status=$?
	for machine in '--smp 1 --icount' '--smp 2'; do
		expect $status tools/run $machine --timeout 60 --add "$binary:/program" -- /program "$@" < /dev/null
		cmp -s "$T/linux" "$T/out" && continue
		complain "not as on Linux with $machine: ${binary##*/} $*"
		diff -a "$T/linux" "$T/out" | head -n 10
	done
}
