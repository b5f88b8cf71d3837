/* 64-bit integers: n rounds of multiplying, rotating and counting bits. */
#include "guest.h"

static inline u64 rotate(u64 x, u32 by)
{
    return x << by | x >> (64 - by);
}

u32 run(u32 n)
{
    u64 a = 0x0123456789abcdefu, b = 0xfedcba9876543210u, sum = 0;
    for (u64 turn = 1; turn <= n; turn++) {
        a += 0x9e3779b97f4a7c15u;
        u64 x = (a ^ a >> 30) * 0xbf58476d1ce4e5b9u;
        x = (x ^ x >> 27) * 0x94d049bb133111ebu;
        b = rotate(b, 23) ^ x ^ x >> 31;
        sum += b % (turn | 255);
        sum ^= (u64)__builtin_clzll(b | 1) << 17 | (u64)__builtin_ctzll(b | 1ull << 63) << 9;
        if (b > sum)
            sum += (u32)b;
    }
    return fold((u32)sum, (u32)(sum >> 32));
}
