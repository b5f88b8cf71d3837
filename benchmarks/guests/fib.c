/* Recursive calls: the n-th Fibonacci number, in the slow way. */
#include "guest.h"

u32 run(u32 n)
{
    return n < 2 ? n : run(n - 1) + run(n - 2);
}
