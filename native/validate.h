/* Typing of bodies (the specification's validation algorithm), open for lowering.

   The same pass serves both: validation runs it with no emitter when a module is loaded, lowering
   runs it again, function by function, with an emitter that is shown every instruction before its
   types are popped and pushed. So lowering always knows what is on the operand stack, and neither
   can disagree with the other. */
#ifndef WR_VALIDATE_H
#define WR_VALIDATE_H

#include "expression.h"
#include "module.h"

enum wr_control_kind {
  WR_CONTROL_FUNCTION,
  WR_CONTROL_BLOCK,
  WR_CONTROL_LOOP,
  WR_CONTROL_IF,
  WR_CONTROL_ELSE,
  WR_CONTROL_TRY_TABLE,
  WR_CONTROL_TRY,
  WR_CONTROL_CATCH,
  WR_CONTROL_CATCH_ALL,
};

typedef struct wr_control {
  uint8_t kind;
  bool is_unreachable;
  uint32_t pc;          /* of the instruction that opened it; 0 for the function */
  uint32_t height;      /* operands below it */
  uint32_t slot_height; /* the same in slots, without the locals */
  uint32_t take_count, give_count;
  const wr_type *takes, *gives;
  uint32_t trail;       /* locals that had been set when it was entered */
  uint32_t id;          /* counts the blocks of a body in order of opening */
  void *user;           /* the emitter's */
} wr_control;

/* What a branch to a label carries. */
static inline uint32_t wr_label_count(const wr_control *c)
{
  return c->kind == WR_CONTROL_LOOP ? c->take_count : c->give_count;
}
static inline const wr_type *wr_label_types(const wr_control *c)
{
  return c->kind == WR_CONTROL_LOOP ? c->takes : c->gives;
}

struct wr_emitter;

typedef struct wr_checker {
  const wr_module *module;
  wr_failure *failure;
  const wr_function *function; /* NULL in constant expressions */
  wr_reader r;
  uint32_t local_count;
  uint32_t first_unset;        /* all locals before it have a value */
  uint8_t *is_set;             /* of each local from there on */
  uint32_t *trail;
  uint32_t trail_count;
  wr_type *stack;              /* operand types, bottom first */
  uint32_t height, stack_room;
  uint32_t slot_height, max_slot_height;
  wr_control *controls;
  uint32_t control_count, control_room;
  uint32_t next_id;
  uint32_t pc;
  uint32_t known_globals;      /* those that may be read: in constants only earlier ones */
  struct wr_emitter *emitter;  /* or NULL */
  wr_arena *scratch;           /* whatever the stacks need while they grow */
} wr_checker;

/* Whether a local has a value here: its type's default, or one that it was given. */
static inline bool wr_is_set(const wr_checker *c, uint32_t local)
{
  return local < c->first_unset || c->is_set[local - c->first_unset];
}

/* Called for every instruction, in order, with the operands still on ``checker->stack`` and the
   innermost control at ``checker->controls[control_count - 1]``; for block, loop, if, try_table
   and try the new control is not there yet, for end it is still there. Instructions in
   unreachable code are shown too (``is_unreachable``): an emitter skips them, but must keep count
   of blocks. ``opened`` is called when a control has been pushed (the function's own included). */
typedef struct wr_emitter {
  void (*instruction)(struct wr_emitter *self, const wr_checker *checker,
                      const wr_instruction *instruction);
  void (*opened)(struct wr_emitter *self, const wr_checker *checker, wr_control *control);
} wr_emitter;

/* Type a defined function's body; how many slots its operands take at most. Jumps to ``failure`` if
   it is invalid. Sets instruction_count. What it allocates is in ``scratch``, which the caller
   frees, also after a jump. */
uint32_t wr_check_function(const wr_module *module, uint32_t index, wr_failure *failure,
                           wr_emitter *emitter, wr_arena *scratch);
/* The same without an emitter, unless that has been done. */
void wr_check_once(const wr_module *module, uint32_t index, wr_failure *failure,
                   wr_arena *scratch);
/* Type a constant expression that must give ``type``. */
void wr_check_constant(const wr_module *module, wr_range range, wr_type type,
                       uint32_t known_globals, wr_failure *failure, wr_arena *scratch);

#endif
