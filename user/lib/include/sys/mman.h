/* Mappings. */
#pragma once

#include "libk/abi/mman.h"
#include "libk/types.h"

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off);
int munmap(void *addr, size_t len);
int mprotect(void *addr, size_t len, int prot);
int madvise(void *addr, size_t len, int advice);
int msync(void *addr, size_t len, int flags);
int mincore(void *addr, size_t len, unsigned char *vec);
void *mremap(void *addr, size_t old_len, size_t new_len, int flags, ...);
int mlock(const void *addr, size_t len);
int memfd_create(const char *name, unsigned int flags);
