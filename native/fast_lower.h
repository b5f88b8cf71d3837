/* Lowering for the fast stream: what its parts share. */
#ifndef WR_FAST_LOWER_H
#define WR_FAST_LOWER_H

#include "fast_list.h"
#include "lower.h"

/* Which accumulator a value is passed in. */
enum wr_class { WR_CLASS_INTEGER, WR_CLASS_F32, WR_CLASS_F64, WR_CLASS_V128, WR_CLASSES };

enum wr_where {
  WR_IN_SLOT,        /* of the operand itself */
  WR_IN_LOCAL,       /* nothing has been done yet for local.get */
  WR_IN_CONSTANT,    /* nor for a constant */
  WR_IN_ACCUMULATOR, /* the result of the instruction ``producer`` */
};

/* An operand on the stack, while code is made. */
typedef struct wr_operand {
  uint8_t where, class;
  uint32_t slot;     /* its own */
  uint32_t local;    /* the slot of the local */
  uint32_t producer;
  uint64_t constant;
} wr_operand;

#define WR_NOBODY UINT32_MAX

/* An instruction of the code so far. */
typedef struct wr_made {
  uint32_t word;
  uint16_t op;
  uint16_t branch;   /* the operation that branches if its result is not zero; 0 if there is none */
  bool is_inverted;  /* if its result is zero */
  bool is_directed;  /* its result goes to a slot too */
  uint32_t compared; /* the instruction that has the operands of that */
} wr_made;

/* A branch whose target is not known yet. */
typedef struct wr_fast_fixup {
  struct wr_fast_fixup *next;
  uint32_t word;              /* of the instruction that branches */
  wr_fast_branch *branch;     /* of br_table; else NULL */
  bool is_move;               /* the distance has a word of its own */
} wr_fast_fixup;

/* What is known of an open block besides its control. */
typedef struct wr_fast_block {
  wr_fast_fixup *forward;     /* to behind its end */
  wr_fast_fixup *otherwise;   /* of an if whose condition does not hold */
  bool is_dead;               /* nobody reaches it */
  bool is_caught;             /* handlers go behind its end */
  uint32_t head;              /* of a loop: the word of its instruction */
} wr_fast_block;

typedef struct wr_fast_lowering {
  wr_lowering shared;
  wr_word *words;
  uint32_t word_count, word_room;
  wr_made *made;
  uint32_t made_count, made_room;
  wr_operand *stack;
  uint32_t height, stack_room;
  uint32_t owner[WR_CLASSES];  /* the operand in each accumulator, by height; or WR_NOBODY */
  uint32_t mirror[WR_CLASSES]; /* a slot that holds the same as the accumulator; or WR_NOBODY */
  wr_fast_fixup *opening;      /* that of the if whose control is about to be opened */
  wr_fast_place_at *labels;
  uint32_t label_count, label_room;
  bool has_handlers, is_refused;
  bool is_behind;              /* the last instruction worked on slots alone */
  uint32_t idle;               /* instructions without fuel */
  /* To find out what is where at a place in the code: */
  uint32_t sought;             /* the word; WR_NOBODY if nothing is sought */
  bool is_found;
  wr_operand *before;          /* the stack before the last instruction */
  uint32_t before_height, before_room;
  uint32_t before_pc;
} wr_fast_lowering;

/* Code */

/* Add an instruction of two words; more are added with wr_fast_word. Its number. */
uint32_t wr_fast_emit(wr_fast_lowering *l, unsigned op, uint32_t x, uint32_t y, uint32_t z);
void wr_fast_word(wr_fast_lowering *l, uint64_t word);
/* Have the result of an instruction go to a slot, and not only to the accumulator. */
void wr_fast_direct(wr_fast_lowering *l, uint32_t number, uint32_t slot);
static inline uint64_t wr_fast_pack(uint32_t x, uint32_t y, uint32_t z)
{
  return (uint16_t)x | (uint64_t)(uint16_t)y << 16 | (uint64_t)z << 32;
}

/* Operands */

/* How many slots a value takes. */
static inline uint32_t wr_fast_size(unsigned class) { return class == WR_CLASS_V128 ? 2 : 1; }

static inline unsigned wr_class_of(wr_type type)
{
  switch (type) {
  case WR_F32: return WR_CLASS_F32;
  case WR_F64: return WR_CLASS_F64;
  case WR_V128: return WR_CLASS_V128;
  default: return WR_CLASS_INTEGER;
  }
}

wr_operand wr_fast_pop(wr_fast_lowering *l);
wr_operand *wr_fast_push(wr_fast_lowering *l, unsigned where, unsigned class, uint32_t slot);
/* The result of the instruction made last, in its accumulator. */
void wr_fast_push_result(wr_fast_lowering *l, unsigned class, uint32_t slot);
/* Before an instruction that changes an accumulator: whatever is there is put into its slot. */
void wr_fast_claim(wr_fast_lowering *l, unsigned class);
/* The slot that an operand (popped already) can be read from. */
uint32_t wr_fast_in_slot(wr_fast_lowering *l, const wr_operand *operand);
/* Whether an operand can be taken from its accumulator. */
bool wr_fast_in_accumulator(const wr_fast_lowering *l, const wr_operand *operand);
/* Put the topmost operands, from a height on, into their slots. */
void wr_fast_flush(wr_fast_lowering *l, uint32_t from);
/* A value of a class is about to be put into a slot. */
void wr_fast_changes(wr_fast_lowering *l, unsigned class, uint32_t slot);
/* Nothing is known of the accumulators. */
void wr_fast_forget(wr_fast_lowering *l);

static inline wr_fast_block *wr_fast_block_of(const wr_control *control)
{
  return control->user;
}

/* What lies before an instruction. */
static inline int64_t wr_fast_before(const wr_fast_lowering *l, uint32_t pc)
{
  return wr_spent(l->shared.code->fuel_before[pc], pc);
}

/* Whether an access is to memory 0, with addresses of 32 bits. */
static inline bool wr_fast_is_plain_memory(const wr_fast_lowering *l, const wr_instruction *i)
{
  return i->memory == 0 && !l->shared.program->module->memories[0].is_64;
}

/* Make code of an instruction that begins, divides or ends blocks, or of another one that goes
   somewhere; false if it is none. */
bool wr_fast_lower_part(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i,
                        bool is_reached);
bool wr_fast_lower_control(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i);
/* Make code of an instruction that only works on its operands; false if there is none. */
bool wr_fast_lower_operation(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i);
/* The same for instructions on vectors. */
bool wr_fast_lower_vector(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i);
/* Put the handlers of all instructions into the code, one for several where that is possible. */
void wr_fast_fuse(wr_fast_lowering *l);
/* Have the step stream's handler do it. */
void wr_fast_lower_bridge(wr_fast_lowering *l, const wr_checker *c, const wr_instruction *i);

#endif
