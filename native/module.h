/* A module as the C core knows it: index spaces with resolved types, and where in the binary the
   expressions and bodies lie. Everything belongs to the module's arena. */
#ifndef WR_MODULE_H
#define WR_MODULE_H

#include "arena.h"
#include "error.h"
#include "generated/opcodes.h"
#include "types.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Dense numbers for instructions, in the order of the table. */
enum wr_op {
#define WR_ENUM(id, ...) WR_OP_##id,
  WR_INSTRUCTIONS(WR_ENUM)
#undef WR_ENUM
  WR_OP_COUNT
};

typedef struct wr_row {
  const char *mnemonic;
  const char *takes; /* NULL where only the rule knows */
  const char *gives;
  const char *immediates;
  uint16_t code;
  uint8_t prefix;
  uint8_t rule;
  uint8_t fuel;
  uint8_t width;
  uint8_t feature;
} wr_row;

extern const wr_row wr_rows[WR_OP_COUNT];

enum wr_extern_kind { WR_FUNCTION, WR_TABLE, WR_MEMORY, WR_GLOBAL, WR_TAG };

typedef struct wr_limits {
  uint64_t minimum, maximum;
  bool has_maximum, is_64, is_shared;
  uint8_t page_size_log2;
} wr_limits;

typedef struct wr_range {
  uint32_t begin, end; /* offsets in the binary, end exclusive */
} wr_range;

typedef struct wr_name {
  const uint8_t *data;
  uint32_t size;
} wr_name;

typedef struct wr_table_type {
  wr_type element;
  wr_limits limits;
  wr_range initial; /* empty: null */
} wr_table_type;

typedef struct wr_global_type {
  wr_type type;
  bool is_mutable;
  wr_range initial;
} wr_global_type;

typedef struct wr_import {
  wr_name module, name;
  uint8_t kind;
  uint32_t index; /* in the index space of its kind */
} wr_import;

typedef struct wr_export {
  wr_name name;
  uint8_t kind;
  uint32_t index;
} wr_export;

enum wr_segment_mode { WR_ACTIVE, WR_PASSIVE, WR_DECLARATIVE };

typedef struct wr_element_segment {
  uint8_t mode;
  bool has_expressions;
  wr_type type;
  uint32_t table;
  wr_range offset;
  uint32_t count;
  uint32_t *functions; /* or, with expressions, */
  wr_range *items;
} wr_element_segment;

typedef struct wr_data_segment {
  uint8_t mode;
  uint32_t memory;
  wr_range offset;
  wr_range data;
} wr_data_segment;

/* Locals of one type, side by side: a few bytes can declare very many. */
typedef struct wr_local_run {
  uint32_t end; /* counted from behind the parameters */
  wr_type type;
} wr_local_run;

typedef struct wr_function {
  uint32_t type;       /* a defined type */
  uint32_t type_index; /* in the module's types */
  wr_range body;       /* the expression, behind the locals */
  uint32_t local_count; /* parameters included */
  uint32_t run_count;
  wr_local_run *runs;  /* of those declared behind the parameters */
  uint32_t instruction_count; /* 0 until it is validated */
  bool is_declared;    /* may be named by ref.func in a body */
} wr_function;

typedef struct wr_module {
  wr_arena arena;
  const uint8_t *binary; /* belongs to whoever loaded it */
  uint32_t size;
  bool features[WR_FEATURE_NONE + 1];

  uint32_t type_count;
  uint32_t *types; /* defined types */
  uint32_t import_count;
  wr_import *imports;
  uint32_t function_count, imported_functions;
  wr_function *functions;
  uint32_t table_count, imported_tables;
  wr_table_type *tables;
  uint32_t memory_count, imported_memories;
  wr_limits *memories;
  uint32_t global_count, imported_globals;
  wr_global_type *globals;
  uint32_t tag_count, imported_tags;
  uint32_t *tags; /* defined types */
  uint32_t export_count;
  wr_export *exports;
  int64_t start; /* a function, or -1 */
  uint32_t element_count;
  wr_element_segment *elements;
  uint32_t data_count;
  wr_data_segment *datas;
  bool has_data_count;
  bool at_once; /* bodies are decoded when they are validated */
  bool is_lazy; /* and that is when they are lowered, first by */
  struct wr_quick *quick;
  uint32_t declared_data_count;
} wr_module;

/* Decode and validate; NULL with ``error`` filled in where the module is refused. ``features`` has
   one byte a feature, in the order of enum wr_feature. The binary is not copied: it must stay as it
   is while the module is there. */
wr_module *wr_module_load(const uint8_t *binary, size_t size, const uint8_t *features,
                          wr_error *error);
/* The same, but bodies are not looked at before they are lowered. */
wr_module *wr_module_open(const uint8_t *binary, size_t size, const uint8_t *features,
                          wr_error *error);
void wr_module_free(wr_module *module);

/* The parts of wr_module_load; they jump to ``failure`` where they fail. */
void wr_decode(wr_module *module, wr_failure *failure);
void wr_validate(wr_module *module, wr_failure *failure);

/* The type of a local that there is. */
static inline wr_type wr_local_type(const wr_function *function, uint32_t index)
{
  const wr_defined_type *type = wr_defined(function->type);
  if (index < type->param_count)
    return type->params[index];
  index -= type->param_count;
  uint32_t low = 0, high = function->run_count - 1;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (index < function->runs[middle].end)
      high = middle;
    else
      low = middle + 1;
  }
  return function->runs[low].type;
}

static inline const wr_defined_type *wr_function_type(const wr_module *module, uint32_t index)
{
  return wr_defined(module->functions[index].type);
}

#endif
