/*
 * uname(): Linux calls the structure new_utsname, C libraries call it utsname.
 */
#pragma once

#define __NEW_UTS_LEN	64

struct new_utsname {
	char sysname[__NEW_UTS_LEN + 1], nodename[__NEW_UTS_LEN + 1],
	     release[__NEW_UTS_LEN + 1], version[__NEW_UTS_LEN + 1],
	     machine[__NEW_UTS_LEN + 1], domainname[__NEW_UTS_LEN + 1];
};
