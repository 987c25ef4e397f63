/* Character classes. */
#pragma once

#include "libk/ctype.h"
