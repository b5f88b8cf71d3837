/* Matrix products of single precision, four elements at a time (vector types of gcc and clang). */
#include "guest.h"

#define SIDE 24
#define VECTORS (SIDE / 4)

typedef float f32x4 __attribute__((vector_size(16)));

static float left[SIDE][SIDE];
static f32x4 right[SIDE][VECTORS], product[SIDE][VECTORS];

static void fill(void)
{
    u32 state = 54321;
    for (u32 i = 0; i < SIDE; i++)
        for (u32 j = 0; j < SIDE; j++) {
            left[i][j] = (float)(next_random(&state) & 255) / 256;
            right[i][j / 4][j % 4] = (float)(next_random(&state) & 255) / 256;
        }
}

static void multiply(void)
{
    for (u32 i = 0; i < SIDE; i++)
        for (u32 j = 0; j < VECTORS; j++) {
            f32x4 sum = {0, 0, 0, 0};
            for (u32 k = 0; k < SIDE; k++)
                sum += left[i][k] * right[k][j];
            product[i][j] = sum;
        }
}

u32 run(u32 n)
{
    u32 checksum = 0;
    fill();
    while (n--) {
        multiply();
        for (u32 i = 0; i < SIDE; i++) {
            f32x4 row = product[i][n % VECTORS];
            left[i][n % SIDE] = row[0] / SIDE;
            checksum = fold_double(checksum, (double)(row[0] + row[1] + row[2] + row[3]));
        }
    }
    return checksum;
}
