/* epoll. */
#pragma once

#include "libk/abi/epoll.h"

int epoll_create1(int flags);
int epoll_ctl(int ep, int op, int fd, struct epoll_event *event);
int epoll_wait(int ep, struct epoll_event *events, int max, int timeout);
