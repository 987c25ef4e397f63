/*
 * Files, directories, links, names, permissions, locks: what every call answers is
 * printed, and must be the same on Linux and on Bobbin. Built by tests/strangers/files.
 */
#include "answers.h"

/* directories by name: making and removing */
static void names(void)
{
	setvbuf(stdout, 0, _IOLBF, 0);
	umask(022);
	mkdir("/tmp", 01777);
	P(mkdir("/tmp/fst.d", 0755)); P(chdir("/tmp/fst.d"));
	P(mkdir("/tmp/fst.d", 0755));
	P(mkdir("/", 0755));
	P(mkdir(".", 0755));
	P(mkdir("..", 0755));
	P(mkdir("", 0755));
	P(mkdir("a/", 0755));
	P(mkdir("x/y", 0755));
	P(rmdir("/"));
	P(rmdir("."));
	P(rmdir(".."));
	P(rmdir("a/.."));
	P(rmdir("a/."));
	P(rmdir("nope"));
	P(unlink("a"));
	P(unlink("a/"));
	P(unlink("/"));
	P(unlink("nope/"));
}

/* opening, reading, writing, sizes */
static void one_file(void)
{
	P(fd = open("f", O_RDWR | O_CREAT | O_EXCL, 0666));
	P(open("f", O_RDWR | O_CREAT | O_EXCL, 0666));
	P(open("f/", O_RDONLY));
	P(open("g/", O_CREAT | O_RDWR, 0666));
	P(open("a", O_WRONLY));
	P(open("a", O_RDONLY | O_CREAT, 0666));
	P(open("f", O_DIRECTORY));
	P(open("", O_RDONLY));
	P(open(".", O_RDWR | O_CREAT, 0666));
	P(open(".", O_RDWR | O_CREAT | O_EXCL, 0666));
	P(fstat(fd, &st));
	printf("mode %o nlink %d size %d\n", st.st_mode, (int)st.st_nlink, (int)st.st_size);
	P(write(fd, "hello world", 11));
	P(lseek(fd, 0, SEEK_CUR));
	P(lseek(fd, 2, SEEK_SET));
	P(read(fd, buf, 3));
	P(pread(fd, buf, 100, 6));
	P(pread(fd, buf, 1, -1));
	P(lseek(fd, -100, SEEK_CUR));
	P(lseek(fd, 0, 99));
	P(lseek(fd, 0, SEEK_DATA));
	P(lseek(fd, 0, SEEK_HOLE));
	P(lseek(fd, 11, SEEK_DATA));
	P(read(fd, (void *)-1L, 5));
	P(write(fd, (void *)8, 5));
	P(read(99, buf, 1));
	P(pwrite(fd, "Z", 1, 9000));
	P(fstat(fd, &st));
	printf("size %d blocks %d\n", (int)st.st_size, (int)st.st_blocks);
	P(pread(fd, buf, 8192, 4096));
	P(ftruncate(fd, 5));
	P(pread(fd, buf, 100, 0));
	P(ftruncate(fd, 4097));
	P(pread(fd, buf, 8192, 0));
	printf("zero %d\n", buf[5] | buf[10] | buf[4096]);
	P(ftruncate(fd, -1));
	P(truncate("f", 3));
	P(truncate("nope", 3));
	P(ftruncate(0 * fd + 98, 3));
}

/* several buffers at once */
static void vectors(void)
{
	struct iovec v[3] = { { "ab", 2 }, { "", 0 }, { "cde", 3 } };
	P(writev(fd, v, 3));
	P(writev(fd, v, -1));
	P(writev(fd, v, 0));
	P(readv(fd, v, 1025));
	P(pwritev(fd, v, 3, 100));
	struct iovec w[2] = { { buf, 2 }, { buf + 100, 10 } };
	P(preadv(fd, w, 2, 99));
	printf("%d %c %c\n", buf[0], buf[1], buf[100]);
	w[1].iov_base = (void *)-5L;
	P(preadv(fd, w, 2, 99));
}

/* hard and symbolic links, long names */
static void links(void)
{
	P(link("f", "f2"));
	P(link("f", "f2"));
	P(link("a", "a2"));
	P(link("nope", "n2"));
	P(stat("f2", &st));
	printf("nlink %d\n", (int)st.st_nlink);
	P(link("f", "q/"));
	P(symlink("f", "s"));
	P(symlink("f", "s"));
	P(symlink("", "s3"));
	P(symlink("nowhere", "dang"));
	P(symlink("loop", "loop"));
	P(symlink("a", "sa"));
	P(symlink("/tmp/fst.d/a/", "sabs"));
	P(readlink("s", buf, 100));
	P(readlink("s", buf, 0));
	P(readlink("f", buf, 10));
	P(readlink("nope", buf, 10));
	P(open("loop", O_RDONLY));
	P(stat("loop", &st));
	P(lstat("loop", &st));
	P(open("s", O_NOFOLLOW));
	P(open("sa", O_NOFOLLOW | O_DIRECTORY));
	P(open("dang", O_RDONLY));
	P(open("dang", O_RDWR | O_CREAT | O_EXCL, 0644));
	P(stat("nowhere", &st));
	P(close(open("dang", O_RDWR | O_CREAT, 0644)) >= 0);
	P(stat("nowhere", &st));
	P(unlink("nowhere"));
	P(mkdir("sa/b", 0700));
	P(stat("sabs/b/.", &st));
	P(stat("sa/b/../../f", &st));
	P(stat("f/.", &st));
	P(stat("f/..", &st));
	P(stat("a//b///", &st));
	P(stat("s/", &st));
	P(lstat("sa/", &st));
	printf("%o\n", st.st_mode);
	P(rmdir("a"));
	P(rmdir("sa"));
	P(unlink("sa/"));
	P(mkdir("dang", 0755));
	P(mkdir("dang/", 0755));
	memset(buf, 'x', 300);
	buf[300] = 0;
	P(open(buf, O_RDONLY));
	P(mkdir(buf, 0755));
	buf[255] = 0;
	P(close(open(buf, O_RDWR | O_CREAT, 0600)));
	P(unlink(buf));
	memset(buf, 'y', 5000);
	buf[5000] = 0;
	P(stat(buf, &st));
	for (int i = 0; i < 4095; i++)
		buf[i] = i & 1 ? '/' : '.';
	buf[4095] = 0;
	P(stat(buf, &st));
	buf[4094] = '.';
	buf[4096] = 0;
	buf[4095] = '/';
	P(stat(buf, &st));
	P(stat((char *)1, &st));
	P(stat("f", (void *)1));
}

static void renames(void)
{
	P(rename("f", "f2"));
	P(access("f", F_OK));
	P(rename("f", "r"));
	P(rename("r", "f"));
	P(rename("nope", "z"));
	P(rename("f", "a"));
	P(rename("a", "f"));
	P(rename("a", "a/b/c"));
	P(rename("a/b", "a"));
	P(rename("a", "a/"));
	P(rename(".", "z"));
	P(rename("a", ".."));
	P(rename("f", "r/"));
	P(rename("f/", "r"));
	P(mkdir("e", 0755));
	P(mkdir("e/k", 0755));
	P(rename("a", "e"));
	P(rmdir("e/k"));
	P(rename("a", "e"));
	P(stat("e/b", &st));
	P(stat("e", &st));
	printf("nlink %d\n", (int)st.st_nlink);
	P(rename("e/", "a/"));
	P(syscall(SYS_renameat2, -100, "f", -100, "f2", 1));
	P(stat("a", &st));
	printf("%o\n", st.st_mode & S_IFMT);
	P(rename("dang", "dang2"));
	P(rename("dang2", "dang"));
	P(rename("f", "dang"));
	P(rename("dang", "f"));
}

/* open but unlinked, dup, fcntl */
static void descriptors(void)
{
	P(fd2 = open("tmpf", O_RDWR | O_CREAT | O_APPEND, 0600));
	P(write(fd2, "12345", 5));
	P(lseek(fd2, 0, SEEK_SET));
	P(write(fd2, "678", 3));
	P(unlink("tmpf"));
	P(fstat(fd2, &st));
	printf("nlink %d size %d\n", (int)st.st_nlink, (int)st.st_size);
	P(pread(fd2, buf, 10, 0));
	sprintf(lnk, "/proc/self/fd/%d", fd2);
	n = readlink(lnk, buf, 200);
	buf[n > 0 ? n : 0] = 0;
	printf("%s\n", buf);
	P(open(lnk, O_RDONLY) >= 0);
	P(dup2(fd, 50));
	P(dup2(fd, fd));
	P(dup2(77, 77));
	P(dup2(77, 50));
	P(dup3(fd, fd, 0));
	P(dup3(fd, 51, 1));
	P(dup3(fd, 51, O_CLOEXEC));
	P(fcntl(51, F_GETFD));
	P(fcntl(50, F_GETFD));
	P(fcntl(fd, F_DUPFD, 200));
	P(fcntl(fd, F_DUPFD_CLOEXEC, 60));
	P(fcntl(fd, F_DUPFD, -1));
	P(fcntl(50, F_SETFD, 1));
	P(fcntl(50, F_GETFD));
	printf("fl %x\n", fcntl(fd2, F_GETFL));
	P(fcntl(fd2, F_SETFL, O_NONBLOCK));
	printf("fl %x\n", fcntl(fd2, F_GETFL));
	P(fcntl(fd, 9999));
	P(fcntl(999, F_GETFD));
	P(lseek(50, 3, SEEK_SET));
	P(lseek(fd, 0, SEEK_CUR));
	P(close(200));
	P(close(200));
	P(syscall(SYS_close_range, 50, 60, 0));
	P(fcntl(51, F_GETFD));
	P(syscall(SYS_close_range, 9, 3, 0));
	P(dup2(fd, 100000000));
	P(dup2(fd, -1));
	P(syscall(SYS_close_range, fd, fd, 4));
	P(fcntl(fd, F_GETFD));
	P(ioctl(fd, FIONREAD, &n));
	P(ioctl(fd, 0x5401, buf));
	P(ioctl(fd, FIONCLEX));
	P(fcntl(fd, F_GETFD));
}

static void mappings(void)
{
	char *m;
	P(ftruncate(fd2, 10000));
	P((m = mmap(0, 12288, PROT_READ | PROT_WRITE, MAP_SHARED, fd2, 0)) != MAP_FAILED);
	printf("%.8s\n", m);
	m[5000] = 'Q';
	P(pread(fd2, buf, 1, 5000));
	printf("%c\n", buf[0]);
	P(pwrite(fd2, "W", 1, 6000));
	printf("%c\n", m[6000]);
	char *pv = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd2, 0);
	pv[0] = '!';
	printf("%c%c\n", pv[0], m[0]);
	P(close(fd2));
	printf("%c\n", m[5000]);
	P(msync(m, 12288, MS_SYNC));
	P(munmap(m, 12288));
}

static void directories(void)
{
	P(cnt("."));
	P(cnt("nope"));
	for (int i = 0; i < 1000; i++) {
		sprintf(lnk, "e%d", i);
		close(open(lnk, O_CREAT | O_WRONLY, 0644));
	}
	P(cnt("."));
	{
		DIR *d = opendir(".");
		struct dirent *e;
		int del = 0;
		while ((e = readdir(d)))
			if (e->d_name[0] == 'e' && e->d_name[1]) {
				unlink(e->d_name);
				del++;
			}
		closedir(d);
		P(del);
	}
	P(cnt("."));
	{
		int d = open(".", O_RDONLY | O_DIRECTORY);
		P(syscall(SYS_getdents64, d, buf, 10));
		P(syscall(SYS_getdents64, fd, buf, 100));
		P(read(d, buf, 10));
		P(write(d, buf, 10));
		P(lseek(d, 0, SEEK_SET));
		P(syscall(SYS_getdents64, d, buf, 24));
		P(fchdir(d));
		P(fchdir(fd));
		P(mkdirat(d, "at", 0777));
		P(openat(d, "at/zz", O_CREAT | O_RDWR, 0777) >= 0);
		P(unlinkat(d, "at", 0));
		P(unlinkat(d, "at", AT_REMOVEDIR));
		P(unlinkat(d, "at/zz", 0));
		P(unlinkat(d, "at", AT_REMOVEDIR));
		P(unlinkat(d, "at", 77));
		P(openat(fd, "x", 0));
		P(openat(444, "x", 0));
		P(openat(444, "/tmp", 0) >= 0);
		P(fstatat(d, "", &st, AT_EMPTY_PATH));
		P(fstatat(fd, "", &st, AT_EMPTY_PATH));
		P(fstatat(fd, "", &st, 0));
		P(fstatat(fd, "", &st, 8));
		close(d);
	}
}

/* O_PATH */
static void places(void)
{
	{
		int p = open("f", O_PATH);
		P(p >= 0);
		P(read(p, buf, 1));
		P(fstat(p, &st));
		P(fchmod(p, 0600));
		P(fcntl(p, F_GETFL) & ~O_LARGEFILE);
		P(ioctl(p, FIONREAD, &n));
		P(lseek(p, 0, 0));
		P(mmap(0, 4096, 1, 2, p, 0));
		P(close(dup(p)));
		close(p);
		p = open("s", O_PATH | O_NOFOLLOW);
		P(p >= 0);
		P(readlinkat(p, "", buf, 10));
		close(p);
	}
}

static void working_directory(void)
{
	P(!!getcwd(buf, 100));
	puts(buf);
	P((long)getcwd(buf, 3));
	P(mkdir("cw", 0755));
	P(chdir("cw"));
	P(rmdir("../cw"));
	P(syscall(SYS_getcwd, buf, 100));
	P(mkdir("x", 0755));
	P(open("x", O_CREAT | O_RDWR, 0644));
	P(cnt("."));
	P(chdir(".."));
	P(stat(".", &st));
	P(!!getcwd(buf, 100));
	puts(buf);
	P(chdir("f"));
	P(chdir("nope"));
}

static void permissions(void)
{
	P(chmod("f", 0123));
	P(stat("f", &st));
	printf("%o\n", st.st_mode);
	P(chmod("f", 07777));
	P(chown("f", 5, 6));
	P(stat("f", &st));
	printf("%o %d %d\n", st.st_mode, st.st_uid, st.st_gid);
	P(access("f", R_OK | W_OK | X_OK));
	P(chmod("f", 0600));
	P(access("f", X_OK));
	P(access("f", 8));
	P(chown("f", 0, 0));
	P(lchown("dang", 3, 3));
	P(lstat("dang", &st));
	printf("%d\n", st.st_uid);
	fflush(stdout);
	if (!fork()) {
		setresgid(1000, 1000, 1000);
		setresuid(1000, 1000, 1000);
		P(open("f", O_RDONLY));
		P(open("n", O_CREAT | O_RDWR, 0644));
		P(unlink("s"));
		P(mkdir("mm", 0755));
		P(chmod("f", 0777));
		P(chown("f", 1000, 1000));
		P(access("f", R_OK));
		P(access("a", X_OK));
		P(rename("f", "g"));
		P(utimes("f", 0));
		P(chroot("/"));
		P(mknod("dev", S_IFCHR, 0));
		P(mknod("ff", S_IFIFO | 0666, 0));
		P(truncate("f", 1));
		P(rmdir("e"));
		P(open("/tmp/mine", O_CREAT | O_RDWR, 0600) >= 0);
		P(unlink("/tmp/mine"));
		exit(0);
	}
	wait(0);
	P(chmod("/tmp/fst.d", 01777));
	fflush(stdout);
	if (!fork()) {
		setresuid(1000, 1000, 1000);
		P(unlink("f"));
		P(rename("f", "g"));
		P(open("mine", O_CREAT | O_RDWR, 0600) >= 0);
		P(rename("mine", "mine2"));
		P(unlink("mine2"));
		exit(0);
	}
	wait(0);
}

/* device nodes and FIFOs */
static void nodes(void)
{
	P(mknod("fifo", S_IFIFO | 0644, 0));
	P(stat("fifo", &st));
	printf("%o\n", st.st_mode);
	P(mknod("reg", 0644, 0));
	P(mknod("dd", S_IFDIR | 0755, 0));
	P(mknod("bad", 0170000, 0));
	P(mknod("null", S_IFCHR | 0666, 0x103));
	P(fd2 = open("null", O_RDWR));
	P(write(fd2, "x", 1));
	P(read(fd2, buf, 1));
	P(close(fd2));
	P(mknod("nodev", S_IFCHR | 0666, 0x1f03));
	P(open("nodev", O_RDWR));
	P(mknod("blk", S_IFBLK | 0666, 0x1f03));
	P(open("blk", O_RDWR));
	P(open("fifo", O_WRONLY | O_NONBLOCK));
	P(fd2 = open("fifo", O_RDONLY | O_NONBLOCK));
	P(read(fd2, buf, 1));
	P(lseek(fd2, 0, 0));
	P(pread(fd2, buf, 1, 0));
	P(ftruncate(fd2, 0));
	P(fsync(fd2));
	close(fd2);
}

static void times(void)
{
	struct timespec ts[2] = { { 100, 5 }, { 200, 7 } };
	P(utimensat(-100, "f", ts, 0));
	P(stat("f", &st));
	printf("%ld.%ld %ld.%ld\n", st.st_atim.tv_sec, st.st_atim.tv_nsec, st.st_mtim.tv_sec,
	       st.st_mtim.tv_nsec);
	ts[0].tv_nsec = UTIME_OMIT;
	ts[1].tv_sec = 9;
	P(futimens(fd, ts));
	P(fstat(fd, &st));
	ts[1].tv_nsec = 1000000000;
	P(utimensat(-100, "f", ts, 0));
	ts[1].tv_nsec = UTIME_OMIT;
	P(utimensat(-100, "nope", ts, 0));
	struct utimbuf ub = { 1, 2 };
	P(utime("f", &ub));
	P(stat("f", &st));
	printf("%ld %ld\n", (long)st.st_atime, (long)st.st_mtime);
	P(utimensat(-100, 0, 0, 0));
}

static void locks(void)
{
	struct flock fl = { F_WRLCK, SEEK_SET, 0, 10 };
	P(fcntl(fd, F_SETLK, &fl));
	fflush(stdout);
	if (!fork()) {
		struct flock k = { F_RDLCK, SEEK_SET, 5, 10 };
		int f = open("f", O_RDWR);
		P(fcntl(f, F_SETLK, &k));
		P(fcntl(f, F_GETLK, &k));
		printf("%d %d %d\n", k.l_type, (int)k.l_start, (int)k.l_len);
		k.l_type = F_RDLCK;
		k.l_start = 10;
		P(fcntl(f, F_SETLK, &k));
		P(flock(f, LOCK_EX));
		exit(0);
	}
	wait(0);
	P(flock(fd, LOCK_SH));
	P(flock(fd, LOCK_SH | LOCK_EX));
	fd2 = open("f", O_RDWR);
	P(flock(fd2, LOCK_EX | LOCK_NB));
	P(flock(fd2, LOCK_SH | LOCK_NB));
	P(flock(fd, LOCK_UN));
	P(flock(fd2, LOCK_EX | LOCK_NB));
	fl.l_type = 9;
	P(fcntl(fd, F_SETLK, &fl));
	fl.l_type = F_UNLCK;
	fl.l_start = -5;
	P(fcntl(fd, F_SETLK, &fl));
	close(fd2);
	P(statfs(".", &(struct statfs){ 0 }));
	P(statfs("nope", &(struct statfs){ 0 }));
	P(fsync(fd));
	P(fsync(99));
	P(posix_fadvise(fd, 0, 0, 99));
}

int main(void)
{
	names();
	one_file();
	vectors();
	links();
	renames();
	descriptors();
	mappings();
	directories();
	places();
	working_directory();
	permissions();
	nodes();
	times();
	locks();
	return 0;
}
