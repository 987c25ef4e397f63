/* Waiting for children. */
#pragma once

#include "libk/abi/resource.h"
#include "libk/abi/signal.h"
#include "libk/abi/wait.h"

pid_t wait(int *status);
pid_t waitpid(pid_t pid, int *status, int options);
pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage);
int waitid(idtype_t type, id_t id, siginfo_t *info, int options);
