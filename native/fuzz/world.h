/* A module's own little world: a domain, a store with narrow limits, what the module imports, and
   an instance. Two worlds with the same seed are given the same things in the same order. */
#ifndef WR_FUZZ_WORLD_H
#define WR_FUZZ_WORLD_H

#include "../api.h"

typedef struct world {
  wr_domain *domain;
  wr_store *store;
  wr_instance *instance;
  wr_task *task;
  const wr_module *module;
  uint64_t random; /* the state of its chance */
  void **given[5];
  int outcome;
  uint64_t figure;
  uint32_t host_calls;
  wr_slot *arrived; /* results of a function of the host that was called last of all */
} world;

/* Chance, the same for equal seeds. */
uint64_t next_random(uint64_t *state);
static inline uint32_t below(uint64_t *state, uint32_t count)
{
  return (uint32_t)(next_random(state) >> 33) % count;
}

/* False where the module asks for something that cannot be given. */
bool world_begin(world *w, wr_program *program, uint64_t seed);
void world_end(world *w);

/* A value of a type; false if there is none that could be made. */
bool world_value(world *w, wr_type type, wr_slot *slots);
/* Begin a call; false if it cannot be called. Its function runs at the next world_run. */
bool world_call(world *w, wr_callee *callee);
/* Go on until an event that is not the host's business. */
int world_run(world *w, int64_t quantum, int64_t steps);
/* The results of the call that has returned. */
const wr_slot *world_results(const world *w);

#endif
