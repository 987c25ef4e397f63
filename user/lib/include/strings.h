/* Strings without regard to case. */
#pragma once

#include "user/lib/include/string.h"
