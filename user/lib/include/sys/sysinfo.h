/* sysinfo(). */
#pragma once

#include "libk/abi/sysinfo.h"

int sysinfo(struct sysinfo *info);
