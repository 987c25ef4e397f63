/* eventfd(). */
#pragma once

#include "libk/abi/eventfd.h"

int eventfd(unsigned int value, int flags);
