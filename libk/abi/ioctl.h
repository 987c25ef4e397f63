/*
 * How ioctl numbers are built: direction, size, type, number.
 */
#pragma once

#define _IOC(dir, type, nr, size) \
	(((unsigned int)(dir) << 30) | ((unsigned int)(size) << 16) | ((type) << 8) | (nr))
#define _IOW(type, nr, arg)	_IOC(1, type, nr, sizeof(arg))
#define _IOR(type, nr, arg)	_IOC(2, type, nr, sizeof(arg))
