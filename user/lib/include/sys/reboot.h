/* Restarting and powering off. */
#pragma once

#include "libk/abi/reboot.h"

int reboot(unsigned int cmd);
