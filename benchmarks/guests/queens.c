/* Recursion over bits: the ways to place n queens on n by n squares, none attacking another. */
#include "guest.h"

static u32 ways(u32 all, u32 columns, u32 falling, u32 rising)
{
    u32 count = 0;
    if (columns == all)
        return 1;
    for (u32 free = all & ~(columns | falling | rising); free; free &= free - 1) {
        u32 place = free & -free;
        count += ways(all, columns | place, (falling | place) << 1, (rising | place) >> 1);
    }
    return count;
}

u32 run(u32 n)
{
    return ways((1u << n) - 1, 0, 0, 0);
}
