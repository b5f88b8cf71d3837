/* Validation of a whole module: index spaces, limits, segments, exports, and then every body. */
#include "validate.h"
#include "allocate.h"
#include "check_quick.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct validation {
  wr_module *m;
  wr_failure *failure;
  wr_arena scratch; /* for one body or expression */
  wr_arena shared;  /* for all bodies */
} validation;

_Noreturn static void invalid(validation *v, const char *message, uint64_t number)
{
  wr_fail(v->failure, WR_ERROR_VALIDATION, 0, message, (unsigned long long)number);
}

static uint32_t function_type(validation *v, uint32_t index)
{
  if (index >= v->m->type_count)
    invalid(v, "unknown type %llu", index);
  uint32_t id = v->m->types[index];
  if (wr_defined(id)->kind != WR_KIND_FUNC)
    invalid(v, "type mismatch: type %llu is not a function type", index);
  return id;
}

/* Parameters are the first locals. */
static void define_functions(validation *v)
{
  for (uint32_t i = 0; i < v->m->function_count; i++) {
    wr_function *function = &v->m->functions[i];
    function->type = function_type(v, function->type_index);
    function->local_count += wr_defined(function->type)->param_count;
  }
}

static void define_tags(validation *v)
{
  for (uint32_t i = 0; i < v->m->tag_count; i++) {
    uint32_t id = function_type(v, v->m->tags[i]);
    if (wr_defined(id)->result_count)
      invalid(v, "non-empty tag result type of tag %llu", i);
    v->m->tags[i] = id;
  }
}

static void check_sizes(validation *v, const wr_limits *limits, uint64_t largest,
                        const char *message)
{
  uint64_t maximum = limits->has_maximum ? limits->maximum : limits->minimum;
  if (limits->minimum > largest || maximum > largest)
    invalid(v, message, limits->minimum > largest ? limits->minimum : maximum);
  if (limits->has_maximum && limits->minimum > limits->maximum)
    invalid(v, "size minimum must not be greater than maximum: %llu", limits->minimum);
}

static void check_memories(validation *v)
{
  for (uint32_t i = 0; i < v->m->memory_count; i++) {
    const wr_limits *limits = &v->m->memories[i];
    if (limits->page_size_log2 != 0 && limits->page_size_log2 != 16)
      invalid(v, "invalid custom page size: 2**%llu bytes", limits->page_size_log2);
    if (limits->is_shared && !limits->has_maximum)
      invalid(v, "shared memory must have maximum", 0);
    if (limits->page_size_log2 == 0)
      check_sizes(v, limits, limits->is_64 ? UINT64_MAX : UINT32_MAX,
                  "memory size must be at most the largest address, not %llu");
    else if (limits->is_64)
      check_sizes(v, limits, (uint64_t)1 << 48,
                  "memory size must be at most 2**48 pages (16 EiB), not %llu");
    else
      check_sizes(v, limits, 65536, "memory size must be at most 65536 pages (4GiB), not %llu");
    if (i && !v->m->features[WR_FEATURE_MULTI_MEMORY])
      invalid(v, "multiple memories: a second one needs the feature multi-memory, which is off",
              0);
  }
}

/* There may be very many of these, so that they share their scratch memory. */
static void check_constant(validation *v, wr_range range, wr_type type, uint32_t known)
{
  wr_check_constant(v->m, range, type, known, v->failure, &v->scratch);
  wr_arena_clear(&v->scratch);
}

static void check_tables(validation *v)
{
  for (uint32_t i = 0; i < v->m->table_count; i++) {
    const wr_table_type *table = &v->m->tables[i];
    check_sizes(v, &table->limits, table->limits.is_64 ? UINT64_MAX : UINT32_MAX,
                "table size must be at most the largest index, not %llu");
    if (i && !v->m->features[WR_FEATURE_REFERENCE_TYPES])
      invalid(v, "multiple tables: a second one needs the feature reference-types, which is off",
              0);
    if (table->initial.end)
      check_constant(v, table->initial, table->element, v->m->imported_globals);
    else if (i >= v->m->imported_tables && !wr_is_defaultable(table->element))
      invalid(v, "type mismatch: table %llu cannot hold null and needs an initial value", i);
  }
}

/* Before garbage collection only imported globals were constant. */
static uint32_t constant_globals(validation *v, uint32_t known)
{
  uint32_t imported = v->m->imported_globals;
  return v->m->features[WR_FEATURE_GC] || known < imported ? known : imported;
}

static void check_globals(validation *v)
{
  for (uint32_t i = v->m->imported_globals; i < v->m->global_count; i++)
    check_constant(v, v->m->globals[i].initial, v->m->globals[i].type, constant_globals(v, i));
}

static wr_type address_type(const wr_limits *limits) { return limits->is_64 ? WR_I64 : WR_I32; }

static void check_elements(validation *v)
{
  wr_module *m = v->m;
  uint32_t known = constant_globals(v, m->global_count);
  for (uint32_t i = 0; i < m->element_count; i++) {
    wr_element_segment *segment = &m->elements[i];
    if (!segment->has_expressions && !m->features[WR_FEATURE_FUNCTION_REFERENCES])
      segment->type = WR_FUNCREF;
    for (uint32_t k = 0; k < segment->count; k++) {
      if (segment->has_expressions)
        check_constant(v, segment->items[k], segment->type, known);
      else if (segment->functions[k] >= m->function_count)
        invalid(v, "unknown function %llu", segment->functions[k]);
    }
    if (segment->mode != WR_ACTIVE)
      continue;
    if (segment->table >= m->table_count)
      invalid(v, "unknown table %llu", segment->table);
    const wr_table_type *table = &m->tables[segment->table];
    if (!wr_matches(segment->type, table->element))
      invalid(v, "type mismatch: elem segment %llu holds other references than its table", i);
    check_constant(v, segment->offset, address_type(&table->limits), known);
  }
}

static void check_datas(validation *v)
{
  uint32_t known = constant_globals(v, v->m->global_count);
  for (uint32_t i = 0; i < v->m->data_count; i++) {
    const wr_data_segment *segment = &v->m->datas[i];
    if (segment->mode != WR_ACTIVE)
      continue;
    if (segment->memory >= v->m->memory_count)
      invalid(v, "unknown memory %llu", segment->memory);
    check_constant(v, segment->offset, address_type(&v->m->memories[segment->memory]), known);
  }
}

/* Functions that occur outside bodies may be named by ref.func inside. */

static void declare_in(validation *v, wr_range range)
{
  wr_instruction i;
  const uint8_t *binary = v->m->binary;
  wr_reader r = {binary, binary + range.begin, binary + range.end, binary + v->m->size,
                 v->failure};
  while (r.next < r.end) {
    wr_read_instruction(v->m, &r, &i, false);
    if (i.op == WR_OP_ref_func && i.a < v->m->function_count)
      v->m->functions[i.a].is_declared = true;
  }
}

static void declare_references(validation *v)
{
  wr_module *m = v->m;
  for (uint32_t i = 0; i < m->export_count; i++)
    if (m->exports[i].kind == WR_FUNCTION && m->exports[i].index < m->function_count)
      m->functions[m->exports[i].index].is_declared = true;
  for (uint32_t i = 0; i < m->table_count; i++)
    declare_in(v, m->tables[i].initial);
  for (uint32_t i = 0; i < m->global_count; i++)
    declare_in(v, m->globals[i].initial);
  for (uint32_t i = 0; i < m->element_count; i++) {
    const wr_element_segment *segment = &m->elements[i];
    declare_in(v, segment->offset);
    for (uint32_t k = 0; k < segment->count; k++) {
      if (segment->has_expressions)
        declare_in(v, segment->items[k]);
      else if (segment->functions[k] < m->function_count)
        m->functions[segment->functions[k]].is_declared = true;
    }
  }
  for (uint32_t i = 0; i < m->data_count; i++)
    declare_in(v, m->datas[i].offset);
}

static int compare_names(const void *left, const void *right)
{
  const wr_name *a = *(const wr_name *const *)left, *b = *(const wr_name *const *)right;
  uint32_t size = a->size < b->size ? a->size : b->size;
  int order = memcmp(a->data, b->data, size);
  return order ? order : (a->size > b->size) - (a->size < b->size);
}

static void check_export_names(validation *v)
{
  uint32_t count = v->m->export_count;
  const wr_name **names = wr_arena_alloc(&v->scratch, count * sizeof *names + 1);
  if (!names)
    wr_fail(v->failure, WR_ERROR_MEMORY, 0, "out of memory");
  for (uint32_t i = 0; i < count; i++)
    names[i] = &v->m->exports[i].name;
  qsort(names, count, sizeof *names, compare_names);
  for (uint32_t i = 1; i < count; i++)
    if (compare_names(&names[i - 1], &names[i]) == 0)
      wr_fail(v->failure, WR_ERROR_VALIDATION, 0, "duplicate export name \"%.*s\"",
              (int)(names[i]->size < 100 ? names[i]->size : 100), (const char *)names[i]->data);
}

static void check_exports(validation *v)
{
  wr_module *m = v->m;
  const uint32_t counts[] = {m->function_count, m->table_count, m->memory_count, m->global_count,
                             m->tag_count};
  static const char *const messages[] = {"unknown function %llu", "unknown table %llu",
                                         "unknown memory %llu", "unknown global %llu",
                                         "unknown tag %llu"};
  check_export_names(v);
  for (uint32_t i = 0; i < m->export_count; i++) {
    const wr_export *export = &m->exports[i];
    if (export->index >= counts[export->kind])
      invalid(v, messages[export->kind], export->index);
    if (export->kind == WR_GLOBAL && m->globals[export->index].is_mutable)
      wr_require(m, v->failure, 0, WR_FEATURE_MUTABLE_GLOBALS, "an exported mutable global");
  }
  if (m->start < 0)
    return;
  if (m->start >= m->function_count)
    invalid(v, "unknown function %llu", (uint64_t)m->start);
  const wr_defined_type *type = wr_function_type(m, (uint32_t)m->start);
  if (type->param_count || type->result_count)
    invalid(v, "start function %llu must neither take nor give anything", (uint64_t)m->start);
}

/* Nearly all bodies are found valid in the quick way; what is not is looked at closely. */
static void check_bodies(validation *v)
{
  wr_arena_free(&v->scratch);
  wr_quick *quick = wr_quick_new(v->m, &v->shared);
  if (!quick)
    wr_fail(v->failure, WR_ERROR_MEMORY, 0, "out of memory");
  for (uint32_t i = v->m->imported_functions; i < v->m->function_count; i++) {
    if (wr_quick_check(quick, &v->m->functions[i]))
      continue;
    wr_check_function(v->m, i, v->failure, NULL, &v->scratch);
    wr_arena_clear(&v->scratch);
  }
}

static void check_all(validation *v)
{
  define_functions(v);
  define_tags(v);
  check_memories(v);
  declare_references(v);
  check_tables(v);
  check_globals(v);
  check_elements(v);
  check_datas(v);
  check_exports(v);
  if (!v->m->is_lazy)
    check_bodies(v);
  else if (!(v->m->quick = wr_quick_new(v->m, &v->m->arena)))
    wr_fail(v->failure, WR_ERROR_MEMORY, 0, "out of memory");
}

void wr_validate(wr_module *module, wr_failure *failure)
{
  /* The failure that is jumped to is ours first, so that the scratch memory is given back. */
  static const wr_arena nothing;
  validation *v = wr_allocate(sizeof *v);
  if (!v)
    wr_fail(failure, WR_ERROR_MEMORY, 0, "out of memory");
  wr_failure inner = {.error = failure->error, .function = -1, .pc = -1};
  v->m = module;
  v->failure = &inner;
  v->scratch = v->shared = nothing;
  int failed = setjmp(inner.jump);
  if (!failed)
    check_all(v);
  wr_arena_free(&v->scratch);
  wr_arena_free(&v->shared);
  wr_deallocate(v);
  if (failed)
    longjmp(failure->jump, 1);
}
