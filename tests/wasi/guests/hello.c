/* Arguments, environment, standard error and an exit code. */
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments)
{
    for (int index = 1; index < count; index++)
        printf("argument %d: %s\n", index, arguments[index]);
    const char *name = getenv("NAME");
    printf("hello, %s\n", name ? name : "whoever you are");
    fprintf(stderr, "leaving\n");
    return 3;
}
