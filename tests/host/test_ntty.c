/* Host test of the line discipline: keys in, echo and lines out, as Linux's n_tty answers. */
#include "kernel/fs/dev/n_tty.c"

#include <assert.h>
#include <stdio.h>

static struct n_tty tty;

/* Types the keys; the last signal they caused. */
static int type(const char *keys, size_t len)
{
	int sig = 0;

	for (size_t i = 0; i < len; i++) {
		int s = n_tty_receive(&tty, (u8)keys[i]);

		sig = s ? s : sig;
	}
	return sig;
}
#define TYPE(s) type(s, sizeof(s) - 1)

static void expect_out(const char *what, size_t len)
{
	char got[N_TTY_OUT_SIZE + 1];
	size_t n = 0, part;
	const u8 *p;

	while ((part = n_tty_out_peek(&tty, &p)) > 0) {
		memcpy(got + n, p, part);
		n += part;
		n_tty_out_done(&tty, part);
	}
	got[n] = 0;
	if (n != len || memcmp(got, what, n)) {
		printf("expected \"%s\", got \"%s\"\n", what, got);
		assert(0);
	}
}
#define OUT(s) expect_out(s, sizeof(s) - 1)

static void expect_read(size_t want, const char *what, size_t len, bool end)
{
	u8 got[N_TTY_BUF_SIZE];
	bool ended;
	size_t n = n_tty_read(&tty, got, want, &ended);

	assert(n == len && !memcmp(got, what, n) && ended == end);
}
#define READ(want, s, end) expect_read(want, s, sizeof(s) - 1, end)

static void test_lines(void)
{
	n_tty_init(&tty);
	assert(!n_tty_readable(&tty, 1));
	TYPE("hello");
	assert(!n_tty_readable(&tty, 1) && n_tty_available(&tty) == 0);
	TYPE("\r");
	OUT("hello\r\n");
	assert(n_tty_readable(&tty, 1) && n_tty_available(&tty) == 6);
	TYPE("two\n");
	READ(100, "hello\n", true);
	READ(2, "tw", false);
	READ(100, "o\n", true);
	assert(!n_tty_readable(&tty, 1));
	n_tty_flush_output(&tty);
}

static void test_end_of_file(void)
{
	n_tty_init(&tty);
	TYPE("\4");
	assert(n_tty_readable(&tty, 1) && n_tty_available(&tty) == 0);
	READ(10, "", true);
	TYPE("abc\4def\n");
	READ(3, "abc", true);		/* the mark goes with the bytes before it */
	READ(10, "def\n", true);
	TYPE("x\4");
	READ(10, "x", true);
	n_tty_flush_output(&tty);
}

static void test_editing(void)
{
	n_tty_init(&tty);
	TYPE("ab\177c\n");
	OUT("ab\b \bc\r\n");
	READ(10, "ac\n", true);
	TYPE("\177");			/* nothing there: nothing happens */
	OUT("");
	TYPE("one two_2  \27x\n");
	OUT("one two_2  \b \b\b \b\b \b\b \b\b \b\b \b\b \bx\r\n");
	READ(20, "one x\n", true);
	TYPE("junk\25ok\n");
	OUT("junk\b \b\b \b\b \b\b \bok\r\n");
	READ(20, "ok\n", true);
	TYPE("a\tb\177\177c\n");	/* a tab is as wide as it was */
	OUT("a\tb\b \b\b\b\b\b\b\b\bc\r\n");
	READ(20, "ac\n", true);
	TYPE("\26\3\n");		/* literal next: ^C is a byte, shown as two */
	OUT("^\b^C\r\n");
	READ(20, "\3\n", true);
	TYPE("\26\3\177\n");
	OUT("^\b^C\b \b\b \b\r\n");
	READ(20, "\n", true);
	TYPE("re\22x\n");
	OUT("re^R\r\nrex\r\n");
	READ(20, "rex\n", true);
	tty.termios.c_iflag |= IUTF8;
	TYPE("\303\244\177b\n");
	OUT("\303\244\b \bb\r\n");
	READ(20, "b\n", true);
	tty.termios.c_lflag &= ~(tcflag_t)ECHOKE;
	TYPE("junk\25ok\n");
	OUT("junk^U\r\nok\r\n");
	READ(20, "ok\n", true);
	tty.termios.c_lflag &= ~(tcflag_t)ECHO;
	TYPE("secret\177\25pw\n");
	OUT("");
	READ(20, "pw\n", true);
}

static void test_signals(void)
{
	n_tty_init(&tty);
	assert(TYPE("abc\3") == SIGINT);
	OUT("^C");			/* what was typed before is flushed, and its echo */
	assert(TYPE("\34") == SIGQUIT && TYPE("\32") == SIGTSTP);
	TYPE("x\n");
	READ(20, "x\n", true);
	n_tty_flush_output(&tty);
	tty.termios.c_lflag |= NOFLSH;
	assert(TYPE("ab\3c\n") == SIGINT);
	READ(20, "abc\n", true);
	tty.termios.c_lflag &= ~(tcflag_t)ISIG;
	assert(TYPE("\3\n") == 0);
	READ(20, "\3\n", true);
	tty.termios.c_lflag |= ISIG;
	tty.termios.c_cc[VINTR] = 0;	/* switched off: NUL is a byte */
	assert(type("\0\n", 2) == 0);
	READ(20, "\0\n", true);
}

static void test_flow(void)
{
	n_tty_init(&tty);
	TYPE("\23");
	assert(tty.stopped);
	TYPE("x");
	assert(tty.stopped);
	TYPE("\21");
	assert(!tty.stopped);
	tty.termios.c_iflag |= IXANY;
	TYPE("\23");
	TYPE("y");
	assert(!tty.stopped);
	OUT("xy");
	TYPE("\23");
	assert(TYPE("\3") == SIGINT && !tty.stopped);
}

static void test_raw(void)
{
	struct termios2 t;

	n_tty_init(&tty);
	TYPE("lost? no");
	n_tty_flush_output(&tty);
	t = tty.termios;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	t.c_iflag = 0;
	n_tty_set_termios(&tty, &t);
	assert(n_tty_readable(&tty, 8) && !n_tty_readable(&tty, 9));
	READ(20, "lost? no", false);
	TYPE("\3\4\177\r\n");
	OUT("");
	assert(n_tty_available(&tty) == 5);
	READ(2, "\3\4", false);
	READ(20, "\177\r\n", false);
	TYPE("half");
	t.c_lflag |= ICANON;
	n_tty_set_termios(&tty, &t);	/* unread bytes become a line */
	READ(20, "half", true);
}

static void test_output(void)
{
	u8 big[2 * N_TTY_OUT_SIZE];

	n_tty_init(&tty);
	assert(n_tty_write(&tty, (const u8 *)"a\tb\n", 4) == 4);
	OUT("a\tb\r\n");
	tty.termios.c_oflag |= XTABS;
	n_tty_write(&tty, (const u8 *)"ab\tc", 4);
	OUT("ab      c");
	tty.termios.c_oflag &= ~(tcflag_t)OPOST;
	n_tty_write(&tty, (const u8 *)"\n", 1);
	OUT("\n");
	memset(big, 'x', sizeof(big));
	assert(n_tty_write(&tty, big, sizeof(big)) < N_TTY_OUT_SIZE && !n_tty_writable(&tty));
	TYPE("e");			/* echo has its own room */
	assert(tty.out[(tty.out_head - 1) & OUT_MASK] == 'e');
}

static void test_overflow(void)
{
	bool ended;
	static u8 got[2 * N_TTY_BUF_SIZE];

	n_tty_init(&tty);
	tty.termios.c_iflag |= IMAXBEL;
	for (unsigned int i = 0; i < 3 * N_TTY_BUF_SIZE; i++) {
		n_tty_receive(&tty, 'a');
		n_tty_flush_output(&tty);
	}
	TYPE("b");
	OUT("\a");
	TYPE("\n");
	assert(n_tty_read(&tty, got, sizeof(got), &ended) == N_TTY_BUF_SIZE && ended);
	assert(got[N_TTY_BUF_SIZE - 1] == '\n');
	for (unsigned int i = 0; i < N_TTY_BUF_SIZE - 1; i++)
		n_tty_receive(&tty, '\t');
	TYPE("\25\n");			/* a line too long for the screen is killed all the same */
	n_tty_flush_output(&tty);
	READ(10, "\n", true);
}

int main(void)
{
	test_lines();
	test_end_of_file();
	test_editing();
	test_signals();
	test_flow();
	test_raw();
	test_output();
	test_overflow();
	puts("ok");
	return 0;
}
