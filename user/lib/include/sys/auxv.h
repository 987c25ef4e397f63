/* The auxiliary vector. */
#pragma once

#include "libk/abi/auxvec.h"

unsigned long getauxval(unsigned long type);
