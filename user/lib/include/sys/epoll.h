/* epoll. */
#pragma once

/* The kernel's structure has plain 64 bits where programs expect a union. */
#define epoll_event	__epoll_event
#include "libk/abi/epoll.h"
#undef epoll_event

typedef union epoll_data {
	void *ptr;
	int fd;
	u32 u32;
	u64 u64;
} epoll_data_t;

struct epoll_event {
	unsigned int events;
	epoll_data_t data;
} __attribute__((packed));

int epoll_create1(int flags);
int epoll_ctl(int ep, int op, int fd, struct epoll_event *event);
int epoll_wait(int ep, struct epoll_event *events, int max, int timeout);
