/* A hash map of 64-bit keys with open addressing: n times a key is put, looked up or taken out. */
#include "guest.h"

#define SLOTS 8192
#define KEYS 4096

typedef struct {
    u64 key; /* 0: free */
    u32 value;
} slot;

static slot slots[SLOTS];
static u32 count;

static u32 place_of(u64 key)
{
    return (u32)((key * 0x9e3779b97f4a7c15u) >> 40) % SLOTS;
}

static slot *find(u64 key)
{
    u32 at = place_of(key);
    while (slots[at].key != 0 && slots[at].key != key)
        at = (at + 1) % SLOTS;
    return &slots[at];
}

static void put(u64 key, u32 value)
{
    slot *found = find(key);
    if (found->key == 0)
        count++;
    found->key = key;
    found->value += value;
}

/* Close the gap, so that no key behind it becomes unreachable. */
static void take(u64 key)
{
    slot *found = find(key);
    if (found->key == 0)
        return;
    count--;
    u32 gap = (u32)(found - slots);
    for (u32 at = (gap + 1) % SLOTS; slots[at].key != 0; at = (at + 1) % SLOTS) {
        u32 home = place_of(slots[at].key);
        if ((at - home) % SLOTS >= (at - gap) % SLOTS) {
            slots[gap] = slots[at];
            gap = at;
        }
    }
    slots[gap] = (slot){0, 0};
}

u32 run(u32 n)
{
    u32 checksum = 0, state = 2463534242u;
    __builtin_memset(slots, 0, sizeof slots);
    count = 0;
    for (u32 turn = 0; turn < n; turn++) {
        u32 random = next_random(&state);
        u64 key = 1 + (u64)(random % KEYS) * 0x100000001u;
        switch (random >> 29) {
        case 0:
        case 1:
            take(key);
            break;
        case 2:
        case 3:
        case 4:
            checksum = fold(checksum, find(key)->value);
            break;
        default:
            put(key, random);
        }
    }
    return fold(checksum, count);
}
