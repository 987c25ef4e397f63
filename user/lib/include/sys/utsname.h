/* uname(). */
#pragma once

#include "libk/abi/utsname.h"

#define utsname new_utsname

int uname(struct utsname *buf);
