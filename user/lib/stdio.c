/*
 * Streams: a buffer before a file descriptor, used for reading or for writing, one at a time.
 * Every public function takes the stream's lock; the list of open streams has its own, which is
 * taken first. Functions named *_unlocked expect the stream's lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user/lib/libc.h"

struct FILE {
	int fd;
	int lock;
	int mode;		/* _IOFBF, _IOLBF, _IONBF; -1: decided at the first write */
	bool eof, error, heap;
	bool writing;		/* buf[0, end) is to be written; else buf[pos, end) was read
				 * ahead */
	size_t pos, end, size;
	char *buf;
	FILE *next;
	char own[BUFSIZ];
};

static FILE file_in = { .fd = 0, .mode = -1 };
static FILE file_err = { .fd = 2, .mode = _IONBF, .next = &file_in };
static FILE file_out = { .fd = 1, .mode = -1, .next = &file_err };

FILE *const stdin = &file_in;
FILE *const stdout = &file_out;
FILE *const stderr = &file_err;

static FILE *files = &file_out;
static int files_lock;

/* Not read() and write(): a thread cancelled in there would keep the stream's lock. */
static ssize_t sys_io(long nr, FILE *f, void *buf, size_t n)
{
	return __syscall_ret(__syscall(nr, f->fd, (long)buf, (long)n, 0, 0, 0));
}

static void prepare(FILE *f)
{
	struct winsize ws;

	if (!f->buf) {
		f->buf = f->own;
		f->size = sizeof(f->own);
	}
	if (f->mode < 0)
		f->mode = ioctl(f->fd, TIOCGWINSZ, &ws) ? _IOFBF : _IOLBF;
}

static int flush_unlocked(FILE *f)
{
	size_t done = 0;

	if (!f->writing) {	/* give what was read ahead back to the file, if it can seek */
		if (f->pos < f->end)
			lseek(f->fd, (off_t)f->pos - (off_t)f->end, SEEK_CUR);
		f->pos = f->end = 0;
		return 0;
	}
	while (done < f->end) {
		ssize_t n = sys_io(__NR_write, f, f->buf + done, f->end - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			f->error = true;
			break;
		}
		done += (size_t)n;
	}
	f->end = 0;
	f->writing = false;
	return f->error ? EOF : 0;
}

int fflush(FILE *f)
{
	int ret = 0;

	if (f) {
		__lock(&f->lock);
		ret = flush_unlocked(f);
		__unlock(&f->lock);
		return ret;
	}
	__lock(&files_lock);
	for (f = files; f; f = f->next)
		if (f->writing)
			ret |= fflush(f);
	__unlock(&files_lock);
	return ret;
}

void __stdio_exit(void)
{
	fflush(NULL);
}

static void write_unlocked(FILE *f, const char *s, size_t n)
{
	int saved = errno;
	bool newline;

	prepare(f);
	if (!f->writing) {
		flush_unlocked(f);
		f->writing = true;
	}
	newline = f->mode == _IOLBF && n && memchr(s, '\n', n);
	while (n) {
		size_t m = min(n, f->size - f->end);

		memcpy(f->buf + f->end, s, m);
		f->end += m;
		s += m;
		n -= m;
		if (f->end == f->size) {
			flush_unlocked(f);
			f->writing = true;
		}
	}
	if (newline || f->mode == _IONBF)
		flush_unlocked(f);
	if (!f->error)
		errno = saved;	/* asking whether it is a terminal is no error */
}

/* Reads more into an empty buffer; false at the end or on an error. */
static bool fill_unlocked(FILE *f)
{
	ssize_t n;

	prepare(f);
	if (f->writing)
		flush_unlocked(f);
	if (f == stdin && file_out.writing && file_out.mode == _IOLBF)
		fflush(stdout);	/* the prompt, before we wait for the answer */
	n = sys_io(__NR_read, f, f->buf, f->mode == _IONBF ? 1 : f->size);
	f->pos = 0;
	f->end = n > 0 ? (size_t)n : 0;
	f->eof |= n == 0;
	f->error |= n < 0;
	return n > 0;
}

static int getc_unlocked(FILE *f)
{
	if ((f->writing || f->pos == f->end) && !fill_unlocked(f))
		return EOF;
	return (u8)f->buf[f->pos++];
}

FILE *fdopen(int fd, const char *mode)
{
	FILE *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->fd = fd;
	f->mode = -1;
	f->heap = true;
	if (*mode == 'a')
		lseek(fd, 0, SEEK_END);
	__lock(&files_lock);
	f->next = files;
	files = f;
	__unlock(&files_lock);
	return f;
}

FILE *fopen(const char *path, const char *mode)
{
	int flags = strchr(mode, '+') ? O_RDWR : *mode == 'r' ? O_RDONLY : O_WRONLY;
	FILE *f;
	int fd;

	if (*mode != 'r')
		flags |= O_CREAT | (*mode == 'w' ? O_TRUNC : O_APPEND);
	if (strchr(mode, 'x'))
		flags |= O_EXCL;
	if (strchr(mode, 'e'))
		flags |= O_CLOEXEC;
	fd = open(path, flags, 0666);
	if (fd < 0)
		return NULL;
	f = fdopen(fd, mode);
	if (!f)
		close(fd);
	return f;
}

int fclose(FILE *f)
{
	int ret = fflush(f);

	__lock(&files_lock);
	for (FILE **p = &files; *p; p = &(*p)->next)
		if (*p == f) {
			*p = f->next;
			break;
		}
	__unlock(&files_lock);
	ret |= close(f->fd);
	if (f->heap)
		free(f);
	return ret ? EOF : 0;
}

/* To be called before the stream is used; without a buffer of the caller's the own one stays. */
int setvbuf(FILE *f, char *buf, int mode, size_t size)
{
	f->mode = mode;
	if (buf && size) {
		f->buf = buf;
		f->size = size;
	}
	return 0;
}

size_t fwrite(const void *buf, size_t size, size_t n, FILE *f)
{
	bool error;

	__lock(&f->lock);
	write_unlocked(f, buf, size * n);
	error = f->error;
	__unlock(&f->lock);
	return error ? 0 : n;
}

size_t fread(void *buf, size_t size, size_t n, FILE *f)
{
	size_t want = size * n, got = 0;

	__lock(&f->lock);
	while (got < want) {
		size_t m;

		if ((f->writing || f->pos == f->end) && !fill_unlocked(f))
			break;
		m = min(want - got, f->end - f->pos);
		memcpy((char *)buf + got, f->buf + f->pos, m);
		f->pos += m;
		got += m;
	}
	__unlock(&f->lock);
	return size ? got / size : 0;
}

int fgetc(FILE *f)
{
	int c;

	__lock(&f->lock);
	c = getc_unlocked(f);
	__unlock(&f->lock);
	return c;
}

int getc(FILE *f)
{
	return fgetc(f);
}

int getchar(void)
{
	return fgetc(stdin);
}

/* One character after a read: there is always room for the one just taken. */
int ungetc(int c, FILE *f)
{
	__lock(&f->lock);
	if (c == EOF || f->writing || !f->pos)
		c = EOF;
	else
		f->buf[--f->pos] = (char)c;
	f->eof = false;
	__unlock(&f->lock);
	return c;
}

char *fgets(char *buf, int size, FILE *f)
{
	int n = 0, c = 0;

	__lock(&f->lock);
	while (n < size - 1 && c != '\n' && (c = getc_unlocked(f)) != EOF)
		buf[n++] = (char)c;
	__unlock(&f->lock);
	if (!n)
		return NULL;
	buf[n] = '\0';
	return buf;
}

ssize_t getdelim(char **line, size_t *size, int delim, FILE *f)
{
	size_t n = 0;
	int c;

	if (!*line)
		*size = 0;
	__lock(&f->lock);
	while ((c = getc_unlocked(f)) != EOF) {
		if (n + 2 > *size) {
			char *p = realloc(*line, *size ? *size * 2 : 120);

			if (!p)
				break;
			*line = p;
			*size = *size ? *size * 2 : 120;
		}
		(*line)[n++] = (char)c;
		if (c == delim)
			break;
	}
	__unlock(&f->lock);
	if (!n)
		return -1;
	(*line)[n] = '\0';
	return (ssize_t)n;
}

ssize_t getline(char **line, size_t *size, FILE *f)
{
	return getdelim(line, size, '\n', f);
}

int fputc(int c, FILE *f)
{
	char ch = (char)c;

	return fwrite(&ch, 1, 1, f) == 1 ? (u8)ch : EOF;
}

int putc(int c, FILE *f)
{
	return fputc(c, f);
}

int putchar(int c)
{
	return fputc(c, stdout);
}

int fputs(const char *s, FILE *f)
{
	size_t n = strlen(s);

	return fwrite(s, 1, n, f) == n ? 0 : EOF;
}

int puts(const char *s)
{
	return printf("%s\n", s) < 0 ? EOF : 0;
}

int fseek(FILE *f, long off, int whence)
{
	int ret;

	__lock(&f->lock);
	ret = flush_unlocked(f);
	if (lseek(f->fd, off, whence) < 0)
		ret = -1;
	f->eof = false;
	__unlock(&f->lock);
	return ret;
}

long ftell(FILE *f)
{
	long at;

	__lock(&f->lock);
	at = lseek(f->fd, 0, SEEK_CUR);
	if (at >= 0)
		at += f->writing ? (long)f->end : (long)f->pos - (long)f->end;
	__unlock(&f->lock);
	return at;
}

void rewind(FILE *f)
{
	fseek(f, 0, SEEK_SET);
	f->error = false;
}

int feof(FILE *f)
{
	return f->eof;
}

int ferror(FILE *f)
{
	return f->error;
}

void clearerr(FILE *f)
{
	f->eof = f->error = false;
}

int fileno(FILE *f)
{
	return f->fd;
}

struct file_sink {
	struct printf_sink sink;
	FILE *f;
};

static void file_put(struct printf_sink *sink, const char *s, size_t n)
{
	write_unlocked(container_of(sink, struct file_sink, sink)->f, s, n);
}

/* An unbuffered stream gets a buffer for the time of one call: one line, one write. */
int vfprintf(FILE *f, const char *fmt, va_list ap)
{
	struct file_sink out = { { file_put, 0 }, f };
	bool unbuffered;
	int n;

	__lock(&f->lock);
	unbuffered = f->mode == _IONBF;
	if (unbuffered)
		f->mode = _IOFBF;
	n = vformat(&out.sink, fmt, ap);
	if (unbuffered) {
		flush_unlocked(f);
		f->mode = _IONBF;
	}
	if (f->error)
		n = -1;
	__unlock(&f->lock);
	return n;
}
