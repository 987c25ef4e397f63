/* hello: the first program. */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	printf("Hello from process %d, argument count %d, called %s.\n", getpid(), argc, argv[0]);
	return 0;
}
