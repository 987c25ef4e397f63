/* prctl(). */
#pragma once

#include "libk/abi/prctl.h"

int prctl(int option, ...);
