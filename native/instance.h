/* Instantiation. */
#ifndef WR_INSTANCE_H
#define WR_INSTANCE_H

#include "store.h"

/* What is given for imports, kind by kind in the order of the module's imports. */
typedef struct wr_given {
  wr_callee **functions;
  wr_table **tables;
  wr_memory **memories;
  wr_global **globals;
  wr_tag **tags;
} wr_given;

enum wr_instantiation {
  WR_INSTANTIATED,
  WR_INSTANTIATION_NO_MEMORY,
  WR_INSTANTIATION_MEMORY_LIMIT, /* ``figure`` bytes were asked for */
  WR_INSTANTIATION_TABLE_LIMIT,  /* ``figure`` elements were asked for */
  WR_INSTANTIATION_INSTANCES,    /* too many of them */
  WR_INSTANTIATION_HEAP_LIMIT,   /* too many objects in constant expressions */
  WR_INSTANTIATION_TRAP,         /* ``figure`` is the trap's code */
};

/* Imports have been checked. The domain is locked. The instance is the domain's, also where a
   segment does not fit; it is NULL only where memory is short. */
wr_instance *wr_instantiate(wr_program *program, wr_store *store, const wr_given *given,
                            int *outcome, uint64_t *figure);

/* An instance and its index spaces in one piece, with nothing in them; NULL where memory is short.
   It is one of the store's, which must allow it. */
wr_instance *wr_instance_new(wr_program *program, wr_store *store);

/* The value of a constant expression, in up to two slots; or a trap's code. */
int wr_evaluate(wr_instance *instance, wr_range range, wr_slot *result);

/* Whether something may be imported as what the module asks for. */
bool wr_limits_match(const wr_limits *found, uint64_t size, const wr_limits *wanted);

#endif
