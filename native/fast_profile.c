/* Counts instructions of the fast stream, one thread at a time. What was counted is written when
   the process ends, to the file that the environment variable WR_PROFILE names: for each place of
   the code, in order, a line "address name length count fallen"; the last is how often execution
   went straight on to the place behind it. */
#include "fast_profile.h"

#ifdef WR_PROFILE
#include "fast_list.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROOM = 1 << 18 };

typedef struct place {
  const wr_word *ip;
  unsigned op;
  uint64_t count, fallen;
} place;

static place places[ROOM];
static unsigned used;
static place *last;

static const char *const names[WR_FAST_COUNT] = {
#define OP(name, ...) [F_##name] = #name,
#include "fast_ops.h"
};

static int by_address(const void *a, const void *b)
{
  uintptr_t x = (uintptr_t)((const place *)a)->ip, y = (uintptr_t)((const place *)b)->ip;
  return (x > y) - (x < y);
}

static void write_all(void)
{
  const char *path = getenv("WR_PROFILE");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file)
    return;
  qsort(places, ROOM, sizeof *places, by_address);
  for (unsigned k = ROOM - used; k < ROOM; k++)
    fprintf(file, "%llu %s %u %llu %llu\n", (unsigned long long)(uintptr_t)places[k].ip,
            names[places[k].op], wr_fast_infos[places[k].op].length,
            (unsigned long long)places[k].count, (unsigned long long)places[k].fallen);
  fclose(file);
}

static unsigned op_at(const wr_word *ip)
{
  for (unsigned op = 1; op < WR_FAST_COUNT; op++)
    if (*ip == (wr_word)(uintptr_t)wr_fast_infos[op].handler)
      return op;
  abort();
}

static place *find(const wr_word *ip)
{
  unsigned at = (unsigned)((uintptr_t)ip / sizeof *ip * 2654435761u) % ROOM;
  while (places[at].ip && places[at].ip != ip)
    at = (at + 1) % ROOM;
  if (!places[at].ip) {
    if (!used)
      atexit(write_all);
    if (++used > ROOM / 2)
      abort();
    places[at] = (place){.ip = ip, .op = op_at(ip)};
  }
  return &places[at];
}

void wr_fast_note(const wr_word *ip)
{
  place *now = find(ip);
  now->count++;
  if (last && last->ip + wr_fast_infos[last->op].length == ip)
    last->fallen++;
  last = now;
}
#endif
