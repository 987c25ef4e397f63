# Sourced after check.sh by tests of programs that others' compilers and libraries made.
#
#   compile NAME COMPILER ARG...   COMPILER ARG... -o $T/NAME; what it says is shown only if it fails
#   as_on_linux NAME ARG...        $T/NAME ARG... gives what it gives on Linux, with --icount on one CPU and on two CPUs
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
