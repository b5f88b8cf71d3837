/* What every guest has in common.
 *
 * A guest is one function, run(n): it does work of size n, from the same state however often it has
 * run before, and returns a checksum. The same source is built for WebAssembly and, with main.c,
 * for the machine itself, so all arithmetic is on unsigned numbers or on floats whose bits come out
 * equal everywhere (no reassociation, no fused multiply-add).
 */
#ifndef GUEST_H
#define GUEST_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#ifdef __wasm__
#define EXPORT __attribute__((export_name("run")))
#else
#define EXPORT
#endif

EXPORT u32 run(u32 n);

/* Take one more number into a checksum. */
static inline u32 fold(u32 checksum, u32 value)
{
    checksum = (checksum ^ value) * 0x9e3779b1u;
    return checksum << 13 | checksum >> 19;
}

static inline u32 fold_double(u32 checksum, double value)
{
    u64 bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return fold(fold(checksum, (u32)bits), (u32)(bits >> 32));
}

/* The next of a sequence of pseudo-random numbers; the state must not be zero. */
static inline u32 next_random(u32 *state)
{
    u32 x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

#endif
