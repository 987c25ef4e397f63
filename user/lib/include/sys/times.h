/* times(). */
#pragma once

#include "libk/abi/times.h"

clock_t times(struct tms *buf);
