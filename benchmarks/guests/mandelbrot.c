/* Floats in a loop: how soon each of n by n points leaves the circle of radius two. */
#include "guest.h"

#define TURNS 100

static u32 turns_at(double x, double y)
{
    double re = 0, im = 0;
    u32 turn = 0;
    for (; turn < TURNS; turn++) {
        double re2 = re * re, im2 = im * im;
        if (re2 + im2 > 4.0)
            break;
        im = 2.0 * re * im + y;
        re = re2 - im2 + x;
    }
    return turn;
}

u32 run(u32 n)
{
    u32 checksum = 0;
    for (u32 row = 0; row < n; row++)
        for (u32 column = 0; column < n; column++) {
            double x = 3.0 * column / n - 2.25, y = 3.0 * row / n - 1.5;
            checksum = fold(checksum, turns_at(x, y));
        }
    return checksum;
}
