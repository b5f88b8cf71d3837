/* A module that is initialized once and then called: no main, no exit. */
#include <stdio.h>
#include <string.h>

static char greeting[64];

__attribute__((constructor)) static void prepare(void)
{
    strcpy(greeting, "prepared");
}

__attribute__((export_name("greet"))) int greet(void)
{
    printf("%s\n", greeting);
    fflush(stdout);
    return (int)strlen(greeting);
}
