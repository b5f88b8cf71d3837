/* Runs a guest built for the machine itself: `program small size` calls run(small), so that caches
 * and pages are warm, then run(size), and prints the second result and its CPU time in seconds.
 */
#define _POSIX_C_SOURCE 199309L

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

unsigned run(unsigned n);

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int main(int count, char **arguments)
{
    if (count != 3)
        return 2;
    run((unsigned)strtoul(arguments[1], NULL, 10));
    double begin = cpu_seconds();
    unsigned result = run((unsigned)strtoul(arguments[2], NULL, 10));
    double seconds = cpu_seconds() - begin;
    printf("%u %.9f\n", result, seconds);
    return 0;
}
