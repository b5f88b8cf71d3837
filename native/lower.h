/* What lowering for either stream needs: where things lie in a frame, and the entries of
   instructions that only work on their operands. */
#ifndef WR_LOWER_H
#define WR_LOWER_H

#include "handler.h"
#include "validate.h"

typedef struct wr_lowering {
  wr_emitter emitter;
  wr_program *program;
  wr_code *code;
  wr_arena *kept;          /* for what the code refers to */
  wr_failure *failure;
  uint32_t *local_slot;    /* of each local; only where there are vectors, else NULL */
  uint32_t tries;          /* legacy ones, each with a slot for what it caught */
  uint32_t highest;        /* operands */
  wr_arena scratch;
} wr_lowering;

/* Zeroed memory; jumps to the failure where there is none. */
void *wr_need(wr_lowering *l, wr_arena *arena, size_t size);
/* Where locals and operands lie; the body is not lowered yet. */
void wr_measure_locals(wr_lowering *l);
/* How large an activation is, whose operands take so many slots; the body has been lowered. */
void wr_measure_frame(wr_lowering *l, uint32_t operand_slots);
/* The operands and immediates of an instruction that neither branches nor calls. */
void wr_lower_plain(wr_lowering *l, const wr_checker *c, const wr_instruction *i, wr_entry *entry);

uint32_t wr_slots_of(const wr_type *types, uint32_t count);

static inline uint32_t wr_local_slot(const wr_lowering *l, uint32_t local)
{
  return l->local_slot ? l->local_slot[local] : local;
}

/* The slot behind the topmost operand. */
static inline uint32_t wr_top_slot(const wr_lowering *l, const wr_checker *c)
{
  return l->code->local_slots + c->slot_height;
}

static inline const wr_control *wr_control_at(const wr_checker *c, uint32_t depth)
{
  return &c->controls[c->control_count - 1 - depth];
}

#endif
