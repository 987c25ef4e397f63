/*
 * arch_prctl(): the segment bases.
 */
#pragma once

enum { ARCH_SET_GS = 0x1001, ARCH_SET_FS, ARCH_GET_FS, ARCH_GET_GS };
