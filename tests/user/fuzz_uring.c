/*
 * fuzz_uring [ROUNDS [SEED]]: rings whose memory is full of nonsense and changes under the kernel's
 * eyes: indices, lengths, pointers, flags. Each round is a process with a thread that scribbles and
 * one that submits, which is killed or leaves. The kernel goes on, and is none the poorer: tasks
 * are counted. On Linux it would be an attack on the host. test: linux=no timeout=300
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "user/uring.h"

static unsigned long seed;

static unsigned long rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static struct uring r;
static char buf[8192];
static struct timespec times[4] = { { 0, 1000 }, { 0, 300000 }, { -1, 5 }, { 5, 2000000000 } };

static unsigned long wild(void)
{
	static const unsigned long some[] = { 0,
					      8,
					      ~0UL,
					      1UL << 63,
					      0xffff888000000000UL,
					      0xffffffff80100000UL,
					      0x7ffffffff000UL,
					      0x800000000000UL };

	return rnd() % 3 ? some[rnd() % 8] : rnd() >> (rnd() % 64);
}

static void fill_sqe(struct io_uring_sqe *sqe)
{
	static const unsigned char ops[] = { IORING_OP_NOP, IORING_OP_READ, IORING_OP_WRITE,
					     IORING_OP_TIMEOUT };

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = rnd() % 16 ? ops[rnd() % 4] : (u8)rnd();
	sqe->flags = rnd() % 4 == 0 ? IOSQE_ASYNC : rnd() % 32 ? 0 : (u8)rnd();
	sqe->fd = rnd() % 8 ? (int)(rnd() % 12) : (int)rnd();
	sqe->off = rnd() % 2 ? rnd() % 4 : wild();
	sqe->addr =
		sqe->opcode == IORING_OP_TIMEOUT ? (u64)&times[rnd() % 4] : (u64)&buf[rnd() % 4096];
	sqe->len = sqe->opcode == IORING_OP_TIMEOUT ? 1 : (u32)(rnd() % 4096);
	if (rnd() % 8 == 0)
		sqe->addr = wild();
	if (rnd() % 16 == 0)
		sqe->len = (u32)wild();
	if (rnd() % 16 == 0)
		sqe->op_flags = (u32)rnd();
	sqe->user_data = rnd();
}

/* Anything anywhere in the rings, or what makes sense. */
static void *scribble(void *arg)
{
	seed = (unsigned long)arg;
	for (;;) {
		switch (rnd() % 8) {
		case 0:
			((unsigned int *)r.rings)[rnd() % (r.rings_size / 4)] =
				(unsigned int)wild();
			break;
		case 1:
			((unsigned long *)r.sqes)[rnd() % (r.sqes_size / 8)] = wild();
			break;
		case 2:
			*r.cq_head = *r.cq_tail;
			break;
		case 3:
			*r.sq_tail += rnd() % 4;
			break;
		default:
			r.array[rnd() % r.p.sq_entries] =
				(unsigned int)(rnd() % (r.p.sq_entries + 1));
			fill_sqe(&r.sqes[rnd() % r.p.sq_entries]);
		}
		if (rnd() % 16 == 0)
			sched_yield();
	}
	return NULL;
}

static void victim(int round)
{
	pthread_t thread;
	int fds[2];

	for (int i = 0; i < 3; i++)	/* not our own output */
		dup2(open("/dev/null", O_RDWR), i);
	pipe(fds);
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	open("/dev/zero", O_RDWR);
	open("/dev/null", O_RDWR);
	unlink("/tmp/fuzz-uring");
	open("/tmp/fuzz-uring", O_RDWR | O_CREAT | O_TRUNC, 0600);
	unlink("/tmp/fuzz-uring");
	if (uring_init(&r, 1u << (rnd() % 7), round % 3 == 0 ? IORING_SETUP_SQPOLL : 0, 1))
		_exit(3);
	pthread_create(&thread, NULL, scribble, (void *)rnd());
	for (int i = 0; i < 200; i++) {
		syscall(SYS_io_uring_enter, r.fd, (long)(rnd() % 20),
			0L, (long)(rnd() % 4), NULL, 0L);
		if (rnd() % 16 == 0)
			mmap(NULL, 4096 << (rnd() % 4), PROT_READ | PROT_WRITE,
			     rnd() % 4 ? MAP_SHARED : MAP_PRIVATE, r.fd,
			     (long)(rnd() % 3 * 0x8000000));
		if (rnd() % 64 == 0)
			write(fds[1], buf, 100);
		if (rnd() % 100 == 0)
			close((int)(rnd() % 12));
	}
	if (round % 2)
		for (;;)
			pause();
	_exit(0);
}

static int count_tasks(void)
{
	char line[64] = "";
	int fd = open("/proc/loadavg", O_RDONLY);

	read(fd, line, sizeof(line) - 1);
	close(fd);
	return atoi(strchr(line, '/') + 1);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 40, before = count_tasks(), pid, status;

	seed = argc > 2 ? strtoul(argv[2], NULL, 0) : 88172645463325252UL;
	for (int i = 0; i < rounds; i++) {
		pid = fork();
		if (!pid)
			victim(i);
		if (i % 2) {
			usleep((unsigned int)(rnd() % 20000));
			kill(pid, SIGKILL);
		}
		waitpid(pid, &status, 0);
		rnd();
	}
	for (int i = 0; i < 3000 && count_tasks() > before + 2; i++)	/* kworkers may have come */
		usleep(1000);
	if (count_tasks() > before + 2) {
		printf("%d tasks, then %d\n", before, count_tasks());
		return 1;
	}
	printf("the kernel goes on\n");
	return 0;
}
