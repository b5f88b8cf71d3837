/* The moves on the operand and control stacks that validation rules are made of. */
#ifndef WR_CHECK_RULES_H
#define WR_CHECK_RULES_H

#include "validate.h"

_Noreturn void wr_invalid(wr_checker *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
_Noreturn void wr_mismatch(wr_checker *c, const wr_type *required, uint32_t count);

void wr_push(wr_checker *c, wr_type type);
wr_type wr_pop_any(wr_checker *c);
wr_type wr_pop_reference(wr_checker *c);
void wr_pop(wr_checker *c, wr_type type);
void wr_pop_many(wr_checker *c, const wr_type *types, uint32_t count);
void wr_push_many(wr_checker *c, const wr_type *types, uint32_t count);
/* Check that operands of these types are on top, and leave them there. */
void wr_check_top(wr_checker *c, const wr_type *types, uint32_t count);
void wr_set_unreachable(wr_checker *c);
wr_control *wr_label(wr_checker *c, uint32_t depth);

static inline wr_control *wr_innermost(wr_checker *c)
{
  return &c->controls[c->control_count - 1];
}

wr_type wr_letter_type(char letter);
wr_type wr_address_type(const wr_limits *limits);
const wr_limits *wr_memory_of(wr_checker *c, uint32_t index);
const wr_table_type *wr_table_of(wr_checker *c, uint32_t index);
const wr_defined_type *wr_type_of_kind(wr_checker *c, uint32_t index, unsigned kind);

/* Rules by family; each handles the rules of its instructions. */
void wr_rule_memory(wr_checker *c, const wr_instruction *i);
void wr_rule_table(wr_checker *c, const wr_instruction *i);
void wr_rule_aggregate(wr_checker *c, const wr_instruction *i);
void wr_rule_reference(wr_checker *c, const wr_instruction *i);
void wr_rule_call(wr_checker *c, const wr_instruction *i);

#endif
