/* Bytes with little order: n times a text is packed by references to what came before, and unpacked
 * again. Control flow depends on the data at every step.
 */
#include "guest.h"

#define SIZE 1024
#define BUCKETS 512
#define LONGEST 66

static u8 text[SIZE], packed[2 * SIZE], unpacked[SIZE];
static u16 latest[BUCKETS];

static void write_text(u32 *state)
{
    for (u32 i = 0; i < SIZE; i++) {
        u32 random = next_random(state);
        u32 back = 1 + (random >> 8 & 31);
        text[i] = random & 7 && back <= i ? text[i - back] : (u8)(random >> 24 & 31);
    }
}

static u32 same(u32 a, u32 b)
{
    u32 length = 0;
    while (b + length < SIZE && length < LONGEST && text[a + length] == text[b + length])
        length++;
    return length;
}

static u32 bucket_of(u32 at)
{
    return at + 2 < SIZE ? (text[at] * 97u + text[at + 1] * 31u + text[at + 2]) % BUCKETS : 0;
}

/* A literal is 0 and the byte; a reference is its length less two and the distance in two bytes. */
static u32 pack(void)
{
    u32 size = 0;
    for (u32 i = 0; i < BUCKETS; i++)
        latest[i] = 0xffff;
    for (u32 at = 0; at < SIZE;) {
        u32 bucket = bucket_of(at), candidate = latest[bucket];
        u32 length = candidate == 0xffff ? 0 : same(candidate, at);
        latest[bucket] = (u16)at;
        if (length < 3) {
            packed[size++] = 0;
            packed[size++] = text[at++];
        } else {
            packed[size++] = (u8)(length - 2);
            packed[size++] = (u8)(at - candidate);
            packed[size++] = (u8)((at - candidate) >> 8);
            at += length;
        }
    }
    return size;
}

static u32 unpack(u32 size)
{
    u32 to = 0;
    for (u32 at = 0; at < size;) {
        u32 length = packed[at++];
        if (length == 0) {
            unpacked[to++] = packed[at++];
            continue;
        }
        u32 from = to - (packed[at] | (u32)packed[at + 1] << 8);
        at += 2;
        for (length += 2; length; length--)
            unpacked[to++] = unpacked[from++];
    }
    return to;
}

u32 run(u32 n)
{
    u32 checksum = 0, state = 31337;
    while (n--) {
        write_text(&state);
        u32 size = pack();
        checksum = fold(checksum, size + unpack(size));
        for (u32 i = 0; i < SIZE; i++)
            if (text[i] != unpacked[i])
                return i;
        checksum = fold(checksum, packed[size / 2]);
    }
    return checksum;
}
