/* Bytes in a loop: the primes below LIMIT, sieved n times. */
#include "guest.h"

#define LIMIT 4096

static u8 composite[LIMIT];

u32 run(u32 n)
{
    u32 checksum = 0;
    while (n--) {
        u32 count = 0, last = 0;
        for (u32 i = 0; i < LIMIT; i++)
            composite[i] = 0;
        for (u32 i = 2; i < LIMIT; i++) {
            if (composite[i])
                continue;
            count++;
            last = i;
            for (u32 j = 2 * i; j < LIMIT; j += i)
                composite[j] = 1;
        }
        checksum = fold(checksum, count + last);
    }
    return checksum;
}
