/* Bulk memory: n times a block is filled, copied, and moved over itself. */
#include "guest.h"

#define SIZE 65536

static u8 bytes[SIZE];

u32 run(u32 n)
{
    u32 checksum = 0, state = 99;
    __builtin_memset(bytes, 0, SIZE);
    while (n--) {
        u32 random = next_random(&state);
        u32 length = 64 + (random & 4095);
        u32 from = (random >> 8) % (SIZE - 8192), to = (random >> 16) % (SIZE - 8192);
        __builtin_memset(bytes + from, (int)(random >> 24), length / 2);
        __builtin_memmove(bytes + to, bytes + from, length);
        __builtin_memmove(bytes + to + 16, bytes + to, length);
        checksum = fold(checksum, bytes[to + length - 1] + bytes[from + length / 4]);
    }
    return checksum;
}
