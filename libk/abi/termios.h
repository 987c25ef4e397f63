/*
 * Terminals: struct termios in the kernel's layout, its flags, and the terminal ioctls.
 */
#pragma once

#include "libk/abi/ioctl.h"

typedef unsigned char cc_t;
typedef unsigned int speed_t;
typedef unsigned int tcflag_t;

#define NCCS 19

struct termios {
	tcflag_t c_iflag, c_oflag, c_cflag, c_lflag;
	cc_t c_line, c_cc[NCCS];
};

struct termios2 {
	tcflag_t c_iflag, c_oflag, c_cflag, c_lflag;
	cc_t c_line, c_cc[NCCS];
	speed_t c_ispeed, c_ospeed;
};

struct winsize {
	unsigned short ws_row, ws_col, ws_xpixel, ws_ypixel;
};

enum {	/* c_cc */
	VINTR, VQUIT, VERASE, VKILL, VEOF, VTIME, VMIN, VSWTC, VSTART, VSTOP, VSUSP, VEOL,
	VREPRINT, VDISCARD, VWERASE, VLNEXT, VEOL2,
};

enum {	/* c_iflag */
	IGNBRK = 1, BRKINT = 2, IGNPAR = 4, PARMRK = 8, INPCK = 0x10, ISTRIP = 0x20,
	INLCR = 0x40, IGNCR = 0x80, ICRNL = 0x100, IUCLC = 0x200, IXON = 0x400, IXANY = 0x800,
	IXOFF = 0x1000, IMAXBEL = 0x2000, IUTF8 = 0x4000,
};

enum {	/* c_oflag */
	OPOST = 1, ONLCR = 4, OCRNL = 8, ONOCR = 0x10, ONLRET = 0x20, TABDLY = 0x1800,
	XTABS = 0x1800,
};

enum {	/* c_cflag */
	CBAUD = 0x100f, B0 = 0, B9600 = 0xd, B19200 = 0xe, B38400 = 0xf, B57600 = 0x1001,
	B115200 = 0x1002, CSIZE = 0x30, CS5 = 0, CS6 = 0x10, CS7 = 0x20, CS8 = 0x30,
	CSTOPB = 0x40, CREAD = 0x80, PARENB = 0x100, PARODD = 0x200, HUPCL = 0x400,
	CLOCAL = 0x800, CRTSCTS = 0x80000000,
};

enum {	/* c_lflag */
	ISIG = 1, ICANON = 2, XCASE = 4, ECHO = 8, ECHOE = 0x10, ECHOK = 0x20, ECHONL = 0x40,
	NOFLSH = 0x80, TOSTOP = 0x100, ECHOCTL = 0x200, ECHOPRT = 0x400, ECHOKE = 0x800,
	FLUSHO = 0x1000, PENDIN = 0x4000, IEXTEN = 0x8000, EXTPROC = 0x10000,
};

enum {
	TCGETS = 0x5401, TCSETS, TCSETSW, TCSETSF, TCSBRK = 0x5409, TCXONC, TCFLSH,
	TIOCSCTTY = 0x540e, TIOCGPGRP, TIOCSPGRP, TIOCOUTQ, TIOCGWINSZ = 0x5413, TIOCSWINSZ,
	FIONREAD = 0x541b, FIONBIO = 0x5421, TIOCNOTTY, TCSBRKP = 0x5425, TIOCGSID = 0x5429,
	TCGETS2 = _IOR('T', 0x2a, struct termios2), TCSETS2 = _IOW('T', 0x2b, struct termios2),
	TCSETSW2 = _IOW('T', 0x2c, struct termios2), TCSETSF2 = _IOW('T', 0x2d, struct termios2),
	FIONCLEX = 0x5450, FIOCLEX,
	TCSANOW = 0, TCSADRAIN, TCSAFLUSH, TCIFLUSH = 0, TCOFLUSH, TCIOFLUSH,
	TCOOFF = 0, TCOON, TCIOFF, TCION,
};
