/*
 * A bug to be found: double-checked initialisation. The first test, without the lock, is there to
 * save the lock when the work has been done. But the flag is set before the work is: whoever looks
 * in between believes it and uses what is not there yet.
 *
 *	tools/explore -- bug_double_checked
 *
 * The cure: set the flag last, with release order, and read it with acquire order; or pthread_once.
 */
#include "check.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int initialised;
static char name[65];

static void load(void)
{
	int file = open("/proc/sys/kernel/hostname", O_RDONLY);

	if (file < 0 || read(file, name, sizeof(name) - 1) <= 0)
		strcpy(name, "?");
	close(file);
}

static const char *host_name(void)
{
	if (!initialised) {
		pthread_mutex_lock(&lock);
		if (!initialised) {
			initialised = 1;	/* too early */
			load();
		}
		pthread_mutex_unlock(&lock);
	}
	return name;
}

static void *use(void *arg)
{
	compute(300000);
	return (void *)(long)(host_name()[0] != '\0');
}

int main(int argc, char **argv)
{
	pthread_t other;
	void *fine;

	begin(argc, argv);
	other = spawn(use, NULL);
	host_name();
	pthread_join(other, &fine);
	check("nobody saw an empty name", fine != NULL);
	return failures;
}
