/* Uses up what it may: opens files till it is refused, makes a file grow till it is refused,
   then writes as many bytes to standard output as its argument says. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int opened[64], count = 0, written = 0;
    while (count < 64 && (opened[count] = open("file", O_RDWR | O_CREAT, 0666)) >= 0)
        count++;
    fprintf(stderr, "open: %d times, then %s\n", count, count < 64 ? strerror(errno) : "enough");
    for (int done; written < 4096 && (done = write(opened[0], "0123456789", 10)) > 0;)
        written += done;
    fprintf(stderr, "write: %d bytes, then %s\n", written, strerror(errno));
    while (count > 1)
        close(opened[--count]);
    int again = open("file", O_RDONLY);
    fprintf(stderr, "after closing: %s\n", again >= 0 ? "opened" : strerror(errno));
    for (int bytes = argc > 1 ? atoi(argv[1]) : 0; bytes > 0; bytes--)
        putchar('x');
    return fflush(stdout) != 0;
}
