/* The step stream: linear memory and tables. */
#include "handler.h"

/* Bytes in memory are little-endian, and so is every machine this is built for. */
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the C core needs a little-endian machine"
#endif

#define LOAD(id, memory_t, WIDEN) \
  WR_HANDLER(id) \
  { \
    wr_slot *slot = fp + ip->a; \
    memory_t value; \
    const uint8_t *place = wr_access_at(t->memories[ip->b], *slot, ip->c, sizeof value); \
    WR_TRAP_IF(!place, WR_TRAP_MEMORY_OUT_OF_BOUNDS); \
    memcpy(&value, place, sizeof value); \
    *slot = WIDEN(value); \
    WR_NEXT(); \
  }

/* Of memory 0, if its addresses have 32 bits. What is outside of it, as it was when its size was
   looked up, is left to the handler for any memory. */
#define LOAD_NEAR(id, memory_t, WIDEN) \
  WR_HANDLER(id##_near) \
  { \
    wr_slot *slot = fp + ip->a; \
    uint64_t address = *slot + ip->c; \
    memory_t value; \
    if (WR_UNLIKELY(address + sizeof value > t->memory_size)) \
      return wr_step_##id(ip, fp, t, budget); \
    memcpy(&value, t->memory_base + address, sizeof value); \
    *slot = WIDEN(value); \
    WR_NEXT(); \
  }

WR_STEP_LOADS(LOAD)
WR_STEP_LOADS(LOAD_NEAR)

#define STORE(id, memory_t) \
  WR_HANDLER(id) \
  { \
    const wr_slot *operands = fp + ip->a; \
    memory_t value = (memory_t)operands[1]; \
    uint8_t *place = wr_access_at(t->memories[ip->b], operands[0], ip->c, sizeof value); \
    WR_TRAP_IF(!place, WR_TRAP_MEMORY_OUT_OF_BOUNDS); \
    memcpy(place, &value, sizeof value); \
    WR_NEXT(); \
  }

#define STORE_NEAR(id, memory_t) \
  WR_HANDLER(id##_near) \
  { \
    const wr_slot *operands = fp + ip->a; \
    memory_t value = (memory_t)operands[1]; \
    uint64_t address = operands[0] + ip->c; \
    if (WR_UNLIKELY(address + sizeof value > t->memory_size)) \
      return wr_step_##id(ip, fp, t, budget); \
    memcpy(t->memory_base + address, &value, sizeof value); \
    WR_NEXT(); \
  }

#define STORES(X) \
  X(i32_store, uint32_t) X(i64_store, uint64_t) X(f32_store, uint32_t) X(f64_store, uint64_t) \
  X(i32_store8, uint8_t) X(i32_store16, uint16_t) X(i64_store8, uint8_t) \
  X(i64_store16, uint16_t) X(i64_store32, uint32_t)
STORES(STORE)
STORES(STORE_NEAR)

#define NEAR(id, ...) [WR_OP_##id] = wr_step_##id##_near,
const wr_handler wr_step_near_handlers[WR_OP_COUNT] = {WR_STEP_LOADS(NEAR) STORES(NEAR)};
#undef NEAR

static inline uint64_t address_mask(bool is_64) { return is_64 ? UINT64_MAX : UINT32_MAX; }

WR_HANDLER(memory_size)
{
  fp[ip->a] = wr_memory_pages(t->memories[ip->b]);
  WR_NEXT();
}

WR_HANDLER(memory_grow)
{
  wr_memory *memory = t->memories[ip->b];
  fp[ip->a] = wr_memory_grow(memory, fp[ip->a]) & address_mask(memory->limits.is_64);
  wr_task_switch(t, t->frame->instance);
  WR_NEXT();
}

WR_HANDLER(memory_fill)
{
  const wr_slot *operands = fp + ip->a;
  wr_memory *memory = t->memories[ip->b];
  WR_TRAP_IF(!wr_memory_contains(memory, operands[0], operands[2]), WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  wr_task_worked(t, operands[2]);
  if (operands[2])
    memset(memory->base + operands[0], (int)(uint8_t)operands[1], operands[2]);
  WR_NEXT();
}

WR_HANDLER(memory_copy)
{
  const wr_slot *operands = fp + ip->a;
  wr_memory *target = t->memories[ip->b], *source = t->memories[ip->c];
  WR_TRAP_IF(!wr_memory_contains(source, operands[1], operands[2]) ||
                 !wr_memory_contains(target, operands[0], operands[2]),
             WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  wr_task_worked(t, operands[2]);
  if (operands[2])
    memmove(target->base + operands[0], source->base + operands[1], operands[2]);
  WR_NEXT();
}

WR_HANDLER(memory_init)
{
  const wr_slot *operands = fp + ip->a;
  wr_memory *memory = t->memories[ip->b];
  const uint8_t *data;
  uint64_t size = wr_instance_data(t->frame->instance, (uint32_t)ip->c, &data);
  WR_TRAP_IF(operands[1] > size || operands[2] > size - operands[1] ||
                 !wr_memory_contains(memory, operands[0], operands[2]),
             WR_TRAP_MEMORY_OUT_OF_BOUNDS);
  wr_task_worked(t, operands[2]);
  if (operands[2])
    memcpy(memory->base + operands[0], data + operands[1], operands[2]);
  WR_NEXT();
}

WR_HANDLER(data_drop)
{
  t->frame->instance->dropped_datas[ip->c] = true;
  WR_NEXT();
}

/* Tables */

static inline wr_table *table(const wr_task *t, uint64_t index)
{
  return t->frame->instance->tables[index];
}

WR_HANDLER(table_get)
{
  const wr_table *from = table(t, ip->b);
  WR_TRAP_IF(fp[ip->a] >= from->size, WR_TRAP_TABLE_OUT_OF_BOUNDS);
  fp[ip->a] = wr_table_get(from, fp[ip->a]);
  WR_NEXT();
}

WR_HANDLER(table_set)
{
  const wr_slot *operands = fp + ip->a;
  wr_table *to = table(t, ip->b);
  WR_TRAP_IF(operands[0] >= to->size, WR_TRAP_TABLE_OUT_OF_BOUNDS);
  wr_table_set(to, operands[0], operands[1]);
  WR_NEXT();
}

WR_HANDLER(table_size)
{
  fp[ip->a] = table(t, ip->b)->size;
  WR_NEXT();
}

WR_HANDLER(table_grow)
{
  wr_slot *operands = fp + ip->a;
  wr_table *grown = table(t, ip->b);
  operands[0] = wr_table_grow(grown, operands[1], operands[0]) &
                address_mask(grown->type.limits.is_64);
  WR_NEXT();
}

WR_HANDLER(table_fill)
{
  const wr_slot *operands = fp + ip->a;
  wr_table *filled = table(t, ip->b);
  WR_TRAP_IF(!wr_table_contains(filled, operands[0], operands[2]), WR_TRAP_TABLE_OUT_OF_BOUNDS);
  wr_task_worked(t, operands[2] * sizeof(wr_slot));
  for (uint64_t k = 0; k < operands[2]; k++)
    wr_table_set(filled, operands[0] + k, operands[1]);
  WR_NEXT();
}

WR_HANDLER(table_copy)
{
  const wr_slot *operands = fp + ip->a;
  wr_table *target = table(t, ip->b), *source = table(t, ip->c);
  WR_TRAP_IF(!wr_table_contains(source, operands[1], operands[2]) ||
                 !wr_table_contains(target, operands[0], operands[2]),
             WR_TRAP_TABLE_OUT_OF_BOUNDS);
  wr_task_worked(t, operands[2] * sizeof(wr_slot));
  wr_table_copy(target, operands[0], source, operands[1], operands[2]);
  WR_NEXT();
}

WR_HANDLER(table_init)
{
  const wr_slot *operands = fp + ip->a;
  wr_table *target = table(t, ip->b);
  const wr_references *segment = &t->frame->instance->elements[ip->c];
  WR_TRAP_IF(operands[1] > segment->count || operands[2] > segment->count - operands[1] ||
                 !wr_table_contains(target, operands[0], operands[2]),
             WR_TRAP_TABLE_OUT_OF_BOUNDS);
  wr_task_worked(t, operands[2] * sizeof(wr_slot));
  if (operands[2])
    wr_table_write(target, operands[0], segment->items + operands[1], operands[2]);
  WR_NEXT();
}

WR_HANDLER(elem_drop)
{
  wr_instance_drop_elements(t->frame->instance, (uint32_t)ip->c);
  WR_NEXT();
}
