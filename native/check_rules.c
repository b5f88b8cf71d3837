/* Rules of instructions that work on operands alone: memory, tables, aggregates, references and
   calls. Blocks and branches are in check_body.c. */
#include "check_rules.h"

#include <stdio.h>

wr_type wr_letter_type(char letter)
{
  switch (letter) {
  case 'i': return WR_I32;
  case 'I': return WR_I64;
  case 'f': return WR_F32;
  case 'F': return WR_F64;
  case 'v': return WR_V128;
  case 'e': return WR_REFERENCE(1, WR_ABSTRACT_HEAP(WR_HEAP_EQ));
  case 'n': return WR_REFERENCE(1, WR_ABSTRACT_HEAP(WR_HEAP_I31));
  case 'N': return WR_REFERENCE(0, WR_ABSTRACT_HEAP(WR_HEAP_I31));
  default: return WR_REFERENCE(1, WR_ABSTRACT_HEAP(WR_HEAP_ARRAY));
  }
}

wr_type wr_address_type(const wr_limits *limits) { return limits->is_64 ? WR_I64 : WR_I32; }

static void check_index(wr_checker *c, uint32_t index, uint32_t count, const char *what)
{
  if (index >= count)
    wr_invalid(c, "unknown %s %u: there are %u", what, index, count);
}

const wr_limits *wr_memory_of(wr_checker *c, uint32_t index)
{
  check_index(c, index, c->module->memory_count, "memory");
  return &c->module->memories[index];
}

const wr_table_type *wr_table_of(wr_checker *c, uint32_t index)
{
  check_index(c, index, c->module->table_count, "table");
  return &c->module->tables[index];
}

const wr_defined_type *wr_type_of_kind(wr_checker *c, uint32_t index, unsigned kind)
{
  static const char *const names[] = {"a function", "a structure", "an array"};
  check_index(c, index, c->module->type_count, "type");
  const wr_defined_type *type = wr_defined(c->module->types[index]);
  if (type->kind != kind)
    wr_invalid(c, "type mismatch: type %u is not %s type", index, names[kind]);
  return type;
}

/* Memory */

static void check_lane(wr_checker *c, uint32_t lane, uint32_t count)
{
  if (lane >= count)
    wr_invalid(c, "invalid lane index %u: there are %u", lane, count);
}

static void access_memory(wr_checker *c, const wr_instruction *i)
{
  const wr_row *row = &wr_rows[i->op];
  wr_type address = wr_address_type(wr_memory_of(c, i->memory));
  if (address == WR_I32 && i->offset > UINT32_MAX)
    wr_invalid(c, "offset out of range: %llu in a memory with i32 addresses",
               (unsigned long long)i->offset);
  const char *takes = row->takes;
  unsigned count = (unsigned)strlen(takes);
  while (count > 1)
    wr_pop(c, wr_letter_type(takes[--count]));
  wr_pop(c, address);
  if (row->gives[0])
    wr_push(c, wr_letter_type(row->gives[0]));
}

static unsigned natural_log2(const wr_row *row)
{
  unsigned log2 = 0;
  while ((1u << log2) < row->width)
    log2++;
  return log2;
}

static void check_alignment(wr_checker *c, const wr_instruction *i)
{
  const wr_row *row = &wr_rows[i->op];
  unsigned natural = natural_log2(row);
  if (row->rule == WR_RULE_ATOMIC && i->align_log2 != natural)
    wr_invalid(c, "atomic alignment must be natural: 2**%u for %u bytes", i->align_log2,
               row->width);
  if (i->align_log2 > natural)
    wr_invalid(c, "alignment must not be larger than natural: 2**%u for %u bytes", i->align_log2,
               row->width);
}

static void as_written(wr_checker *c, const wr_instruction *i)
{
  const wr_row *row = &wr_rows[i->op];
  for (unsigned count = (unsigned)strlen(row->takes); count;)
    wr_pop(c, wr_letter_type(row->takes[--count]));
  for (const char *give = row->gives; *give; give++)
    wr_push(c, wr_letter_type(*give));
}

static void copy_memory(wr_checker *c, const wr_instruction *i)
{
  wr_type target = wr_address_type(wr_memory_of(c, i->a));
  wr_type source = wr_address_type(wr_memory_of(c, i->b));
  wr_pop(c, target == WR_I64 && source == WR_I64 ? WR_I64 : WR_I32);
  wr_pop(c, source);
  wr_pop(c, target);
}

void wr_rule_memory(wr_checker *c, const wr_instruction *i)
{
  const wr_row *row = &wr_rows[i->op];
  switch (row->rule) {
  case WR_RULE_LOAD: case WR_RULE_STORE: case WR_RULE_ATOMIC:
    check_alignment(c, i);
    access_memory(c, i);
    break;
  case WR_RULE_LOAD_LANE: case WR_RULE_STORE_LANE:
    check_lane(c, i->a, 16u / row->width);
    check_alignment(c, i);
    access_memory(c, i);
    break;
  case WR_RULE_LANE:
    check_lane(c, i->a, 16u / row->width);
    as_written(c, i);
    break;
  case WR_RULE_SHUFFLE:
    for (unsigned lane = 0; lane < 16; lane++)
      check_lane(c, ((const uint8_t *)i->bits)[lane], 32);
    as_written(c, i);
    break;
  case WR_RULE_MEMORY_SIZE:
    wr_push(c, wr_address_type(wr_memory_of(c, i->a)));
    break;
  case WR_RULE_MEMORY_GROW:
    wr_pop(c, wr_address_type(wr_memory_of(c, i->a)));
    wr_push(c, wr_address_type(wr_memory_of(c, i->a)));
    break;
  case WR_RULE_MEMORY_FILL: {
    wr_type address = wr_address_type(wr_memory_of(c, i->a));
    wr_pop(c, address);
    wr_pop(c, WR_I32);
    wr_pop(c, address);
    break;
  }
  case WR_RULE_MEMORY_COPY: copy_memory(c, i); break;
  case WR_RULE_MEMORY_INIT: {
    wr_type address = wr_address_type(wr_memory_of(c, i->b));
    check_index(c, i->a, c->module->data_count, "data segment");
    wr_pop(c, WR_I32);
    wr_pop(c, WR_I32);
    wr_pop(c, address);
    break;
  }
  default: /* data.drop */
    check_index(c, i->a, c->module->data_count, "data segment");
  }
}

/* Tables */

static const wr_element_segment *element_of(wr_checker *c, uint32_t index)
{
  check_index(c, index, c->module->element_count, "elem segment");
  return &c->module->elements[index];
}

static void check_elements(wr_checker *c, wr_type found, wr_type expected)
{
  if (!wr_matches(found, expected))
    wr_mismatch(c, &expected, 1);
}

void wr_rule_table(wr_checker *c, const wr_instruction *i)
{
  switch (wr_rows[i->op].rule) {
  case WR_RULE_TABLE_GET:
    wr_pop(c, wr_address_type(&wr_table_of(c, i->a)->limits));
    wr_push(c, wr_table_of(c, i->a)->element);
    break;
  case WR_RULE_TABLE_SET:
    wr_pop(c, wr_table_of(c, i->a)->element);
    wr_pop(c, wr_address_type(&wr_table_of(c, i->a)->limits));
    break;
  case WR_RULE_TABLE_SIZE:
    wr_push(c, wr_address_type(&wr_table_of(c, i->a)->limits));
    break;
  case WR_RULE_TABLE_GROW:
    wr_pop(c, wr_address_type(&wr_table_of(c, i->a)->limits));
    wr_pop(c, wr_table_of(c, i->a)->element);
    wr_push(c, wr_address_type(&wr_table_of(c, i->a)->limits));
    break;
  case WR_RULE_TABLE_FILL:
    wr_pop(c, wr_address_type(&wr_table_of(c, i->a)->limits));
    wr_pop(c, wr_table_of(c, i->a)->element);
    wr_pop(c, wr_address_type(&wr_table_of(c, i->a)->limits));
    break;
  case WR_RULE_TABLE_COPY: {
    const wr_table_type *target = wr_table_of(c, i->a), *source = wr_table_of(c, i->b);
    check_elements(c, source->element, target->element);
    bool wide = target->limits.is_64 && source->limits.is_64;
    wr_pop(c, wide ? WR_I64 : WR_I32);
    wr_pop(c, wr_address_type(&source->limits));
    wr_pop(c, wr_address_type(&target->limits));
    break;
  }
  case WR_RULE_TABLE_INIT: {
    const wr_table_type *table = wr_table_of(c, i->b);
    check_elements(c, element_of(c, i->a)->type, table->element);
    wr_pop(c, WR_I32);
    wr_pop(c, WR_I32);
    wr_pop(c, wr_address_type(&table->limits));
    break;
  }
  default: /* elem.drop */
    element_of(c, i->a);
  }
}

/* Structures and arrays */

static wr_type reference_to(const wr_defined_type *type, bool nullable)
{
  return WR_REFERENCE(nullable, type->id);
}

static wr_type unpacked(wr_type storage)
{
  return storage == WR_I8 || storage == WR_I16 ? WR_I32 : storage;
}

static bool is_packed(wr_type storage) { return storage == WR_I8 || storage == WR_I16; }

static void check_default(wr_checker *c, wr_type storage)
{
  if (!wr_is_defaultable(storage))
    wr_invalid(c, "type mismatch: a field has no default value");
}

static void check_packed(wr_checker *c, const wr_instruction *i, wr_type storage)
{
  unsigned rule = wr_rows[i->op].rule;
  bool wanted = rule == WR_RULE_STRUCT_GET_PACKED || rule == WR_RULE_ARRAY_GET_PACKED;
  if (is_packed(storage) != wanted)
    wr_invalid(c, "type mismatch: %s of a field that is %spacked", wr_rows[i->op].mnemonic,
               wanted ? "not " : "");
}

static void check_mutable(wr_checker *c, const wr_defined_type *array, uint32_t index)
{
  if (!array->fields[0].is_mutable)
    wr_invalid(c, "immutable array type %u", index);
}

static void check_bytes(wr_checker *c, const wr_defined_type *array)
{
  if (wr_is_ref(array->fields[0].storage))
    wr_invalid(c, "array type is not numeric or vector");
}

static void rule_structure(wr_checker *c, const wr_instruction *i)
{
  const wr_defined_type *type = wr_type_of_kind(c, i->a, WR_KIND_STRUCT);
  unsigned rule = wr_rows[i->op].rule;
  if (rule == WR_RULE_STRUCT_NEW || rule == WR_RULE_STRUCT_NEW_DEFAULT) {
    for (uint32_t field = type->field_count; field--;) {
      if (rule == WR_RULE_STRUCT_NEW)
        wr_pop(c, unpacked(type->fields[field].storage));
      else
        check_default(c, type->fields[field].storage);
    }
    wr_push(c, reference_to(type, false));
    return;
  }
  check_index(c, i->b, type->field_count, "field");
  const wr_field *field = &type->fields[i->b];
  if (rule == WR_RULE_STRUCT_SET) {
    if (!field->is_mutable)
      wr_invalid(c, "immutable field %u of type %u", i->b, i->a);
    wr_pop(c, unpacked(field->storage));
    wr_pop(c, reference_to(type, true));
    return;
  }
  check_packed(c, i, field->storage);
  wr_pop(c, reference_to(type, true));
  wr_push(c, unpacked(field->storage));
}

static void array_new_fixed(wr_checker *c, const wr_instruction *i, const wr_defined_type *type)
{
  wr_type element = unpacked(type->fields[0].storage);
  wr_control *frame = wr_innermost(c);
  uint32_t present = c->height - frame->height;
  if (i->b > present && !frame->is_unreachable)
    wr_invalid(c, "type mismatch: instruction requires %u elements but the stack has %u", i->b,
               present);
  for (uint32_t count = i->b < present ? i->b : present; count; count--)
    wr_pop(c, element);
  wr_push(c, reference_to(type, false));
}

static void array_copy(wr_checker *c, const wr_instruction *i, const wr_defined_type *target)
{
  check_mutable(c, target, i->a);
  const wr_defined_type *source = wr_type_of_kind(c, i->b, WR_KIND_ARRAY);
  wr_field from = source->fields[0], to = target->fields[0];
  from.is_mutable = to.is_mutable = false;
  if (!wr_field_matches(from, to))
    wr_invalid(c, "array types do not match");
  wr_pop(c, WR_I32);
  wr_pop(c, WR_I32);
  wr_pop(c, reference_to(source, true));
  wr_pop(c, WR_I32);
  wr_pop(c, reference_to(target, true));
}

static void rule_array_access(wr_checker *c, const wr_instruction *i, const wr_defined_type *type)
{
  wr_type storage = type->fields[0].storage;
  unsigned rule = wr_rows[i->op].rule;
  if (rule == WR_RULE_ARRAY_GET || rule == WR_RULE_ARRAY_GET_PACKED) {
    check_packed(c, i, storage);
    wr_pop(c, WR_I32);
    wr_pop(c, reference_to(type, true));
    wr_push(c, unpacked(storage));
    return;
  }
  check_mutable(c, type, i->a);
  if (rule == WR_RULE_ARRAY_FILL)
    wr_pop(c, WR_I32);
  if (rule == WR_RULE_ARRAY_INIT_DATA || rule == WR_RULE_ARRAY_INIT_ELEM) {
    if (rule == WR_RULE_ARRAY_INIT_DATA) {
      check_bytes(c, type);
      check_index(c, i->b, c->module->data_count, "data segment");
    } else {
      check_elements(c, element_of(c, i->b)->type, storage);
    }
    wr_pop(c, WR_I32);
    wr_pop(c, WR_I32);
  } else {
    wr_pop(c, unpacked(storage));
  }
  wr_pop(c, WR_I32);
  wr_pop(c, reference_to(type, true));
}

void wr_rule_aggregate(wr_checker *c, const wr_instruction *i)
{
  unsigned rule = wr_rows[i->op].rule;
  switch (rule) {
  case WR_RULE_STRUCT_NEW: case WR_RULE_STRUCT_NEW_DEFAULT: case WR_RULE_STRUCT_GET:
  case WR_RULE_STRUCT_GET_PACKED: case WR_RULE_STRUCT_SET:
    rule_structure(c, i);
    return;
  }
  const wr_defined_type *type = wr_type_of_kind(c, i->a, WR_KIND_ARRAY);
  wr_type storage = type->fields[0].storage;
  switch (rule) {
  case WR_RULE_ARRAY_NEW:
    wr_pop(c, WR_I32);
    wr_pop(c, unpacked(storage));
    break;
  case WR_RULE_ARRAY_NEW_DEFAULT:
    check_default(c, storage);
    wr_pop(c, WR_I32);
    break;
  case WR_RULE_ARRAY_NEW_FIXED: array_new_fixed(c, i, type); return;
  case WR_RULE_ARRAY_NEW_DATA:
    check_bytes(c, type);
    check_index(c, i->b, c->module->data_count, "data segment");
    wr_pop(c, WR_I32);
    wr_pop(c, WR_I32);
    break;
  case WR_RULE_ARRAY_NEW_ELEM:
    check_elements(c, element_of(c, i->b)->type, storage);
    wr_pop(c, WR_I32);
    wr_pop(c, WR_I32);
    break;
  case WR_RULE_ARRAY_COPY: array_copy(c, i, type); return;
  default: rule_array_access(c, i, type); return;
  }
  wr_push(c, reference_to(type, false));
}

/* References */

void wr_rule_reference(wr_checker *c, const wr_instruction *i)
{
  switch (wr_rows[i->op].rule) {
  case WR_RULE_REF_NULL: wr_push(c, i->type); break;
  case WR_RULE_REF_FUNC: {
    check_index(c, i->a, c->module->function_count, "function");
    const wr_function *function = &c->module->functions[i->a];
    if (c->function && !function->is_declared)
      wr_invalid(c, "undeclared function reference: function %u occurs in no export, element "
                 "segment or initial value", i->a);
    wr_push(c, c->module->features[WR_FEATURE_FUNCTION_REFERENCES]
                   ? WR_REFERENCE(0, function->type) : WR_FUNCREF);
    break;
  }
  case WR_RULE_REF_TEST:
    wr_pop(c, WR_REFERENCE(1, wr_heap_top(i->type & WR_HEAP_MASK)));
    wr_push(c, WR_I32);
    break;
  case WR_RULE_REF_CAST:
    wr_pop(c, WR_REFERENCE(1, wr_heap_top(i->type & WR_HEAP_MASK)));
    wr_push(c, i->type);
    break;
  case WR_RULE_REF_IS_NULL:
    wr_pop_reference(c);
    wr_push(c, WR_I32);
    break;
  case WR_RULE_REF_AS_NON_NULL: wr_push(c, wr_pop_reference(c) & ~WR_NULLABLE); break;
  default: { /* any.convert_extern, extern.convert_any */
    bool to_any = wr_rows[i->op].rule == WR_RULE_ANY_CONVERT_EXTERN;
    uint32_t from = WR_ABSTRACT_HEAP(to_any ? WR_HEAP_EXTERN : WR_HEAP_ANY);
    uint32_t to = WR_ABSTRACT_HEAP(to_any ? WR_HEAP_ANY : WR_HEAP_EXTERN);
    wr_type found = wr_pop_reference(c);
    if (!wr_heap_matches(found & WR_HEAP_MASK, from)) {
      wr_type wanted = WR_REFERENCE(1, from);
      wr_mismatch(c, &wanted, 1);
    }
    wr_push(c, WR_REFERENCE(found & WR_NULLABLE, to));
  }
  }
}

/* Calls */

static const wr_defined_type *callee_type(wr_checker *c, const wr_instruction *i)
{
  switch (wr_rows[i->op].rule) {
  case WR_RULE_CALL: case WR_RULE_RETURN_CALL:
    check_index(c, i->a, c->module->function_count, "function");
    return wr_function_type(c->module, i->a);
  case WR_RULE_CALL_INDIRECT: case WR_RULE_RETURN_CALL_INDIRECT: {
    const wr_table_type *table = wr_table_of(c, i->b);
    if (!wr_matches(table->element, WR_FUNCREF))
      wr_invalid(c, "type mismatch: table %u does not hold functions", i->b);
    const wr_defined_type *type = wr_type_of_kind(c, i->a, WR_KIND_FUNC);
    wr_pop(c, wr_address_type(&table->limits));
    return type;
  }
  default: {
    const wr_defined_type *type = wr_type_of_kind(c, i->a, WR_KIND_FUNC);
    wr_pop(c, reference_to(type, true));
    return type;
  }
  }
}

void wr_rule_call(wr_checker *c, const wr_instruction *i)
{
  const wr_defined_type *type = callee_type(c, i);
  unsigned rule = wr_rows[i->op].rule;
  if (rule == WR_RULE_CALL || rule == WR_RULE_CALL_INDIRECT || rule == WR_RULE_CALL_REF) {
    wr_pop_many(c, type->params, type->param_count);
    wr_push_many(c, type->results, type->result_count);
    return;
  }
  const wr_control *function = &c->controls[0];
  bool matches = type->result_count == function->give_count;
  for (uint32_t k = 0; matches && k < type->result_count; k++)
    matches = wr_matches(type->results[k], function->gives[k]);
  if (!matches)
    wr_invalid(c, "type mismatch: the function called in this one's place returns other results");
  wr_pop_many(c, type->params, type->param_count);
  wr_set_unreachable(c);
}
