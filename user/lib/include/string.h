/* Strings: libk's, and those that need malloc or errno. */
#pragma once

#include "libk/string.h"

int strcasecmp(const char *a, const char *b);
char *strncpy(char *restrict dst, const char *restrict src, size_t n);
char *strcat(char *restrict dst, const char *restrict src);
char *strstr(const char *hay, const char *needle);
char *strpbrk(const char *s, const char *accept);
char *strsep(char **s, const char *delim);
char *strdup(const char *s);
char *strndup(const char *s, size_t n);
char *strtok(char *restrict s, const char *restrict delim);
char *strtok_r(char *restrict s, const char *restrict delim, char **restrict save);
char *strerror(int err);
char *strsignal(int sig);
