/* Calls through a table: n times one of eight functions that only the data can tell. */
#include "guest.h"

typedef u32 (*operation)(u32, u32);

static u32 add(u32 a, u32 b) { return a + b; }
static u32 subtract(u32 a, u32 b) { return a - b; }
static u32 multiply(u32 a, u32 b) { return a * (b | 1); }
static u32 both(u32 a, u32 b) { return a & ~b; }
static u32 either(u32 a, u32 b) { return a | b >> 1; }
static u32 differing(u32 a, u32 b) { return a ^ b; }
static u32 left(u32 a, u32 b) { return a << (b & 7); }
static u32 right(u32 a, u32 b) { return a >> (b & 7); }

static const operation operations[] = {
    add, subtract, multiply, both, either, differing, left, right,
};

u32 run(u32 n)
{
    u32 value = 1, state = 88172645;
    while (n--) {
        u32 random = next_random(&state);
        value = operations[random >> 13 & 7](value, random);
    }
    return value;
}
