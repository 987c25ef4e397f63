/* ptrace(). */
#pragma once

#include "libk/abi/ptrace.h"

long ptrace(int request, ...);
