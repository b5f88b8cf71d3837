/* Reading expressions: the instructions of bodies and of constants. */
#ifndef WR_EXPRESSION_H
#define WR_EXPRESSION_H

#include "module.h"
#include "reader.h"

/* How the type indices in a type are resolved depends on where the type stands. */
typedef struct wr_type_reader {
  const wr_module *module;
  wr_reader *r;
  void *owner;
  uint32_t (*resolve)(struct wr_type_reader *, uint32_t index, const uint8_t *at);
} wr_type_reader;

uint32_t wr_read_heap(wr_type_reader *t);
wr_type wr_read_value_type(wr_type_reader *t, const char *wanted);
uint32_t wr_type_index(wr_type_reader *t, uint32_t index, const uint8_t *at);
bool wr_field_matches(wr_field sub, wr_field super);
bool wr_is_utf8(const uint8_t *data, uint32_t size);
void wr_require(const wr_module *module, wr_failure *failure, uint64_t offset, int feature,
                const char *what);

/* An instruction with its immediates as numbers. Lists (br_table, catches, value types) are left
   where they are: ``list`` points at the first item, ``count`` says how many there are. */
typedef struct wr_instruction {
  uint16_t op;
  uint32_t pc;           /* its number in the body */
  const uint8_t *at;     /* its first byte */
  uint32_t a, b;         /* indices, labels, lanes, counts */
  uint64_t offset;       /* of a memory argument */
  uint8_t align_log2;
  uint32_t memory;
  uint64_t bits[2];      /* constants; lanes of a shuffle */
  wr_type type, type2;   /* reference types; of a block: its one result, or WR_BOTTOM */
  int64_t block_index;   /* the type index of a block, or -1 */
  const uint8_t *list;
  uint32_t count;
} wr_instruction;

/* Read one instruction; the type indices in it are resolved if ``resolve`` is not NULL, else only
   skipped. */
void wr_read_instruction(const wr_module *module, wr_reader *r, wr_instruction *out,
                         bool resolve);
/* Step over an expression and its final end. */
void wr_skip_expression(const wr_module *module, wr_reader *r);

#endif
