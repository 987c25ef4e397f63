/*
 * /proc, and files without a name: what every call answers is printed, and must be the same on
 * Linux and on Bobbin. Built by tests/strangers/files.
 */
#include "answers.h"

static void proc(void)
{
	P(rd("/proc/self/comm"));
	printf("%s", buf);
	P(readlink("/proc/self/exe", buf, 100) > 0);
	P(readlink("/proc/self/cwd", buf, 100));
	P(rd("/proc/self/stat") > 0);
	{
		int f = 0;
		for (char *c = buf; *c; c++)
			f += *c == ' ';
		P(f);
	}
	P(rd("/proc/self/statm") > 0);
	P(rd("/proc/self/status") > 0);
	P(!!strstr(buf, "Name:\tfst"));
	P(rd("/proc/self/maps") > 0);
	P(!!strstr(buf, "[stack]"));
	P(!!strstr(buf, "/fst"));
	P(rd("/proc/self/nope"));
	P(rd("/proc/1/comm") > 0);
	P(rd("/proc/99999999/comm"));
	P(rd("/proc/self/task/self/comm"));
	P(rd("/proc/thread-self/comm"));
	P(cnt("/proc/self/task"));
	P(cnt("/proc/self/fd") > 3);
	P(rd("/proc/mounts") > 0);
	P(rd("/proc/meminfo") > 0);
	P(rd("/proc/uptime") > 0);
	P(rd("/proc/loadavg") > 0);
	P(rd("/proc/stat") > 0);
	P(rd("/proc/self/limits") > 0);
	P(rd("/proc/self/environ") >= 0);
	P(rd("/proc/self/auxv") % 16);
	P(mkdir("/proc/x", 0755));
	P(open("/proc/x", O_CREAT | O_RDWR, 0644));
	P(unlink("/proc/self/comm"));
	P(open("/proc/version", O_WRONLY));
	P(rd("/proc"));
	P(chdir("/proc/self/cwd"));
	P(stat("/proc/self/root/tmp/fst.d", &st));
	P(stat("/proc/self/fd/99", &st));
	P(rd("/proc/self/wchan"));
}

/* /proc: seeks, a task that dies, names */
static void proc_of_tasks(void)
{
	{
		int f = open("/proc/self/maps", O_RDONLY), t = 0, k;
		while ((k = read(f, buf, 7)) > 0)
			t += k;
		int t2 = 0;
		lseek(f, 0, SEEK_SET);
		while ((k = read(f, buf, 8000)) > 0)
			t2 += k;
		P(t == t2);
		P(pread(f, buf, 10, 3));
		P(lseek(f, 0, SEEK_END));
		close(f);
	}
	{
		pid_t c = fork();
		if (!c) {
			pause();
		}
		sprintf(lnk, "/proc/%d/stat", c);
		int f = open(lnk, O_RDONLY);
		kill(c, 9);
		waitpid(c, 0, 0);
		P(read(f, buf, 100));
		P(open(lnk, O_RDONLY));
		close(f);
	}
	{
		int f = open("/proc/self/comm", O_WRONLY);
		P(write(f, "newname\n", 8));
		rd("/proc/self/comm");
		printf("%s", buf);
	}
}

/* files without a name */
static void unnamed(void)
{
	P(fd2 = memfd_create("mf", 1));
	sprintf(lnk, "/proc/self/fd/%d", fd2);
	n = readlink(lnk, buf, 100);
	buf[n > 0 ? n : 0] = 0;
	puts(buf);
	P(write(fd2, "x", 1));
	close(fd2);
	int pp[2];
	P(pipe(pp));
	sprintf(lnk, "/proc/self/fd/%d", pp[0]);
	n = readlink(lnk, buf, 100);
	buf[6] = 0;
	puts(buf);
	P(fstat(pp[0], &st));
	printf("%o\n", st.st_mode);
	P(write(pp[1], "abc", 3));
	P(ioctl(pp[0], FIONREAD, &n));
	P(n);
	P(open(lnk, O_RDONLY | O_NONBLOCK) >= 0);
	chdir("/");
}

int main(void)
{
	setvbuf(stdout, 0, _IOLBF, 0);
	umask(022);
	mkdir("/tmp", 01777);
	P(mkdir("/tmp/fst.d", 0755));
	P(chdir("/tmp/fst.d"));
	P(fd = open("f", O_RDWR | O_CREAT, 0644));
	proc();
	proc_of_tasks();
	unnamed();
	return 0;
}
