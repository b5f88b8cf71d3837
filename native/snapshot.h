/* Snapshots: what the Python side needs to read an execution and to make one again, and entities
   whose content comes from a snapshot. Whoever calls these holds the domain's lock, where it says
   so; nothing here collects garbage. */
#ifndef WR_SNAPSHOT_H
#define WR_SNAPSHOT_H

#include "aggregate.h"
#include "instance.h"
#include "task.h"

#define WR_NO_TYPE UINT32_MAX

/* What validation knows before an instruction. */
typedef struct wr_point {
  uint32_t operand_count, unset_count, handler_count;
  wr_type *operands;  /* bottom first */
  uint32_t *unset;    /* locals that have no value yet, as their type has no default */
  uint32_t *handlers; /* pcs of the legacy try whose handlers this is part of, outermost first */
  uint32_t *places;   /* how many such try come before each in the body */
  bool is_reachable;
  uint32_t call;      /* the defined type of what it calls, and comes back from; or WR_NO_TYPE */
  bool has_callee;    /* what it calls is the topmost operand, or its index */
  uint32_t wait_width, wait_memory; /* of memory.atomic.wait; else the width is 0 */
  uint64_t wait_offset;
} wr_point;

enum wr_point_found { WR_POINT_FOUND, WR_POINT_NONE, WR_POINT_NO_MEMORY };

/* Look at an instruction of a function with a body; what is found there is to be freed. */
int wr_snapshot_point(wr_program *program, uint32_t function, uint32_t pc, wr_point *point);
void wr_snapshot_point_free(wr_point *point);

/* Reading; the domain is locked. */

/* The types of a function's locals, parameters first. */
void wr_snapshot_local_types(const wr_function *function, wr_type *types);
/* The fields of a structure, in slots one behind the other. */
void wr_snapshot_fields(const wr_object *structure, wr_slot *slots);
/* The elements of a table. */
void wr_snapshot_table(const wr_table *table, wr_slot *slots);

/* Making */

/* An instance with nothing in its index spaces; NULL where memory is short, or there are too many
   (``is_limit``). */
wr_instance *wr_snapshot_instance(wr_program *program, wr_store *store, bool *is_limit);
/* Its index spaces are filled in. */
void wr_snapshot_linked(wr_instance *instance);
/* A table of null references within the limits of a store; NULL where there is no room. */
wr_table *wr_snapshot_new_table(wr_store *store, const wr_table_type *type);
/* The function of an instance, or NULL where memory is short; the domain is locked. */
wr_callee *wr_snapshot_function(wr_instance *instance, uint32_t index);
/* Have room for objects, if collecting garbage makes some; the domain is locked. */
void wr_snapshot_make_room(wr_domain *domain);
/* Objects without content, 0 where memory is short; the domain is locked. An exception has so many
   slots, an array so many elements. */
wr_slot wr_snapshot_object(wr_domain *domain, int kind, uint32_t type, uint32_t length);

/* Content; the domain is locked. False where there is no room. */
bool wr_snapshot_fill_table(wr_table *table, const wr_slot *slots, uint64_t size);
bool wr_snapshot_fill_elements(wr_instance *instance, uint32_t index, const wr_slot *slots,
                               uint32_t count);
void wr_snapshot_fill_data(wr_instance *instance, uint32_t index, bool is_dropped);
/* Have so many pages. */
bool wr_snapshot_resize(wr_memory *memory, uint64_t pages);
/* Make bytes of a memory what they were, zeros if ``data`` is NULL; pages that are so already are
   not written. */
void wr_snapshot_put_back(wr_memory *memory, uint64_t address, const uint8_t *data,
                          uint64_t count);

/* Executions */

/* One more activation, at ``pc``, whose first slot lies ``first`` slots behind that of its caller.
   Its slots are zeros. WR_RUNNING, or what prevents it. */
int wr_snapshot_push(wr_task *task, wr_instance *instance, uint32_t function, uint32_t pc,
                     uint32_t first);
/* It stands: its status and counts. ``callee`` is the function of the host that is called, if that
   is what it waits for, ``arguments`` the slot of its arguments and results. */
void wr_snapshot_place(wr_task *task, int status, int64_t fuel, uint64_t steps, wr_callee *callee,
                       uint64_t arguments);

#endif
