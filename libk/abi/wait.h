/*
 * wait4(), waitid() and how an exit status is coded.
 */
#pragma once

enum {
	WNOHANG = 1, WUNTRACED = 2, WSTOPPED = WUNTRACED, WEXITED = 4, WCONTINUED = 8,
	WNOWAIT = 0x01000000, __WNOTHREAD = 0x20000000, __WALL = 0x40000000,
	__WCLONE = 0x80000000,
	P_ALL = 0, P_PID, P_PGID, P_PIDFD,
};

typedef int idtype_t;
typedef int id_t;

#define WEXITSTATUS(s)	(((s) >> 8) & 0xff)
#define WTERMSIG(s)	((s) & 0x7f)
#define WSTOPSIG(s)	WEXITSTATUS(s)
#define WIFEXITED(s)	(WTERMSIG(s) == 0)
#define WIFSIGNALED(s)	(WTERMSIG(s) != 0 && WTERMSIG(s) != 0x7f)
#define WIFSTOPPED(s)	(((s) & 0xff) == 0x7f)
#define WIFCONTINUED(s)	((s) == 0xffff)
#define WCOREDUMP(s)	((s) & 0x80)
