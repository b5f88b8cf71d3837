/* Floats in structures: a star and four planets drawn to each other, n steps of time. */
#include "guest.h"

#define BODIES 5

typedef struct {
    double x, y, z, vx, vy, vz, mass;
} body;

static body bodies[BODIES];

static void place(void)
{
    for (u32 i = 0; i < BODIES; i++) {
        double distance = i * i + 0.25 * i;
        body *b = &bodies[i];
        b->x = i & 1 ? distance : -0.5 * distance;
        b->y = i & 2 ? distance : -0.75 * distance;
        b->z = 0.125 * distance - 0.03125 * i;
        b->vx = i ? 3.0 / (i + 1.0) : 0.0;
        b->vy = i ? 2.5 / (i + 2.0) : 0.0;
        b->vz = i ? 0.25 / (i + 3.0) : 0.0;
        b->mass = i ? 0.0009765625 * i : 40.0;
    }
}

static void attract(body *a, body *b, double time)
{
    double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
    double square = dx * dx + dy * dy + dz * dz + 0.0625;
    double pull = time / (square * __builtin_sqrt(square));
    a->vx -= dx * b->mass * pull;
    a->vy -= dy * b->mass * pull;
    a->vz -= dz * b->mass * pull;
    b->vx += dx * a->mass * pull;
    b->vy += dy * a->mass * pull;
    b->vz += dz * a->mass * pull;
}

u32 run(u32 n)
{
    const double time = 0.0009765625;
    place();
    while (n--) {
        for (u32 i = 0; i < BODIES; i++)
            for (u32 j = i + 1; j < BODIES; j++)
                attract(&bodies[i], &bodies[j], time);
        for (u32 i = 0; i < BODIES; i++) {
            bodies[i].x += time * bodies[i].vx;
            bodies[i].y += time * bodies[i].vy;
            bodies[i].z += time * bodies[i].vz;
        }
    }
    u32 checksum = 0;
    for (u32 i = 0; i < BODIES; i++) {
        checksum = fold_double(checksum, bodies[i].x);
        checksum = fold_double(checksum, bodies[i].vy);
    }
    return checksum;
}
