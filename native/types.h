/* Value types as 32-bit words, and defined types whose identity is their meaning.

   Every recursion group is brought into a form without indices and looked up in one table for the
   whole process, so that two types are the same exactly if their numbers are. */
#ifndef WR_TYPES_H
#define WR_TYPES_H

#include <stdbool.h>
#include <stdint.h>

typedef uint32_t wr_type;

enum {
  WR_BOTTOM = 0, /* fits everything: operands of unreachable code */
  WR_I32 = 1,
  WR_I64 = 2,
  WR_F32 = 3,
  WR_F64 = 4,
  WR_V128 = 5,
  WR_I8 = 6, /* packed: fields only */
  WR_I16 = 7,
};

/* A reference: WR_REF, perhaps WR_NULLABLE, and a heap type: WR_ABSTRACT and one of the codes
   below, or the number of a defined type. */
#define WR_REF 0x80000000u
#define WR_NULLABLE 0x40000000u
#define WR_ABSTRACT 0x20000000u
#define WR_HEAP_MASK 0x3FFFFFFFu
#define WR_INDEX_MASK 0x1FFFFFFFu

enum wr_heap {
  WR_HEAP_FUNC = 0x70,
  WR_HEAP_EXTERN = 0x6F,
  WR_HEAP_ANY = 0x6E,
  WR_HEAP_EQ = 0x6D,
  WR_HEAP_I31 = 0x6C,
  WR_HEAP_STRUCT = 0x6B,
  WR_HEAP_ARRAY = 0x6A,
  WR_HEAP_EXN = 0x69,
  WR_HEAP_NOEXN = 0x74,
  WR_HEAP_NOFUNC = 0x73,
  WR_HEAP_NOEXTERN = 0x72,
  WR_HEAP_NONE = 0x71,
  WR_HEAP_BOTTOM = 0x01, /* of unreachable code */
};

#define WR_REFERENCE(nullable, heap) (WR_REF | ((nullable) ? WR_NULLABLE : 0) | (heap))
#define WR_ABSTRACT_HEAP(code) (WR_ABSTRACT | (uint32_t)(code))
#define WR_FUNCREF WR_REFERENCE(1, WR_ABSTRACT_HEAP(WR_HEAP_FUNC))
#define WR_EXTERNREF WR_REFERENCE(1, WR_ABSTRACT_HEAP(WR_HEAP_EXTERN))

enum wr_kind { WR_KIND_FUNC, WR_KIND_STRUCT, WR_KIND_ARRAY };

typedef struct wr_field {
  wr_type storage;
  bool is_mutable;
  uint32_t offset; /* in a structure's body, bytes */
} wr_field;

typedef struct wr_defined_type {
  uint8_t kind;
  bool is_final;
  uint32_t id;
  uint32_t depth;    /* how many supertypes, itself included */
  uint32_t *supers;  /* the root first, itself last */
  uint32_t group_first, group_count; /* its recursion group */
  uint32_t param_count, result_count, field_count;
  wr_type *params; /* results follow the parameters in one array */
  wr_type *results;
  wr_field *fields;
  uint32_t body_size; /* of a structure, bytes */
} wr_defined_type;

/* One member of a recursion group as it was read: heap types below ``first`` are numbers of
   defined types already, those from ``first`` on count the members of the group. */
typedef struct wr_group_member {
  uint8_t kind;
  bool is_final;
  bool has_super;
  uint32_t super;
  uint32_t param_count, result_count, field_count;
  wr_type *params; /* results follow */
  wr_field *fields;
} wr_group_member;

/* In a member's types this bit says that the heap type counts inside the group. */
#define WR_IN_GROUP 0x10000000u

/* The number of the group's first type; the others follow. UINT32_MAX where memory is short. */
uint32_t wr_define_group(const wr_group_member *members, uint32_t count);
const wr_defined_type *wr_defined(uint32_t id);

bool wr_heap_matches(uint32_t sub, uint32_t super);
bool wr_matches(wr_type sub, wr_type super);
bool wr_defined_matches(uint32_t sub, uint32_t super);
/* The top of the hierarchy that a heap type belongs to. */
uint32_t wr_heap_top(uint32_t heap);
static inline bool wr_is_ref(wr_type type) { return (type & WR_REF) != 0; }
static inline bool wr_is_defaultable(wr_type type)
{
  return !wr_is_ref(type) || (type & WR_NULLABLE) != 0;
}
/* Slots of 8 bytes that a value of the type takes on the value stack. */
static inline uint32_t wr_slots(wr_type type) { return type == WR_V128 ? 2 : 1; }
/* A type for a person: "i32", "(ref null 3)". */
void wr_type_text(wr_type type, char *buffer, unsigned size);

#endif
