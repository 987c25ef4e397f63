# Sourced by the test scripts: `. tests/lib/check.sh`. They run from the root of the tree and end with `finish`.
#
#   bobbin ARG...              tools/run in the repeatable way of the tests
#   expect STATUS COMMAND...   run COMMAND; its streams go to $T/out and $T/err; complain when its status is another
#   out TEXT                   what the last expect's COMMAND wrote to standard output is TEXT (as printf %b writes it)
#   err REGEX                  a line of its standard error matches REGEX
# $T is a folder of the test's own. Nothing here looks at a clock.
set -u
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM HUP
complaints=0

complain() {
	complaints=$((complaints + 1))
	printf 'not ok: %s\n' "$*"
}

bobbin() {
	tools/run --smp 1 --icount --timeout 60 "$@"
}

expect() {
	wanted=$1
	shift
	what=$*
	"$@" > "$T/out" 2> "$T/err"
	got=$?
	if [ $got -ne "$wanted" ]; then
		complain "status $got, not $wanted: $what"
		tail -n 5 "$T/out"
		tail -n 15 "$T/err"
	fi
}

out() {
	printf '%b' "$1" > "$T/wanted"
	cmp -s "$T/wanted" "$T/out" && return
	complain "output of: $what"
	diff -a "$T/wanted" "$T/out" | head -n 10
}

err() {
	grep -Eq "$1" "$T/err" && return
	complain "no line /$1/ on standard error of: $what"
	tail -n 15 "$T/err"
}

finish() {
	[ $complaints -eq 0 ]
	exit
}
