/* Bytes and halves in vectors: n times one picture laid over another, with saturation, comparisons
 * and changes of width (vector types of gcc and clang).
 */
#include "guest.h"

#define PIXELS 1024
#define VECTORS (PIXELS / 16)

typedef u8 u8x16 __attribute__((vector_size(16)));
typedef u8 u8x8 __attribute__((vector_size(8)));
typedef u16 u16x8 __attribute__((vector_size(16)));

static u8x16 below[VECTORS], above[VECTORS];

static u16x8 widened(u8x16 bytes, u32 half)
{
    u8x8 part;
    __builtin_memcpy(&part, (u8 *)&bytes + 8 * half, sizeof part);
    return __builtin_convertvector(part, u16x8);
}

static u8x16 blended(u8x16 under, u8x16 over, u16 weight)
{
    u8x16 result;
    for (u32 half = 0; half < 2; half++) {
        u16x8 sum = widened(over, half) * weight + widened(under, half) * (u16)(256 - weight);
        u8x8 part = __builtin_convertvector(sum >> 8, u8x8);
        __builtin_memcpy((u8 *)&result + 8 * half, &part, sizeof part);
    }
    u8x16 is_key = (u8x16)(over == 255);
    return (under & is_key) | (result & ~is_key);
}

u32 run(u32 n)
{
    u32 state = 777, checksum = 0;
    for (u32 i = 0; i < PIXELS; i++) {
        below[i / 16][i % 16] = (u8)next_random(&state);
        above[i / 16][i % 16] = (u8)(next_random(&state) >> 8);
    }
    while (n--) {
        u8x16 highest = {0};
        for (u32 i = 0; i < VECTORS; i++) {
            u8x16 mixed = blended(below[i], above[i], (u16)(n & 127));
            u8x16 is_higher = (u8x16)(mixed > highest);
            highest = (mixed & is_higher) | (highest & ~is_higher);
            below[i] = mixed + (u8)n;
        }
        for (u32 i = 0; i < 16; i++)
            checksum = fold(checksum, highest[i] + below[n % VECTORS][i]);
    }
    return checksum;
}
