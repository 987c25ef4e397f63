/* Registers all special files, once, at boot. */
#include "kernel/fs/special.h"

void special_files_init(void)
{
	pipe_init();
	mem_devices_init();
	serial_init();
	tty_init();	/* after serial_init(): names the ports that are there */
}
