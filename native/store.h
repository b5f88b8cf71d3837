/* Store entities: what instances are made of, and the domain in which they live.

   A domain is everything that may come to refer to one another: stores whose instances exchange
   references. It owns all entities, has one garbage-collected heap, and one lock, which whoever
   runs guest code or touches references holds. Domains merge when their entities are linked; the
   lesser then forwards to the other. Entities are freed with their domain, never before. */
#ifndef WR_STORE_H
#define WR_STORE_H

#include "heap.h"
#include "memory.h"
#include "module.h"

#include <pthread.h>

typedef uint64_t wr_slot;

struct wr_code;
struct wr_instance;
struct wr_task;

/* What is kept of an element is its value XOR ``blank``, which is the value that the table began
   with: so memory that nobody has touched, and that costs nothing, is full of that value. */
typedef struct wr_table {
  wr_slot *elements;
  wr_slot blank;
  uint64_t size, room;
  uint64_t maximum;
  wr_table_type type;
  wr_budget *budget;
  struct wr_table *next;
  void *owner;
} wr_table;

typedef struct wr_global {
  wr_slot value[2];
  wr_type type;
  bool is_mutable;
  struct wr_global *next;
  void *owner;
} wr_global;

typedef struct wr_tag {
  uint32_t type;
  struct wr_tag *next;
  void *owner;
} wr_tag;

/* A function as a reference points to it. ``code`` is NULL for functions of the host, which knows
   them by ``handle``. */
typedef struct wr_callee {
  struct wr_code *code;
  struct wr_instance *instance;
  uint32_t type;
  uint32_t index;
  int64_t handle;
  void *implementation;   /* of the host's functions: what boundary.c calls */
  struct wr_callee *next; /* of the host's functions */
  void *owner;
} wr_callee;

/* An element segment of an instance; count is 0 when it has been dropped. */
typedef struct wr_references {
  uint32_t count;
  wr_slot *items;
} wr_references;

/* A module that can run: its functions are lowered when they are first called. */
typedef struct wr_program {
  wr_module *module;
  struct wr_code **codes; /* of defined functions; NULL until somebody asks */
  pthread_mutex_t lock;
  uint32_t references;
} wr_program;

typedef struct wr_store {
  struct wr_domain *domain;
  wr_budget memory_bytes, table_elements;
  uint64_t instances, instances_limit;
  uint64_t fuel_spent, fuel_limit;
  uint32_t call_depth;
  uint64_t value_slots;
  uint32_t nested_executions;
  uint64_t heap_bytes; /* added to the limit of the domain's heap */
  struct wr_store *next;
} wr_store;

typedef struct wr_instance {
  wr_program *program;
  wr_store *store;
  wr_memory *memory; /* the first, or NULL */
  wr_memory **memories;
  wr_table **tables;
  wr_global **globals;
  wr_tag **tags;
  wr_callee **functions; /* made when somebody needs a reference; imported ones always there */
  wr_references *elements;
  bool *dropped_datas;
  struct wr_instance *next;
} wr_instance;

typedef struct wr_domain {
  struct wr_domain *forward; /* the domain that this one was merged into, or NULL */
  uint32_t references;
  pthread_mutex_t lock;
  wr_gc_heap heap;
  wr_store *stores;
  wr_instance *instances;
  wr_memory *memories;
  wr_table *tables;
  wr_global *globals;
  wr_tag *tags;
  wr_callee *callees; /* all functions that are referred to */
  struct wr_task *tasks;
  struct wr_domain *merged; /* domains that forward to this one */
} wr_domain;

wr_domain *wr_domain_new(void);
/* The domain that a domain was merged into, perhaps itself. */
wr_domain *wr_domain_find(wr_domain *domain);
wr_domain *wr_domain_retain(wr_domain *domain);
/* Frees everything in it with the last reference. */
void wr_domain_release(wr_domain *domain);
/* Make one of two; false if memory is short. */
bool wr_domain_merge(wr_domain *domain, wr_domain *other);
/* Lock the domain that an entity's domain has become, and give that. */
wr_domain *wr_domain_lock(wr_domain *domain);
/* The same if that needs no waiting, else NULL. */
wr_domain *wr_domain_try_lock(wr_domain *domain);
void wr_domain_unlock(wr_domain *domain);
/* Collect garbage now; the lock is held. */
void wr_domain_collect(wr_domain *domain);
/* Collect because an object could not be had; whether it is worth trying again. */
bool wr_domain_make_room(wr_domain *domain);

wr_program *wr_program_new(wr_module *module);
void wr_program_retain(wr_program *program);
void wr_program_release(wr_program *program);

/* New entities belong to the domain, which is locked (and no forwarder); NULL where memory is
   short. */
wr_store *wr_store_new(wr_domain *domain);
wr_table *wr_table_new(wr_domain *domain, const wr_table_type *type, wr_slot initial,
                       wr_budget *budget);
wr_global *wr_global_new(wr_domain *domain, wr_type type, bool is_mutable);
wr_tag *wr_tag_new(wr_domain *domain, uint32_t type);
wr_callee *wr_callee_new(wr_domain *domain, uint32_t type);
wr_memory *wr_domain_add_memory(wr_domain *domain, const wr_limits *limits, wr_budget *budget);

/* The function as a reference, made if need be. NULL where memory is short. */
wr_callee *wr_instance_function(wr_instance *instance, uint32_t index);

/* The bytes of a data segment, none if it was dropped. */
static inline uint64_t wr_instance_data(const wr_instance *instance, uint32_t index,
                                        const uint8_t **data)
{
  const wr_module *module = instance->program->module;
  const wr_range *range = &module->datas[index].data;
  *data = module->binary + range->begin;
  return instance->dropped_datas[index] ? 0 : range->end - range->begin;
}
void wr_instance_drop_elements(wr_instance *instance, uint32_t index);

static inline wr_slot wr_table_get(const wr_table *table, uint64_t index)
{
  return table->elements[index] ^ table->blank;
}

static inline void wr_table_set(wr_table *table, uint64_t index, wr_slot value)
{
  table->elements[index] = value ^ table->blank;
}

/* Write and copy elements; whether they are inside has been looked at. */
void wr_table_write(wr_table *table, uint64_t index, const wr_slot *values, uint64_t count);
void wr_table_copy(wr_table *table, uint64_t to, const wr_table *source, uint64_t from,
                   uint64_t count);
/* The old size, or UINT64_MAX where that is not possible. */
uint64_t wr_table_grow(wr_table *table, uint64_t count, wr_slot value);
void wr_table_shrink(wr_table *table, uint64_t size);

static inline bool wr_table_contains(const wr_table *table, uint64_t index, uint64_t count)
{
  return index <= table->size && count <= table->size - index;
}

#endif
