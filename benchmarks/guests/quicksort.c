/* Recursion over an array: n pseudo-random numbers sorted, in runs of at most LENGTH. */
#include "guest.h"

#define LENGTH 4096

static u32 numbers[LENGTH];

static void insert_all(u32 *first, u32 *last)
{
    for (u32 *at = first + 1; at <= last; at++) {
        u32 value = *at, *to = at;
        for (; to > first && to[-1] > value; to--)
            *to = to[-1];
        *to = value;
    }
}

static void sort(u32 *first, u32 *last)
{
    if (last - first < 8) {
        insert_all(first, last);
        return;
    }
    u32 pivot = first[(last - first) / 2], *low = first, *high = last;
    while (low <= high) {
        while (*low < pivot)
            low++;
        while (*high > pivot)
            high--;
        if (low <= high) {
            u32 value = *low;
            *low++ = *high;
            *high-- = value;
        }
    }
    sort(first, high);
    sort(low, last);
}

u32 run(u32 n)
{
    u32 checksum = 0, state = 2463534242u;
    while (n > 0) {
        u32 length = n < LENGTH ? n : LENGTH;
        for (u32 i = 0; i < length; i++)
            numbers[i] = next_random(&state);
        sort(numbers, numbers + length - 1);
        for (u32 i = 0; i < length; i += 61)
            checksum = fold(checksum, numbers[i]);
        n -= length;
    }
    return checksum;
}
