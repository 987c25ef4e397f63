/* Buffered streams and formatted output. Each call locks its stream; see user/lib/stdio.c. */
#pragma once

#include "libk/abi/fcntl.h"
#include "libk/printf.h"

#define EOF	(-1)
#define BUFSIZ	4096
enum { _IOFBF, _IOLBF, _IONBF };

typedef struct FILE FILE;

extern FILE *const stdin, *const stdout, *const stderr;
#define stdin	stdin
#define stdout	stdout
#define stderr	stderr

FILE *fopen(const char *path, const char *mode);
FILE *fdopen(int fd, const char *mode);
int fclose(FILE *f);
int fflush(FILE *f);
int setvbuf(FILE *f, char *buf, int mode, size_t size);
size_t fread(void *buf, size_t size, size_t n, FILE *f);
size_t fwrite(const void *buf, size_t size, size_t n, FILE *f);
int fgetc(FILE *f);
int getc(FILE *f);
int getchar(void);
int ungetc(int c, FILE *f);
char *fgets(char *buf, int size, FILE *f);
ssize_t getdelim(char **line, size_t *size, int delim, FILE *f);
ssize_t getline(char **line, size_t *size, FILE *f);
int fputc(int c, FILE *f);
int putc(int c, FILE *f);
int putchar(int c);
int fputs(const char *s, FILE *f);
int puts(const char *s);
int fseek(FILE *f, long off, int whence);
long ftell(FILE *f);
void rewind(FILE *f);
int feof(FILE *f);
int ferror(FILE *f);
void clearerr(FILE *f);
int fileno(FILE *f);
int sprintf(char *buf, const char *fmt, ...) __printf(2, 3);
int printf(const char *fmt, ...) __printf(1, 2);
int fprintf(FILE *f, const char *fmt, ...) __printf(2, 3);
int dprintf(int fd, const char *fmt, ...) __printf(2, 3);
int vprintf(const char *fmt, va_list ap) __printf(1, 0);
int vfprintf(FILE *f, const char *fmt, va_list ap) __printf(2, 0);
int vdprintf(int fd, const char *fmt, va_list ap) __printf(2, 0);
int sscanf(const char *s, const char *fmt, ...) __attribute__((format(scanf, 2, 3)));
void perror(const char *what);
int remove(const char *path);
int rename(const char *from, const char *to);
