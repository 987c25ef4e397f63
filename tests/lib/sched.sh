# Sourced by tests/sched/*, instead of check.sh:
#
#   lab POLICY SMP ARG...          schedlab under sched=POLICY, repeatable; its lines go to $T/lab. SMP: the number of CPUs, and
#                                  in the same word more options of tools/run
#   share TASK N LOW HIGH          the Nth line of TASK has a share between LOW and HIGH per cent
#   ratio TASK1 TASK2 WANTED TOLERANCE    their shares (the first of each) are in that ratio, within so many per cent
#   latency TASK LOW HIGH          its worst wake-up latency is between LOW and HIGH ms
# All figures are of the machine's own time.
. tests/lib/check.sh

lab() {
	policy=$1 cpus=$2
	shift 2
	what="sched=$policy, $cpus CPU: schedlab $*"
	# shellcheck disable=SC2086
	tools/run --smp $cpus --icount --append "sched=$policy" --timeout 120 -- /bin/schedlab "$@" > "$T/lab" 2> "$T/err" ||
		complain "status $?: $what: $(tail -n 5 "$T/err")"
}

wrong() {
	complain "$1: $what"
	sed 's/^/	/' "$T/lab"
}

nth() {
	awk -v task="$1" -v n="$2" '$1 == task && $3 == "%" && ++seen == n { print $2 }' "$T/lab"
}

share() {
	nth "$1" "$2" | awk -v low="$3" -v high="$4" '{ ok = $1 >= low && $1 <= high } END { exit !ok }' ||
		wrong "$1 number $2 has no share between $3 and $4 %"
}

ratio() {
	echo "$(nth "$1" 1) $(nth "$2" 1)" | awk -v want="$3" -v percent="$4" \
		'{ r = $1 / ($2 + 1e-9) / want - 1; ok = r <= percent / 100 && r >= -percent / 100 } END { exit !ok }' ||
		wrong "$1 to $2 is not $3 within $4 %"
}

latency() {
	awk -v task="$1" -v low="$2" -v high="$3" \
		'$1 == task && $3 == "wake-ups," { ok = $8 >= low && $8 <= high } END { exit !ok }' "$T/lab" ||
		wrong "the worst latency of $1 is not between $2 and $3 ms"
}
