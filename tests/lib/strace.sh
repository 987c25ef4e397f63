# Sourced by the tests of straces: `normal FILE` is FILE without what differs between two runs: addresses, numbers of processes
# and users, where the program lies, and when a child's end or a thread's is noticed.
normal() {
	sed -E -e '1d; /SIGCHLD \{/d; /FUTEX_WAIT, ([2-9]|[0-9]{2,}), NULL/d' -e 's/0x[0-9a-f]{6,}/ADDRESS/g; s/si_(pid|uid)=[0-9]+/si_\1=ID/g' \
		-e 's/^((kill|wait4|tgkill|rt_sigqueueinfo)\()[0-9]+/\1PID/; s/^(tgkill\(PID, )[0-9]+/\1PID/; s/^(getuid.*= )[0-9]+/\1UID/' \
		-e 's/^((clone|getpid|gettid|wait4|set_tid_address).*= )[1-9][0-9]*$/\1PID/; s/parent_tid=\[[0-9]+\]/parent_tid=[PID]/' \
		-e 's/ += / = /' "$1"
}
