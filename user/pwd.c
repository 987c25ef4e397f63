/* pwd: prints the working directory. */
#include <stdio.h>
#include <unistd.h>

#include "libk/abi/limits.h"

int main(void)
{
	char buf[PATH_MAX];

	if (!getcwd(buf, sizeof(buf))) {
		perror("pwd");
		return 1;
	}
	puts(buf);
	return 0;
}
