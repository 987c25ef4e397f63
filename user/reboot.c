/* reboot: restarts the machine, at once. */
#include <stdio.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(void)
{
	sync();
	reboot(LINUX_REBOOT_CMD_RESTART);
	perror("reboot");
	return 1;
}
