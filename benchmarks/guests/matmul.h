/* Matrices of ELEMENT multiplied, n times the SIDE by SIDE product; included by matmul_f32.c and
 * matmul_f64.c. Each product is mixed into the next factor, so none can be left out.
 */
#include "guest.h"

#define SIDE 24

static ELEMENT left[SIDE][SIDE], right[SIDE][SIDE], product[SIDE][SIDE];

static void fill(void)
{
    u32 state = 12345;
    for (u32 i = 0; i < SIDE; i++)
        for (u32 j = 0; j < SIDE; j++) {
            left[i][j] = (ELEMENT)(next_random(&state) & 255) / 256;
            right[i][j] = (ELEMENT)(next_random(&state) & 255) / 256;
        }
}

static void multiply(void)
{
    for (u32 i = 0; i < SIDE; i++) {
        for (u32 j = 0; j < SIDE; j++)
            product[i][j] = 0;
        for (u32 k = 0; k < SIDE; k++) {
            ELEMENT factor = left[i][k];
            for (u32 j = 0; j < SIDE; j++)
                product[i][j] += factor * right[k][j];
        }
    }
}

u32 run(u32 n)
{
    u32 checksum = 0;
    fill();
    while (n--) {
        multiply();
        for (u32 i = 0; i < SIDE; i++) {
            left[i][n % SIDE] = product[i][i] / SIDE;
            checksum = fold_double(checksum, (double)product[i][n % SIDE]);
        }
    }
    return checksum;
}
