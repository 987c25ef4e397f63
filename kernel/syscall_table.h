/* All rows of the system call table; each folder lists its own. No include guard: included once
 * for prototypes, once for the table. */
#include "kernel/fs/calls.h"
#include "kernel/futex/calls.h"
#include "kernel/io_uring/calls.h"
#include "kernel/mm/calls.h"
#include "kernel/sched/calls.h"
#include "kernel/signal/calls.h"
#include "kernel/task/calls.h"
#include "kernel/time/calls.h"
#include "kernel/trace/calls.h"
