/*
 * The line discipline: line editing, echo, the signal characters, flow control, output processing.
 * Relies on nothing but libk; takes no locks (its owner holds tty->lock around every call).
 */
#include "kernel/fs/dev/n_tty.h"
#include "libk/abi/signal.h"
#include "libk/bits.h"
#include "libk/compiler.h"
#include "libk/ctype.h"
#include "libk/string.h"

#define MASK (N_TTY_BUF_SIZE - 1)
#define OUT_MASK (N_TTY_OUT_SIZE - 1)

#define I_FLAG(n, f) ((n)->termios.c_iflag & (f))
#define O_FLAG(n, f) ((n)->termios.c_oflag & (f))
#define L_FLAG(n, f) ((n)->termios.c_lflag & (f))

/* A control character of value 0 is switched off. */
static bool is_cc(const struct n_tty *n, u8 c, int which)
{
	return c && c == n->termios.c_cc[which];
}

/* The same for those that only IEXTEN gives a meaning. */
static bool is_cc_ext(const struct n_tty *n, u8 c, int which)
{
	return is_cc(n, c, which) && L_FLAG(n, IEXTEN);
}

static bool is_control(u8 c)
{
	return c < 0x20 || c == 0x7f;
}

/* A byte that continues a UTF-8 character: no column, no character of its own. */
static bool is_continuation(const struct n_tty *n, u8 c)
{
	return I_FLAG(n, IUTF8) && (c & 0xc0) == 0x80;
}

void n_tty_init(struct n_tty *n)
{
	static const u8 cc[NCCS] = {
		[VINTR] = 3,	 [VQUIT] = 28,	 [VERASE] = 127, [VKILL] = 21, [VEOF] = 4,
		[VMIN] = 1,	 [VSTART] = 17,	 [VSTOP] = 19,	 [VSUSP] = 26, [VREPRINT] = 18,
		[VDISCARD] = 15, [VWERASE] = 23, [VLNEXT] = 22,
	};

	memset(n, 0, sizeof(*n));
	n->termios.c_iflag = ICRNL | IXON;
	n->termios.c_oflag = OPOST | ONLCR;
	n->termios.c_cflag = B115200 | CS8 | CREAD | HUPCL | CLOCAL;
	n->termios.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
	n->termios.c_ispeed = n->termios.c_ospeed = 115200;
	memcpy(n->termios.c_cc, cc, sizeof(cc));
}

/* --- output --- */

static unsigned int out_room(const struct n_tty *n)
{
	return N_TTY_OUT_SIZE - (n->out_head - n->out_tail);
}

static void emit(struct n_tty *n, u8 c)
{
	n->out[n->out_head++ & OUT_MASK] = c;
}

static void opost_tab(struct n_tty *n)
{
	unsigned int spaces = 8 - (n->column & 7);

	n->column += spaces;
	if (O_FLAG(n, TABDLY) != XTABS) {
		emit(n, '\t');
		return;
	}
	while (spaces--)
		emit(n, ' ');
}

/*
 * A character with its post-processing. false: no room for the longest it may become (a tab as 8
 * spaces).
 */
static bool opost(struct n_tty *n, u8 c)
{
	if (out_room(n) < 8)
		return false;
	if (!O_FLAG(n, OPOST)) {
		emit(n, c);
		return true;
	}
	switch (c) {
	case '\n':
		if (O_FLAG(n, ONLCR)) {
			emit(n, '\r');
			n->column = 0;
		}
		break;
	case '\r':
		n->column = 0;
		break;
	case '\t':
		opost_tab(n);
		return true;
	case '\b':
		n->column -= n->column > 0;
		break;
	default:
		n->column += !is_control(c) && !is_continuation(n, c);
	}
	emit(n, c);
	return true;
}

bool n_tty_writable(const struct n_tty *n)
{
	return out_room(n) >= N_TTY_ECHO_ROOM + 8;
}

size_t n_tty_write(struct n_tty *n, const u8 *from, size_t len)
{
	size_t done = 0;

	while (done < len && n_tty_writable(n))
		opost(n, from[done++]);
	return done;
}

size_t n_tty_out_peek(const struct n_tty *n, const u8 **bytes)
{
	unsigned int start = n->out_tail & OUT_MASK;

	*bytes = n->out + start;
	return min(n->out_head - n->out_tail, N_TTY_OUT_SIZE - start);
}

void n_tty_out_done(struct n_tty *n, size_t bytes)
{
	n->out_tail += (unsigned int)bytes;
}

void n_tty_flush_output(struct n_tty *n)
{
	n->out_tail = n->out_head;
}

/* --- echo --- */

static bool shown_as_caret(const struct n_tty *n, u8 c)
{
	return L_FLAG(n, ECHOCTL) && is_control(c) && c != '\t';
}

/*
 * Echo that finds no room is lost: a byte of input never costs more time than the out buffer is
 * long.
 */
static void echo_char(struct n_tty *n, u8 c)
{
	if (shown_as_caret(n, c)) {
		opost(n, '^');
		c ^= 0x40;
	}
	opost(n, c);
}

static void echo_string(struct n_tty *n, const char *s)
{
	while (*s)
		opost(n, (u8)*s++);
}

/* Where the cursor stands after the bytes of the line being edited up to (not with) end. */
static unsigned int column_at(const struct n_tty *n, unsigned int end)
{
	unsigned int column = n->canon_column;

	for (unsigned int i = n->canon_head; i != end; i++) {
		u8 c = n->buf[i & MASK];

		if (c == '\t')
			column = (column | 7) + 1;
		else if (is_control(c))
			column += L_FLAG(n, ECHOCTL) ? 2 : 0;
		else
			column += !is_continuation(n, c);
	}
	return column;
}

/* --- editing --- */

static void erase_on_screen(struct n_tty *n, u8 c)
{
	if (out_room(n) < 8)
		return;
	if (c == '\t') {
		unsigned int width = column_at(n, n->head + 1) - column_at(n, n->head);

		while (width--)
			opost(n, '\b');
		return;
	}
	if (shown_as_caret(n, c))
		echo_string(n, "\b \b");
	if (!is_control(c) || L_FLAG(n, ECHOCTL))
		echo_string(n, "\b \b");
}

/*
 * Takes the last character off the line: its first byte. A character is a byte and the
 * continuations that follow it.
 */
static u8 drop_last_char(struct n_tty *n)
{
	u8 c;

	do
		c = n->buf[--n->head & MASK];
	while (is_continuation(n, c) && n->head != n->canon_head);
	return c;
}

static void erase_char(struct n_tty *n, u8 key)
{
	u8 c = drop_last_char(n);

	if (!L_FLAG(n, ECHO))
		return;
	if (is_cc(n, key, VERASE) && !L_FLAG(n, ECHOE))
		echo_char(n, key);
	else
		erase_on_screen(n, c);
}

static void erase_word(struct n_tty *n, u8 key)
{
	bool in_word = false;

	while (n->head != n->canon_head) {
		u8 c = n->buf[(n->head - 1) & MASK];
		bool word = isalnum(c) || c == '_' || is_continuation(n, c);

		if (in_word && !word)
			break;
		in_word |= word;
		erase_char(n, key);
	}
}

static void kill_line(struct n_tty *n, u8 key)
{
	if (!L_FLAG(n, ECHO)) {
		n->head = n->canon_head;
	} else if (L_FLAG(n, ECHOK) && L_FLAG(n, ECHOKE) && L_FLAG(n, ECHOE)) {
		while (n->head != n->canon_head)
			erase_char(n, key);
	} else {
		n->head = n->canon_head;
		echo_char(n, key);
		if (L_FLAG(n, ECHOK))
			opost(n, '\n');
	}
}

static void reprint_line(struct n_tty *n, u8 key)
{
	echo_char(n, key);
	opost(n, '\n');
	n->canon_column = n->column;
	for (unsigned int i = n->canon_head; i != n->head; i++)
		echo_char(n, n->buf[i & MASK]);
}

/* Does the key edit the line? Then it has been done. */
static bool receive_editing(struct n_tty *n, u8 c)
{
	bool empty = n->head == n->canon_head;

	if (is_cc(n, c, VERASE)) {
		if (!empty)
			erase_char(n, c);
	} else if (is_cc(n, c, VKILL)) {
		if (!empty)
			kill_line(n, c);
	} else if (is_cc_ext(n, c, VWERASE)) {
		erase_word(n, c);
	} else if (is_cc_ext(n, c, VLNEXT)) {
		n->lnext = true;
		if (L_FLAG(n, ECHO) && L_FLAG(n, ECHOCTL))
			echo_string(n, "^\b");
	} else if (is_cc_ext(n, c, VREPRINT) && L_FLAG(n, ECHO)) {
		reprint_line(n, c);
	} else {
		return false;
	}
	return true;
}

/* --- input --- */

static bool put_byte(struct n_tty *n, u8 c, bool ends_line)
{
	/*
	 * The last place is for the byte that ends the line: a line that is too long can still be
	 * finished.
	 */
	unsigned int room = N_TTY_BUF_SIZE - (n->head - n->tail);

	if (room <= (L_FLAG(n, ICANON) && !ends_line)) {
		if (I_FLAG(n, IMAXBEL))
			opost(n, '\a');
		return false;
	}
	n->buf[n->head & MASK] = c;
	(ends_line ? __set_bit : __clear_bit)(n->head & MASK, n->line_end);
	n->head++;
	if (ends_line)
		n->canon_head = n->head;
	return true;
}

static void receive_ordinary(struct n_tty *n, u8 c)
{
	if (n->head == n->canon_head)
		n->canon_column = n->column;
	if (put_byte(n, c, false) && L_FLAG(n, ECHO)) {
		if (c == '\n' && !n->lnext)
			opost(n, c);
		else
			echo_char(n, c);
	}
}

/* Does the byte end the line? Then it has been stored. */
static bool receive_line_end(struct n_tty *n, u8 c)
{
	if (c == '\n') {
		if (put_byte(n, c, true) && L_FLAG(n, ECHO | ECHONL))
			opost(n, c);
	} else if (is_cc(n, c, VEOF)) {
		put_byte(n, 0, true);
	} else if (is_cc(n, c, VEOL) || is_cc_ext(n, c, VEOL2)) {
		if (put_byte(n, c, true) && L_FLAG(n, ECHO))
			echo_char(n, c);
	} else {
		return false;
	}
	return true;
}

static int receive_signal(struct n_tty *n, u8 c)
{
	int sig = is_cc(n, c, VINTR) ? SIGINT : is_cc(n, c, VQUIT) ? SIGQUIT :
		  is_cc(n, c, VSUSP) ? SIGTSTP : 0;

	if (!sig)
		return 0;
	if (!L_FLAG(n, NOFLSH)) {
		n_tty_flush_input(n);
		n_tty_flush_output(n);
	}
	if (I_FLAG(n, IXON))
		n->stopped = false;
	if (L_FLAG(n, ECHO))
		echo_char(n, c);
	return sig;
}

/* ^S and ^Q. True: the byte was one of them. */
static bool receive_flow(struct n_tty *n, u8 c)
{
	if (!I_FLAG(n, IXON))
		return false;
	if (is_cc(n, c, VSTART) ||
	    (is_cc(n, c, VSTOP) && n->stopped && n->termios.c_cc[VSTOP] == n->termios.c_cc[VSTART]))
		n->stopped = false;
	else if (is_cc(n, c, VSTOP))
		n->stopped = true;
	else
		return false;
	return true;
}

int n_tty_receive(struct n_tty *n, u8 c)
{
	int sig;

	if (I_FLAG(n, ISTRIP))
		c &= 0x7f;
	if (n->lnext) {
		receive_ordinary(n, c);
		n->lnext = false;
		return 0;
	}
	if (receive_flow(n, c))
		return 0;
	if (L_FLAG(n, ISIG)) {
		sig = receive_signal(n, c);
		if (sig)
			return sig;
	}
	if (I_FLAG(n, IXON) && I_FLAG(n, IXANY))
		n->stopped = false;
	if (c == '\r' && I_FLAG(n, IGNCR))
		return 0;
	if (c == '\r' && I_FLAG(n, ICRNL))
		c = '\n';
	else if (c == '\n' && I_FLAG(n, INLCR))
		c = '\r';
	if (!L_FLAG(n, ICANON) || (!receive_editing(n, c) && !receive_line_end(n, c)))
		receive_ordinary(n, c);
	return 0;
}

/* --- reading --- */

bool n_tty_readable(const struct n_tty *n, unsigned int amount)
{
	if (L_FLAG(n, ICANON))
		return n->canon_head != n->tail;
	return n->head - n->tail >= amount;
}

/* Ends of file are marks, not bytes. */
static bool is_eof_mark(const struct n_tty *n, unsigned int i)
{
	return !n->buf[i & MASK] && test_bit(i & MASK, n->line_end);
}

unsigned int n_tty_available(const struct n_tty *n)
{
	unsigned int bytes = 0;

	if (!L_FLAG(n, ICANON))
		return n->head - n->tail;
	for (unsigned int i = n->tail; i != n->canon_head; i++)
		bytes += !is_eof_mark(n, i);
	return bytes;
}

static size_t read_line(struct n_tty *n, u8 *to, size_t len, bool *ended)
{
	size_t done = 0;

	*ended = n->tail == n->canon_head;
	while (!*ended && done < len) {
		*ended = test_bit(n->tail & MASK, n->line_end);
		if (!is_eof_mark(n, n->tail))
			to[done++] = n->buf[n->tail & MASK];
		n->tail++;
		*ended |= n->tail == n->canon_head;
	}
	/*
	 * A read that takes exactly the bytes before an end of file takes the mark too: it must not
	 * be read as a second one.
	 */
	if (!*ended && is_eof_mark(n, n->tail)) {
		n->tail++;
		*ended = true;
	}
	return done;
}

size_t n_tty_read(struct n_tty *n, u8 *to, size_t len, bool *ended)
{
	size_t done = 0;

	if (L_FLAG(n, ICANON))
		return read_line(n, to, len, ended);
	*ended = false;
	while (done < len && n->tail != n->head)
		to[done++] = n->buf[n->tail++ & MASK];
	if (n->canon_head - n->tail > N_TTY_BUF_SIZE)
		n->canon_head = n->tail;
	return done;
}

void n_tty_flush_input(struct n_tty *n)
{
	n->tail = n->canon_head = n->head;
	n->lnext = false;
}

void n_tty_set_termios(struct n_tty *n, const struct termios2 *t)
{
	tcflag_t changed = n->termios.c_lflag ^ t->c_lflag;

	n->termios = *t;
	if (!I_FLAG(n, IXON))
		n->stopped = false;
	if (!(changed & ICANON))
		return;
	/* Whatever is unread becomes one line, or plain bytes. */
	memset(n->line_end, 0, sizeof(n->line_end));
	n->lnext = false;
	n->canon_head = n->head;
	if (n->head != n->tail)
		__set_bit((n->head - 1) & MASK, n->line_end);
}
