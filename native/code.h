/* Lowered code: what the interpreter runs. One entry for each instruction of a body, at the same
   place, so that the number of an instruction (its pc) is the place of its entry.

   Validation knows how high the operand stack is at every instruction, whichever way execution
   came there. So entries name slots: operand number k of a function lives k slots behind its
   locals, and nothing is pushed or popped at run time. A vector takes two slots. */
#ifndef WR_CODE_H
#define WR_CODE_H

#include "arena.h"
#include "store.h"

struct wr_task;
struct wr_entry;

/* What a handler is called with, and how it ends: see step.c. */
typedef const struct wr_entry *(*wr_handler)(const struct wr_entry *ip, wr_slot *fp,
                                             struct wr_task *t, int64_t budget);

/* ``a`` mostly is the slot of the deepest operand, where the result goes too. */
typedef struct wr_entry {
  wr_handler handler;
  uint32_t a, b;
  union {
    uint64_t c;
    const void *p;
  };
} wr_entry;

/* A resolved branch: move ``count`` slots from ``from`` to ``to``, go on at ``target``, which is
   ``distance`` entries on. ``fuel`` is what the way to the branch has cost, less what lies before
   the target. */
typedef struct wr_branch {
  uint32_t target;
  int32_t distance;
  uint32_t from, to, count;
  int64_t fuel;
} wr_branch;

/* call_indirect: the slot of the index, the table, the type. */
typedef struct wr_site {
  uint32_t index, table, type;
} wr_site;

/* A memory access that needs more than an entry has room for. */
typedef struct wr_access {
  uint64_t offset;
  uint32_t memory, lane;
} wr_access;

/* An instruction with a type and up to two numbers more. */
typedef struct wr_typed {
  wr_type type;
  uint32_t id; /* of a defined type */
  uint32_t first, second; /* a field, a segment, a count */
  wr_branch branch; /* of casts that branch */
} wr_typed;

enum wr_catch_kind { WR_CATCH, WR_CATCH_REF, WR_CATCH_ALL, WR_CATCH_ALL_REF };

typedef struct wr_catcher {
  uint8_t kind;
  uint32_t tag;
  wr_branch branch; /* the caught values are put straight at ``to`` */
} wr_catcher;

/* The instructions that some handlers cover: begin < pc < end. Inner regions come first. */
typedef struct wr_region {
  uint32_t begin, end;
  uint32_t count, room;
  wr_catcher *catchers;
  struct wr_region *outer; /* where the search goes on */
  struct wr_region *next;  /* in the list of all */
  bool is_legacy;
  uint32_t exception; /* of a legacy try: the slot that keeps what it caught */
} wr_region;

typedef struct wr_code {
  wr_program *program;
  uint32_t function; /* its index */
  uint32_t type;
  uint32_t param_slots, result_slots;
  uint32_t local_slots;   /* with parameters and the exceptions of legacy handlers */
  uint32_t frame_slots;   /* with all operands */
  uint32_t size;          /* values of an activation, which count against the limit */
  uint32_t count;         /* entries */
  wr_entry *entries;      /* NULL until lowered */
  uint32_t *fuel_before;  /* [pc]: the fuel of all instructions before it; count + 1 of them */
  wr_region *regions;
  const uint64_t *fast;   /* the code for the fast stream, behind the word before its entry */
  uint32_t fast_slots;    /* what a frame needs of the stack there: too much until there is code */
  uint64_t *fast_words;   /* all of it */
  uint32_t fast_count;
  bool is_slow;           /* it cannot be lowered for the fast stream */
  struct wr_fast_place_at *labels; /* where the fast stream can be entered, in order of pc */
  uint32_t label_count;
  wr_arena arena;
  wr_arena fast_arena;
} wr_code;

typedef struct wr_fast_place_at {
  uint32_t pc, word;
} wr_fast_place_at;

/* The code of a function, perhaps not lowered yet. NULL where memory is short. Any thread. */
wr_code *wr_program_code(wr_program *program, uint32_t function);
/* Lower it now. False where memory is short. Any thread. */
bool wr_code_lower(wr_code *code);
void wr_code_free(wr_code *code);

static inline const wr_entry *wr_code_entries(const wr_code *code)
{
  return __atomic_load_n(&code->entries, __ATOMIC_ACQUIRE);
}

#endif
