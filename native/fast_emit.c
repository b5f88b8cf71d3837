/* Lowering for the fast stream: the code made so far, and where operands are meanwhile. */
#include "fast_lower.h"

#include <stdlib.h>

static void *grow(wr_fast_lowering *l, void *old, uint32_t *room, size_t size)
{
  uint32_t more = *room ? 2 * *room : 64;
  void *grown = wr_need(&l->shared, &l->shared.scratch, more * size);
  if (*room)
    memcpy(grown, old, *room * size);
  *room = more;
  return grown;
}

void wr_fast_word(wr_fast_lowering *l, uint64_t word)
{
  if (l->word_count == l->word_room)
    l->words = grow(l, l->words, &l->word_room, sizeof *l->words);
  l->words[l->word_count++] = word;
}

uint32_t wr_fast_emit(wr_fast_lowering *l, unsigned op, uint32_t x, uint32_t y, uint32_t z)
{
  if (l->made_count == l->made_room)
    l->made = grow(l, l->made, &l->made_room, sizeof *l->made);
  l->made[l->made_count] = (wr_made){.word = l->word_count, .op = (uint16_t)op};
  wr_fast_word(l, op);
  if (wr_fast_infos[op].length > 1)
    wr_fast_word(l, wr_fast_pack(x, y, z));
  return l->made_count++;
}

void wr_fast_direct(wr_fast_lowering *l, uint32_t number, uint32_t slot)
{
  wr_made *made = &l->made[number];
  wr_word *operands = &l->words[made->word + 1];
  switch (wr_fast_infos[made->op].place) {
  case WR_PLACE_Y: *operands |= (uint64_t)slot << 16; break;
  case WR_PLACE_Z: *operands |= (uint64_t)slot << 32; break;
  default: *operands |= (uint64_t)slot << 48;
  }
  made->is_directed = true;
  made->op++; /* from the accumulator alone to a slot too */
  l->words[made->word] = made->op;
}

/* Operands */

wr_operand wr_fast_pop(wr_fast_lowering *l)
{
  l->height--;
  for (unsigned class = 0; class < WR_CLASSES; class++)
    if (l->owner[class] == l->height)
      l->owner[class] = WR_NOBODY;
  return l->stack[l->height];
}

wr_operand *wr_fast_push(wr_fast_lowering *l, unsigned where, unsigned class, uint32_t slot)
{
  if (l->height == l->stack_room)
    l->stack = grow(l, l->stack, &l->stack_room, sizeof *l->stack);
  wr_operand *operand = &l->stack[l->height++];
  *operand = (wr_operand){.where = (uint8_t)where, .class = (uint8_t)class, .slot = slot};
  return operand;
}

void wr_fast_push_result(wr_fast_lowering *l, unsigned class, uint32_t slot)
{
  l->owner[class] = l->height;
  wr_fast_push(l, WR_IN_ACCUMULATOR, class, slot)->producer = l->made_count - 1;
}

void wr_fast_changes(wr_fast_lowering *l, unsigned class, uint32_t slot)
{
  uint32_t end = slot + wr_fast_size(class);
  for (unsigned other = 0; other < WR_CLASSES; other++) {
    uint32_t mirror = l->mirror[other];
    if (mirror != WR_NOBODY && mirror < end && slot < mirror + wr_fast_size(other))
      l->mirror[other] = WR_NOBODY;
  }
}

void wr_fast_forget(wr_fast_lowering *l)
{
  for (unsigned class = 0; class < WR_CLASSES; class++)
    l->mirror[class] = WR_NOBODY;
}

/* The accumulator's operand gets its slot too. */
static void keep_owner(wr_fast_lowering *l, unsigned class)
{
  wr_operand *operand = &l->stack[l->owner[class]];
  wr_fast_direct(l, operand->producer, operand->slot);
  operand->where = WR_IN_SLOT;
  l->owner[class] = WR_NOBODY;
  wr_fast_changes(l, class, operand->slot);
  l->mirror[class] = operand->slot;
}

void wr_fast_claim(wr_fast_lowering *l, unsigned class)
{
  if (l->owner[class] != WR_NOBODY)
    keep_owner(l, class);
  l->mirror[class] = WR_NOBODY;
}

bool wr_fast_in_accumulator(const wr_fast_lowering *l, const wr_operand *operand)
{
  uint32_t mirror = l->mirror[operand->class];
  return operand->where == WR_IN_ACCUMULATOR ||
         (operand->where == WR_IN_SLOT && operand->slot == mirror) ||
         (operand->where == WR_IN_LOCAL && operand->local == mirror);
}

static void put(wr_fast_lowering *l, const wr_operand *operand)
{
  wr_fast_changes(l, operand->class, operand->slot);
  switch (operand->where) {
  case WR_IN_LOCAL:
    wr_fast_emit(l, operand->class == WR_CLASS_V128 ? F_copy_vector : F_copy, operand->local, 0, operand->slot);
    break;
  case WR_IN_CONSTANT:
    wr_fast_emit(l, F_put_constant, 0, 0, operand->slot);
    wr_fast_word(l, operand->constant);
    break;
  case WR_IN_ACCUMULATOR:
    wr_fast_direct(l, operand->producer, operand->slot);
    l->mirror[operand->class] = operand->slot;
  }
}

uint32_t wr_fast_in_slot(wr_fast_lowering *l, const wr_operand *operand)
{
  if (operand->where == WR_IN_LOCAL)
    return operand->local;
  if (operand->where != WR_IN_SLOT)
    put(l, operand);
  return operand->slot;
}

void wr_fast_flush(wr_fast_lowering *l, uint32_t from)
{
  /* Accumulators first: that needs no code, and so comes before all code that follows. */
  for (unsigned class = 0; class < WR_CLASSES; class++)
    if (l->owner[class] != WR_NOBODY && l->owner[class] >= from)
      keep_owner(l, class);
  for (uint32_t k = from; k < l->height; k++)
    if (l->stack[k].where != WR_IN_SLOT) {
      put(l, &l->stack[k]);
      l->stack[k].where = WR_IN_SLOT;
    }
}
