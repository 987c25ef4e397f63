/* Basic types. */
#pragma once

#include "libk/types.h"
