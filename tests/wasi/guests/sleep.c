/* Sleeps for the milliseconds given, by nanosleep or (with a second argument) by poll. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int main(int count, char **arguments)
{
    long wanted_ms = count > 1 ? atol(arguments[1]) : 10;
    long long before = now_ms();
    if (count > 2) {
        struct pollfd input = {.fd = 0, .events = POLLIN};
        printf("poll: %d\n", poll(&input, 1, wanted_ms));
    } else {
        struct timespec wanted = {wanted_ms / 1000, wanted_ms % 1000 * 1000000};
        printf("nanosleep: %d\n", nanosleep(&wanted, NULL));
    }
    long long slept_ms = now_ms() - before;
    printf("slept %s\n", slept_ms >= wanted_ms ? "enough" : "too little");
    return 0;
}
