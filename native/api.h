/* What the Python side calls (see core.cdef.txt). Each function takes the locks that it needs;
   Python's own lock is not held while it runs. */
#ifndef WR_API_H
#define WR_API_H

#include "aggregate.h"
#include "instance.h"
#include "task.h"

enum wr_event {
  WR_EVENT_RETURNED,
  WR_EVENT_HOST_CALL,
  WR_EVENT_FUEL,
  WR_EVENT_STEPS,
  WR_EVENT_INTERRUPT,
  WR_EVENT_TRAPPED,
  WR_EVENT_THREW,
  WR_EVENT_EXHAUSTED,
  WR_EVENT_OUT_OF_FUEL,
  WR_EVENT_NO_MEMORY,
  WR_EVENT_WAIT,
  WR_EVENT_NOTIFY,
  WR_EVENT_BUSY,  /* another thread runs it */
  WR_EVENT_SLICE, /* none: it goes on when Python has looked at its signals */
  WR_EVENT_HEAP_FULL,
};

/* Modules */

/* Decode and validate; NULL with ``error`` filled in where the module is refused. The binary must
   stay as it is while there are the program and instances of it. */
wr_program *wr_api_load(const uint8_t *binary, size_t size, const uint8_t *features,
                        wr_error *error);
/* The same for a module that was found to be right before: bodies are validated when they are
   lowered, so this is quick, and safe whatever the bytes are; but one that is wrong after all is
   told then only, as if memory were short. */
wr_program *wr_api_open(const uint8_t *binary, size_t size, const uint8_t *features,
                        wr_error *error);
/* The instruction at a place of lowered code: its mnemonic and its offset in the binary. */
const char *wr_api_locate(const wr_code *code, uint32_t pc, uint64_t *offset);

/* Stores and entities; NULL where memory is short, or a limit is reached. */

wr_store *wr_api_store(wr_domain *domain, const wr_store *limits);
wr_memory *wr_api_memory(wr_domain *domain, wr_store *store, const wr_limits *limits);
wr_table *wr_api_table(wr_domain *domain, const wr_table_type *type, wr_slot initial);
wr_global *wr_api_global(wr_domain *domain, wr_type type, bool is_mutable, const wr_slot *value);
wr_tag *wr_api_tag(wr_domain *domain, uint32_t type);
wr_callee *wr_api_host_function(wr_domain *domain, uint32_t type, int64_t handle);
wr_callee *wr_api_function(wr_instance *instance, uint32_t index);
wr_instance *wr_api_instantiate(wr_program *program, wr_store *store, const wr_given *given,
                                int *outcome, uint64_t *figure);
bool wr_api_limits_match(const wr_limits *found, uint64_t size, const wr_limits *wanted);

void wr_api_memory_hold(wr_memory *memory);
void wr_api_memory_let_go(wr_memory *memory);
bool wr_api_table_set(wr_table *table, uint64_t index, wr_slot value);
uint64_t wr_api_table_grow(wr_table *table, uint64_t count, wr_slot value);
void wr_api_global_set(wr_global *global, const wr_slot *value);

/* References */

/* What a reference is, for the host. ``handle`` is that of an object of the host. Structures,
   arrays and exceptions are pinned: the host holds them until it unpins them. */
typedef struct wr_reference {
  int kind; /* enum wr_object_kind, or one of these */
  wr_slot word;
  int64_t handle;
} wr_reference;
enum { WR_REFERENCE_NULL = 16, WR_REFERENCE_FUNCTION, WR_REFERENCE_I31 };

void wr_api_describe(wr_slot word, wr_type type, wr_reference *out);
bool wr_api_table_get(wr_table *table, uint64_t index, wr_reference *out);
void wr_api_global_get(wr_global *global, wr_reference *out);
bool wr_api_has_type(wr_slot word, wr_type type);
void wr_api_unpin(wr_slot word);
/* A pinned box for an object of the host; 0 where memory is short. */
wr_slot wr_api_external(wr_domain *domain, int64_t handle);
/* Handles of boxes that are gone: up to ``room`` of them are taken. */
uint32_t wr_api_released(wr_domain *domain, int64_t *handles, uint32_t room);
void wr_api_collect(wr_domain *domain);
/* Bytes in objects that the last collection found, and that were made since. */
uint64_t wr_api_heap_bytes(wr_domain *domain);

/* Executions */

wr_task *wr_api_task(wr_store *store);
bool wr_api_task_reserve(wr_task *task, uint64_t slots);
void wr_api_task_reset(wr_task *task);
/* Run: begin with ``callee`` if it is not NULL, else go on. ``quantum`` of fuel and ``steps``:
   below zero means no limit. The result is an event; one that waits for an answer, or is the end,
   is reported again as often as it is asked for. */
int wr_api_run(wr_task *task, wr_callee *callee, int64_t quantum, int64_t steps);
/* The same for a task that nobody else has, with its domain locked. */
int wr_api_run_locked(wr_task *task, wr_domain *locked, wr_callee *callee, int64_t quantum,
                      int64_t steps);
/* Have the pc of every frame, wherever it waits. */
void wr_api_settle(wr_task *task);
void wr_api_interrupt(wr_task *task);
/* Answer a host call with an exception that the host throws; its values are filled in then. */
bool wr_api_throw(wr_task *task, wr_tag *tag, int64_t handle, uint32_t slots);

#endif
