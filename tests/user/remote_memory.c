/* process_vm_readv and process_vm_writev: several buffers on both sides, holes, other people's
 * processes, bad arguments. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_process_vm_readv
#define SYS_process_vm_readv 310
#define SYS_process_vm_writev 311
#endif

static char area[4 * 4096] = "what stands in the parent";

static void say(const char *what, long ret)
{
	printf("%s: %ld %s\n", what, ret, ret < 0 ? strerror(errno) : "");
}

static long vm(int write, pid_t pid, const void *local, unsigned long n, const void *remote,
	       unsigned long m, unsigned long flags)
{
	return syscall(write ? SYS_process_vm_writev : SYS_process_vm_readv, pid, local, n, remote,
		       m, flags);
}

int main(void)
{
	char *hole = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0),
	     buf[8192], small[2][5];
	struct iovec one = { buf, 100 }, theirs = { area, 100 },
		     two[2] = { { small[0], 5 }, { small[1], 5 } }, none = { NULL, 0 };
	struct iovec wild = { (void *)0xffff800000000000, 10 }, around = { hole, 3 * 4096 },
		     big = { buf, sizeof(buf) };
	struct iovec readonly = { (void *)"constant", 4 };
	int ready[2], go[2], status;
	pid_t pid;

	pipe(ready);
	pipe(go);
	pid = fork();
	if (pid == 0) {
		strcpy(area, "what stands in the child");
		munmap(hole + 4096, 4096);
		memset(hole, 'h', 4096);
		write(ready[1], "", 1);
		read(go[0], buf, 1);
		_exit(strcmp(area, "written from outside") ? 1 : 0);
	}
	read(ready[0], buf, 1);
	say("read", vm(0, pid, &one, 1, &theirs, 1, 0));
	puts(buf);
	say("read in two pieces", vm(0, pid, two, 2, &theirs, 1, 0));
	printf("%.5s|%.5s\n", small[0], small[1]);
	say("read up to a hole", vm(0, pid, &big, 1, &around, 1, 0));
	around.iov_base = hole + 4096;
	say("read a hole", vm(0, pid, &big, 1, &around, 1, 0));
	say("wild remote address", vm(0, pid, &one, 1, &wild, 1, 0));
	say("wild local address", vm(0, pid, &wild, 1, &theirs, 1, 0));
	say("nothing", vm(0, pid, &none, 1, &theirs, 1, 0));
	say("no buffers", vm(0, pid, &one, 0, &theirs, 1, 0));
	say("flags", vm(0, pid, &one, 1, &theirs, 1, 1));
	say("nobody", vm(0, 0x7ffffff0, &one, 1, &theirs, 1, 0));
	say("too many", vm(0, pid, &one, 2000, &theirs, 1, 0));
	say("read-only memory", vm(1, pid, &one, 1, &readonly, 1, 0));
	strcpy(buf, "written from outside");
	say("write", vm(1, pid, &one, 1, &theirs, 1, 0));
	write(go[1], "", 1);
	waitpid(pid, &status, 0);
	printf("the child saw it: %d\nmine: %s\n", status == 0, area);
	say("a dead process", vm(0, pid, &one, 1, &theirs, 1, 0));
	return 0;
}
