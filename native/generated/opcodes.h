/* Written by generate_opcodes.py from the instruction table: do not edit. */
#ifndef WR_OPCODES_H
#define WR_OPCODES_H

/* X(identifier, prefix, code, second code, mnemonic, takes, gives, immediates, rule,
     fuel, width in bytes, feature) */
#define WR_INSTRUCTIONS(X) \
  X(unreachable, 0x00, 0x0, -1, "unreachable", NULL, NULL, "", WR_RULE_UNREACHABLE, 0, 0, WR_FEATURE_NONE) \
  X(nop, 0x00, 0x1, -1, "nop", "", "", "", WR_RULE_NONE, 0, 0, WR_FEATURE_NONE) \
  X(block, 0x00, 0x2, -1, "block", NULL, NULL, "b", WR_RULE_BLOCK, 0, 0, WR_FEATURE_NONE) \
  X(loop, 0x00, 0x3, -1, "loop", NULL, NULL, "b", WR_RULE_LOOP, 0, 0, WR_FEATURE_NONE) \
  X(if, 0x00, 0x4, -1, "if", NULL, NULL, "b", WR_RULE_IF, 1, 0, WR_FEATURE_NONE) \
  X(else, 0x00, 0x5, -1, "else", NULL, NULL, "", WR_RULE_ELSE, 0, 0, WR_FEATURE_NONE) \
  X(throw, 0x00, 0x8, -1, "throw", NULL, NULL, "G", WR_RULE_THROW, 1, 0, WR_FEATURE_EXCEPTIONS) \
  X(throw_ref, 0x00, 0xA, -1, "throw_ref", NULL, NULL, "", WR_RULE_THROW_REF, 1, 0, WR_FEATURE_EXCEPTIONS) \
  X(end, 0x00, 0xB, -1, "end", NULL, NULL, "", WR_RULE_END, 0, 0, WR_FEATURE_NONE) \
  X(br, 0x00, 0xC, -1, "br", NULL, NULL, "l", WR_RULE_BR, 1, 0, WR_FEATURE_NONE) \
  X(br_if, 0x00, 0xD, -1, "br_if", NULL, NULL, "l", WR_RULE_BR_IF, 1, 0, WR_FEATURE_NONE) \
  X(br_table, 0x00, 0xE, -1, "br_table", NULL, NULL, "Ll", WR_RULE_BR_TABLE, 1, 0, WR_FEATURE_NONE) \
  X(return, 0x00, 0xF, -1, "return", NULL, NULL, "", WR_RULE_RETURN, 0, 0, WR_FEATURE_NONE) \
  X(call, 0x00, 0x10, -1, "call", NULL, NULL, "f", WR_RULE_CALL, 1, 0, WR_FEATURE_NONE) \
  X(call_indirect, 0x00, 0x11, -1, "call_indirect", NULL, NULL, "tT", WR_RULE_CALL_INDIRECT, 1, 0, WR_FEATURE_NONE) \
  X(return_call, 0x00, 0x12, -1, "return_call", NULL, NULL, "f", WR_RULE_RETURN_CALL, 1, 0, WR_FEATURE_TAIL_CALLS) \
  X(return_call_indirect, 0x00, 0x13, -1, "return_call_indirect", NULL, NULL, "tT", WR_RULE_RETURN_CALL_INDIRECT, 1, 0, WR_FEATURE_TAIL_CALLS) \
  X(call_ref, 0x00, 0x14, -1, "call_ref", NULL, NULL, "t", WR_RULE_CALL_REF, 1, 0, WR_FEATURE_FUNCTION_REFERENCES) \
  X(return_call_ref, 0x00, 0x15, -1, "return_call_ref", NULL, NULL, "t", WR_RULE_RETURN_CALL_REF, 1, 0, WR_FEATURE_FUNCTION_REFERENCES) \
  X(try_table, 0x00, 0x1F, -1, "try_table", NULL, NULL, "bC", WR_RULE_TRY_TABLE, 1, 0, WR_FEATURE_EXCEPTIONS) \
  X(br_on_null, 0x00, 0xD5, -1, "br_on_null", NULL, NULL, "l", WR_RULE_BR_ON_NULL, 1, 0, WR_FEATURE_FUNCTION_REFERENCES) \
  X(br_on_non_null, 0x00, 0xD6, -1, "br_on_non_null", NULL, NULL, "l", WR_RULE_BR_ON_NON_NULL, 1, 0, WR_FEATURE_FUNCTION_REFERENCES) \
  X(try, 0x00, 0x6, -1, "try", NULL, NULL, "b", WR_RULE_TRY, 1, 0, WR_FEATURE_LEGACY_EXCEPTIONS) \
  X(catch, 0x00, 0x7, -1, "catch", NULL, NULL, "G", WR_RULE_CATCH, 0, 0, WR_FEATURE_LEGACY_EXCEPTIONS) \
  X(rethrow, 0x00, 0x9, -1, "rethrow", NULL, NULL, "l", WR_RULE_RETHROW, 1, 0, WR_FEATURE_LEGACY_EXCEPTIONS) \
  X(delegate, 0x00, 0x18, -1, "delegate", NULL, NULL, "l", WR_RULE_DELEGATE, 0, 0, WR_FEATURE_LEGACY_EXCEPTIONS) \
  X(catch_all, 0x00, 0x19, -1, "catch_all", NULL, NULL, "", WR_RULE_CATCH_ALL, 0, 0, WR_FEATURE_LEGACY_EXCEPTIONS) \
  X(drop, 0x00, 0x1A, -1, "drop", NULL, NULL, "", WR_RULE_DROP, 0, 0, WR_FEATURE_NONE) \
  X(select, 0x00, 0x1B, -1, "select", NULL, NULL, "", WR_RULE_SELECT, 1, 0, WR_FEATURE_NONE) \
  X(select_t, 0x00, 0x1C, -1, "select", NULL, NULL, "V", WR_RULE_SELECT_T, 1, 0, WR_FEATURE_REFERENCE_TYPES) \
  X(local_get, 0x00, 0x20, -1, "local.get", NULL, NULL, "x", WR_RULE_LOCAL_GET, 1, 0, WR_FEATURE_NONE) \
  X(local_set, 0x00, 0x21, -1, "local.set", NULL, NULL, "x", WR_RULE_LOCAL_SET, 1, 0, WR_FEATURE_NONE) \
  X(local_tee, 0x00, 0x22, -1, "local.tee", NULL, NULL, "x", WR_RULE_LOCAL_TEE, 1, 0, WR_FEATURE_NONE) \
  X(global_get, 0x00, 0x23, -1, "global.get", NULL, NULL, "g", WR_RULE_GLOBAL_GET, 1, 0, WR_FEATURE_NONE) \
  X(global_set, 0x00, 0x24, -1, "global.set", NULL, NULL, "g", WR_RULE_GLOBAL_SET, 1, 0, WR_FEATURE_NONE) \
  X(table_get, 0x00, 0x25, -1, "table.get", NULL, NULL, "T", WR_RULE_TABLE_GET, 1, 0, WR_FEATURE_REFERENCE_TYPES) \
  X(table_set, 0x00, 0x26, -1, "table.set", NULL, NULL, "T", WR_RULE_TABLE_SET, 1, 0, WR_FEATURE_REFERENCE_TYPES) \
  X(table_init, 0xFC, 0xC, -1, "table.init", "iii", "", "eT", WR_RULE_TABLE_INIT, 1, 0, WR_FEATURE_BULK_MEMORY) \
  X(elem_drop, 0xFC, 0xD, -1, "elem.drop", "", "", "e", WR_RULE_ELEM_DROP, 1, 0, WR_FEATURE_BULK_MEMORY) \
  X(table_copy, 0xFC, 0xE, -1, "table.copy", "iii", "", "TT", WR_RULE_TABLE_COPY, 1, 0, WR_FEATURE_BULK_MEMORY) \
  X(table_grow, 0xFC, 0xF, -1, "table.grow", NULL, NULL, "T", WR_RULE_TABLE_GROW, 1, 0, WR_FEATURE_REFERENCE_TYPES) \
  X(table_size, 0xFC, 0x10, -1, "table.size", "", "i", "T", WR_RULE_TABLE_SIZE, 1, 0, WR_FEATURE_REFERENCE_TYPES) \
  X(table_fill, 0xFC, 0x11, -1, "table.fill", NULL, NULL, "T", WR_RULE_TABLE_FILL, 1, 0, WR_FEATURE_REFERENCE_TYPES) \
  X(ref_null, 0x00, 0xD0, -1, "ref.null", NULL, NULL, "h", WR_RULE_REF_NULL, 1, 0, WR_FEATURE_REFERENCE_TYPES) \
  X(ref_is_null, 0x00, 0xD1, -1, "ref.is_null", NULL, NULL, "", WR_RULE_REF_IS_NULL, 1, 0, WR_FEATURE_REFERENCE_TYPES) \
  X(ref_func, 0x00, 0xD2, -1, "ref.func", NULL, NULL, "f", WR_RULE_REF_FUNC, 1, 0, WR_FEATURE_REFERENCE_TYPES) \
  X(ref_as_non_null, 0x00, 0xD4, -1, "ref.as_non_null", NULL, NULL, "", WR_RULE_REF_AS_NON_NULL, 1, 0, WR_FEATURE_FUNCTION_REFERENCES) \
  X(ref_eq, 0x00, 0xD3, -1, "ref.eq", "ee", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_GC) \
  X(struct_new, 0xFB, 0x0, -1, "struct.new", NULL, NULL, "t", WR_RULE_STRUCT_NEW, 1, 0, WR_FEATURE_GC) \
  X(struct_new_default, 0xFB, 0x1, -1, "struct.new_default", NULL, NULL, "t", WR_RULE_STRUCT_NEW_DEFAULT, 1, 0, WR_FEATURE_GC) \
  X(struct_get, 0xFB, 0x2, -1, "struct.get", NULL, NULL, "tF", WR_RULE_STRUCT_GET, 1, 0, WR_FEATURE_GC) \
  X(struct_get_s, 0xFB, 0x3, -1, "struct.get_s", NULL, NULL, "tF", WR_RULE_STRUCT_GET_PACKED, 1, 0, WR_FEATURE_GC) \
  X(struct_get_u, 0xFB, 0x4, -1, "struct.get_u", NULL, NULL, "tF", WR_RULE_STRUCT_GET_PACKED, 1, 0, WR_FEATURE_GC) \
  X(struct_set, 0xFB, 0x5, -1, "struct.set", NULL, NULL, "tF", WR_RULE_STRUCT_SET, 1, 0, WR_FEATURE_GC) \
  X(array_new, 0xFB, 0x6, -1, "array.new", NULL, NULL, "t", WR_RULE_ARRAY_NEW, 1, 0, WR_FEATURE_GC) \
  X(array_new_default, 0xFB, 0x7, -1, "array.new_default", NULL, NULL, "t", WR_RULE_ARRAY_NEW_DEFAULT, 1, 0, WR_FEATURE_GC) \
  X(array_new_fixed, 0xFB, 0x8, -1, "array.new_fixed", NULL, NULL, "tc", WR_RULE_ARRAY_NEW_FIXED, 1, 0, WR_FEATURE_GC) \
  X(array_new_data, 0xFB, 0x9, -1, "array.new_data", NULL, NULL, "td", WR_RULE_ARRAY_NEW_DATA, 1, 0, WR_FEATURE_GC) \
  X(array_new_elem, 0xFB, 0xA, -1, "array.new_elem", NULL, NULL, "te", WR_RULE_ARRAY_NEW_ELEM, 1, 0, WR_FEATURE_GC) \
  X(array_get, 0xFB, 0xB, -1, "array.get", NULL, NULL, "t", WR_RULE_ARRAY_GET, 1, 0, WR_FEATURE_GC) \
  X(array_get_s, 0xFB, 0xC, -1, "array.get_s", NULL, NULL, "t", WR_RULE_ARRAY_GET_PACKED, 1, 0, WR_FEATURE_GC) \
  X(array_get_u, 0xFB, 0xD, -1, "array.get_u", NULL, NULL, "t", WR_RULE_ARRAY_GET_PACKED, 1, 0, WR_FEATURE_GC) \
  X(array_set, 0xFB, 0xE, -1, "array.set", NULL, NULL, "t", WR_RULE_ARRAY_SET, 1, 0, WR_FEATURE_GC) \
  X(array_len, 0xFB, 0xF, -1, "array.len", "a", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_GC) \
  X(array_fill, 0xFB, 0x10, -1, "array.fill", NULL, NULL, "t", WR_RULE_ARRAY_FILL, 1, 0, WR_FEATURE_GC) \
  X(array_copy, 0xFB, 0x11, -1, "array.copy", NULL, NULL, "tt", WR_RULE_ARRAY_COPY, 1, 0, WR_FEATURE_GC) \
  X(array_init_data, 0xFB, 0x12, -1, "array.init_data", NULL, NULL, "td", WR_RULE_ARRAY_INIT_DATA, 1, 0, WR_FEATURE_GC) \
  X(array_init_elem, 0xFB, 0x13, -1, "array.init_elem", NULL, NULL, "te", WR_RULE_ARRAY_INIT_ELEM, 1, 0, WR_FEATURE_GC) \
  X(ref_test, 0xFB, 0x14, 21, "ref.test", NULL, NULL, "r", WR_RULE_REF_TEST, 1, 0, WR_FEATURE_GC) \
  X(ref_cast, 0xFB, 0x16, 23, "ref.cast", NULL, NULL, "r", WR_RULE_REF_CAST, 1, 0, WR_FEATURE_GC) \
  X(br_on_cast, 0xFB, 0x18, -1, "br_on_cast", NULL, NULL, "lrr", WR_RULE_BR_ON_CAST, 1, 0, WR_FEATURE_GC) \
  X(br_on_cast_fail, 0xFB, 0x19, -1, "br_on_cast_fail", NULL, NULL, "lrr", WR_RULE_BR_ON_CAST_FAIL, 1, 0, WR_FEATURE_GC) \
  X(any_convert_extern, 0xFB, 0x1A, -1, "any.convert_extern", NULL, NULL, "", WR_RULE_ANY_CONVERT_EXTERN, 1, 0, WR_FEATURE_GC) \
  X(extern_convert_any, 0xFB, 0x1B, -1, "extern.convert_any", NULL, NULL, "", WR_RULE_EXTERN_CONVERT_ANY, 1, 0, WR_FEATURE_GC) \
  X(ref_i31, 0xFB, 0x1C, -1, "ref.i31", "i", "N", "", WR_RULE_NONE, 1, 0, WR_FEATURE_GC) \
  X(i31_get_s, 0xFB, 0x1D, -1, "i31.get_s", "n", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_GC) \
  X(i31_get_u, 0xFB, 0x1E, -1, "i31.get_u", "n", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_GC) \
  X(i32_load, 0x00, 0x28, -1, "i32.load", "i", "i", "M", WR_RULE_LOAD, 1, 4, WR_FEATURE_NONE) \
  X(i64_load, 0x00, 0x29, -1, "i64.load", "i", "I", "M", WR_RULE_LOAD, 1, 8, WR_FEATURE_NONE) \
  X(f32_load, 0x00, 0x2A, -1, "f32.load", "i", "f", "M", WR_RULE_LOAD, 1, 4, WR_FEATURE_NONE) \
  X(f64_load, 0x00, 0x2B, -1, "f64.load", "i", "F", "M", WR_RULE_LOAD, 1, 8, WR_FEATURE_NONE) \
  X(i32_load8_s, 0x00, 0x2C, -1, "i32.load8_s", "i", "i", "M", WR_RULE_LOAD, 1, 1, WR_FEATURE_NONE) \
  X(i32_load8_u, 0x00, 0x2D, -1, "i32.load8_u", "i", "i", "M", WR_RULE_LOAD, 1, 1, WR_FEATURE_NONE) \
  X(i32_load16_s, 0x00, 0x2E, -1, "i32.load16_s", "i", "i", "M", WR_RULE_LOAD, 1, 2, WR_FEATURE_NONE) \
  X(i32_load16_u, 0x00, 0x2F, -1, "i32.load16_u", "i", "i", "M", WR_RULE_LOAD, 1, 2, WR_FEATURE_NONE) \
  X(i64_load8_s, 0x00, 0x30, -1, "i64.load8_s", "i", "I", "M", WR_RULE_LOAD, 1, 1, WR_FEATURE_NONE) \
  X(i64_load8_u, 0x00, 0x31, -1, "i64.load8_u", "i", "I", "M", WR_RULE_LOAD, 1, 1, WR_FEATURE_NONE) \
  X(i64_load16_s, 0x00, 0x32, -1, "i64.load16_s", "i", "I", "M", WR_RULE_LOAD, 1, 2, WR_FEATURE_NONE) \
  X(i64_load16_u, 0x00, 0x33, -1, "i64.load16_u", "i", "I", "M", WR_RULE_LOAD, 1, 2, WR_FEATURE_NONE) \
  X(i64_load32_s, 0x00, 0x34, -1, "i64.load32_s", "i", "I", "M", WR_RULE_LOAD, 1, 4, WR_FEATURE_NONE) \
  X(i64_load32_u, 0x00, 0x35, -1, "i64.load32_u", "i", "I", "M", WR_RULE_LOAD, 1, 4, WR_FEATURE_NONE) \
  X(i32_store, 0x00, 0x36, -1, "i32.store", "ii", "", "M", WR_RULE_STORE, 1, 4, WR_FEATURE_NONE) \
  X(i64_store, 0x00, 0x37, -1, "i64.store", "iI", "", "M", WR_RULE_STORE, 1, 8, WR_FEATURE_NONE) \
  X(f32_store, 0x00, 0x38, -1, "f32.store", "if", "", "M", WR_RULE_STORE, 1, 4, WR_FEATURE_NONE) \
  X(f64_store, 0x00, 0x39, -1, "f64.store", "iF", "", "M", WR_RULE_STORE, 1, 8, WR_FEATURE_NONE) \
  X(i32_store8, 0x00, 0x3A, -1, "i32.store8", "ii", "", "M", WR_RULE_STORE, 1, 1, WR_FEATURE_NONE) \
  X(i32_store16, 0x00, 0x3B, -1, "i32.store16", "ii", "", "M", WR_RULE_STORE, 1, 2, WR_FEATURE_NONE) \
  X(i64_store8, 0x00, 0x3C, -1, "i64.store8", "iI", "", "M", WR_RULE_STORE, 1, 1, WR_FEATURE_NONE) \
  X(i64_store16, 0x00, 0x3D, -1, "i64.store16", "iI", "", "M", WR_RULE_STORE, 1, 2, WR_FEATURE_NONE) \
  X(i64_store32, 0x00, 0x3E, -1, "i64.store32", "iI", "", "M", WR_RULE_STORE, 1, 4, WR_FEATURE_NONE) \
  X(memory_size, 0x00, 0x3F, -1, "memory.size", "", "i", "m", WR_RULE_MEMORY_SIZE, 1, 0, WR_FEATURE_NONE) \
  X(memory_grow, 0x00, 0x40, -1, "memory.grow", "i", "i", "m", WR_RULE_MEMORY_GROW, 1, 0, WR_FEATURE_NONE) \
  X(memory_init, 0xFC, 0x8, -1, "memory.init", "iii", "", "dm", WR_RULE_MEMORY_INIT, 1, 0, WR_FEATURE_BULK_MEMORY) \
  X(data_drop, 0xFC, 0x9, -1, "data.drop", "", "", "d", WR_RULE_DATA_DROP, 1, 0, WR_FEATURE_BULK_MEMORY) \
  X(memory_copy, 0xFC, 0xA, -1, "memory.copy", "iii", "", "mm", WR_RULE_MEMORY_COPY, 1, 0, WR_FEATURE_BULK_MEMORY) \
  X(memory_fill, 0xFC, 0xB, -1, "memory.fill", "iii", "", "m", WR_RULE_MEMORY_FILL, 1, 0, WR_FEATURE_BULK_MEMORY) \
  X(i32_const, 0x00, 0x41, -1, "i32.const", "", "i", "i", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_const, 0x00, 0x42, -1, "i64.const", "", "I", "I", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_const, 0x00, 0x43, -1, "f32.const", "", "f", "4", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_const, 0x00, 0x44, -1, "f64.const", "", "F", "8", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_eqz, 0x00, 0x45, -1, "i32.eqz", "i", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_eq, 0x00, 0x46, -1, "i32.eq", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_ne, 0x00, 0x47, -1, "i32.ne", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_lt_s, 0x00, 0x48, -1, "i32.lt_s", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_lt_u, 0x00, 0x49, -1, "i32.lt_u", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_gt_s, 0x00, 0x4A, -1, "i32.gt_s", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_gt_u, 0x00, 0x4B, -1, "i32.gt_u", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_le_s, 0x00, 0x4C, -1, "i32.le_s", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_le_u, 0x00, 0x4D, -1, "i32.le_u", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_ge_s, 0x00, 0x4E, -1, "i32.ge_s", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_ge_u, 0x00, 0x4F, -1, "i32.ge_u", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_eqz, 0x00, 0x50, -1, "i64.eqz", "I", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_eq, 0x00, 0x51, -1, "i64.eq", "II", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_ne, 0x00, 0x52, -1, "i64.ne", "II", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_lt_s, 0x00, 0x53, -1, "i64.lt_s", "II", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_lt_u, 0x00, 0x54, -1, "i64.lt_u", "II", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_gt_s, 0x00, 0x55, -1, "i64.gt_s", "II", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_gt_u, 0x00, 0x56, -1, "i64.gt_u", "II", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_le_s, 0x00, 0x57, -1, "i64.le_s", "II", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_le_u, 0x00, 0x58, -1, "i64.le_u", "II", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_ge_s, 0x00, 0x59, -1, "i64.ge_s", "II", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_ge_u, 0x00, 0x5A, -1, "i64.ge_u", "II", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_eq, 0x00, 0x5B, -1, "f32.eq", "ff", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_ne, 0x00, 0x5C, -1, "f32.ne", "ff", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_lt, 0x00, 0x5D, -1, "f32.lt", "ff", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_gt, 0x00, 0x5E, -1, "f32.gt", "ff", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_le, 0x00, 0x5F, -1, "f32.le", "ff", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_ge, 0x00, 0x60, -1, "f32.ge", "ff", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_eq, 0x00, 0x61, -1, "f64.eq", "FF", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_ne, 0x00, 0x62, -1, "f64.ne", "FF", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_lt, 0x00, 0x63, -1, "f64.lt", "FF", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_gt, 0x00, 0x64, -1, "f64.gt", "FF", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_le, 0x00, 0x65, -1, "f64.le", "FF", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_ge, 0x00, 0x66, -1, "f64.ge", "FF", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_clz, 0x00, 0x67, -1, "i32.clz", "i", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_ctz, 0x00, 0x68, -1, "i32.ctz", "i", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_popcnt, 0x00, 0x69, -1, "i32.popcnt", "i", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_add, 0x00, 0x6A, -1, "i32.add", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_sub, 0x00, 0x6B, -1, "i32.sub", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_mul, 0x00, 0x6C, -1, "i32.mul", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_div_s, 0x00, 0x6D, -1, "i32.div_s", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_div_u, 0x00, 0x6E, -1, "i32.div_u", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_rem_s, 0x00, 0x6F, -1, "i32.rem_s", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_rem_u, 0x00, 0x70, -1, "i32.rem_u", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_and, 0x00, 0x71, -1, "i32.and", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_or, 0x00, 0x72, -1, "i32.or", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_xor, 0x00, 0x73, -1, "i32.xor", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_shl, 0x00, 0x74, -1, "i32.shl", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_shr_s, 0x00, 0x75, -1, "i32.shr_s", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_shr_u, 0x00, 0x76, -1, "i32.shr_u", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_rotl, 0x00, 0x77, -1, "i32.rotl", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_rotr, 0x00, 0x78, -1, "i32.rotr", "ii", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_clz, 0x00, 0x79, -1, "i64.clz", "I", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_ctz, 0x00, 0x7A, -1, "i64.ctz", "I", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_popcnt, 0x00, 0x7B, -1, "i64.popcnt", "I", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_add, 0x00, 0x7C, -1, "i64.add", "II", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_sub, 0x00, 0x7D, -1, "i64.sub", "II", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_mul, 0x00, 0x7E, -1, "i64.mul", "II", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_div_s, 0x00, 0x7F, -1, "i64.div_s", "II", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_div_u, 0x00, 0x80, -1, "i64.div_u", "II", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_rem_s, 0x00, 0x81, -1, "i64.rem_s", "II", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_rem_u, 0x00, 0x82, -1, "i64.rem_u", "II", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_and, 0x00, 0x83, -1, "i64.and", "II", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_or, 0x00, 0x84, -1, "i64.or", "II", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_xor, 0x00, 0x85, -1, "i64.xor", "II", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_shl, 0x00, 0x86, -1, "i64.shl", "II", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_shr_s, 0x00, 0x87, -1, "i64.shr_s", "II", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_shr_u, 0x00, 0x88, -1, "i64.shr_u", "II", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_rotl, 0x00, 0x89, -1, "i64.rotl", "II", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_rotr, 0x00, 0x8A, -1, "i64.rotr", "II", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_abs, 0x00, 0x8B, -1, "f32.abs", "f", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_neg, 0x00, 0x8C, -1, "f32.neg", "f", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_ceil, 0x00, 0x8D, -1, "f32.ceil", "f", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_floor, 0x00, 0x8E, -1, "f32.floor", "f", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_trunc, 0x00, 0x8F, -1, "f32.trunc", "f", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_nearest, 0x00, 0x90, -1, "f32.nearest", "f", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_sqrt, 0x00, 0x91, -1, "f32.sqrt", "f", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_add, 0x00, 0x92, -1, "f32.add", "ff", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_sub, 0x00, 0x93, -1, "f32.sub", "ff", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_mul, 0x00, 0x94, -1, "f32.mul", "ff", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_div, 0x00, 0x95, -1, "f32.div", "ff", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_min, 0x00, 0x96, -1, "f32.min", "ff", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_max, 0x00, 0x97, -1, "f32.max", "ff", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_copysign, 0x00, 0x98, -1, "f32.copysign", "ff", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_abs, 0x00, 0x99, -1, "f64.abs", "F", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_neg, 0x00, 0x9A, -1, "f64.neg", "F", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_ceil, 0x00, 0x9B, -1, "f64.ceil", "F", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_floor, 0x00, 0x9C, -1, "f64.floor", "F", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_trunc, 0x00, 0x9D, -1, "f64.trunc", "F", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_nearest, 0x00, 0x9E, -1, "f64.nearest", "F", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_sqrt, 0x00, 0x9F, -1, "f64.sqrt", "F", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_add, 0x00, 0xA0, -1, "f64.add", "FF", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_sub, 0x00, 0xA1, -1, "f64.sub", "FF", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_mul, 0x00, 0xA2, -1, "f64.mul", "FF", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_div, 0x00, 0xA3, -1, "f64.div", "FF", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_min, 0x00, 0xA4, -1, "f64.min", "FF", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_max, 0x00, 0xA5, -1, "f64.max", "FF", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_copysign, 0x00, 0xA6, -1, "f64.copysign", "FF", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_wrap_i64, 0x00, 0xA7, -1, "i32.wrap_i64", "I", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_trunc_f32_s, 0x00, 0xA8, -1, "i32.trunc_f32_s", "f", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_trunc_f32_u, 0x00, 0xA9, -1, "i32.trunc_f32_u", "f", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_trunc_f64_s, 0x00, 0xAA, -1, "i32.trunc_f64_s", "F", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_trunc_f64_u, 0x00, 0xAB, -1, "i32.trunc_f64_u", "F", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_extend_i32_s, 0x00, 0xAC, -1, "i64.extend_i32_s", "i", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_extend_i32_u, 0x00, 0xAD, -1, "i64.extend_i32_u", "i", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_trunc_f32_s, 0x00, 0xAE, -1, "i64.trunc_f32_s", "f", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_trunc_f32_u, 0x00, 0xAF, -1, "i64.trunc_f32_u", "f", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_trunc_f64_s, 0x00, 0xB0, -1, "i64.trunc_f64_s", "F", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_trunc_f64_u, 0x00, 0xB1, -1, "i64.trunc_f64_u", "F", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_convert_i32_s, 0x00, 0xB2, -1, "f32.convert_i32_s", "i", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_convert_i32_u, 0x00, 0xB3, -1, "f32.convert_i32_u", "i", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_convert_i64_s, 0x00, 0xB4, -1, "f32.convert_i64_s", "I", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_convert_i64_u, 0x00, 0xB5, -1, "f32.convert_i64_u", "I", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_demote_f64, 0x00, 0xB6, -1, "f32.demote_f64", "F", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_convert_i32_s, 0x00, 0xB7, -1, "f64.convert_i32_s", "i", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_convert_i32_u, 0x00, 0xB8, -1, "f64.convert_i32_u", "i", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_convert_i64_s, 0x00, 0xB9, -1, "f64.convert_i64_s", "I", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_convert_i64_u, 0x00, 0xBA, -1, "f64.convert_i64_u", "I", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_promote_f32, 0x00, 0xBB, -1, "f64.promote_f32", "f", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_reinterpret_f32, 0x00, 0xBC, -1, "i32.reinterpret_f32", "f", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i64_reinterpret_f64, 0x00, 0xBD, -1, "i64.reinterpret_f64", "F", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f32_reinterpret_i32, 0x00, 0xBE, -1, "f32.reinterpret_i32", "i", "f", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(f64_reinterpret_i64, 0x00, 0xBF, -1, "f64.reinterpret_i64", "I", "F", "", WR_RULE_NONE, 1, 0, WR_FEATURE_NONE) \
  X(i32_extend8_s, 0x00, 0xC0, -1, "i32.extend8_s", "i", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIGN_EXTENSION) \
  X(i32_extend16_s, 0x00, 0xC1, -1, "i32.extend16_s", "i", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIGN_EXTENSION) \
  X(i64_extend8_s, 0x00, 0xC2, -1, "i64.extend8_s", "I", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIGN_EXTENSION) \
  X(i64_extend16_s, 0x00, 0xC3, -1, "i64.extend16_s", "I", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIGN_EXTENSION) \
  X(i64_extend32_s, 0x00, 0xC4, -1, "i64.extend32_s", "I", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIGN_EXTENSION) \
  X(i32_trunc_sat_f32_s, 0xFC, 0x0, -1, "i32.trunc_sat_f32_s", "f", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SATURATING_FLOAT_TO_INT) \
  X(i32_trunc_sat_f32_u, 0xFC, 0x1, -1, "i32.trunc_sat_f32_u", "f", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SATURATING_FLOAT_TO_INT) \
  X(i32_trunc_sat_f64_s, 0xFC, 0x2, -1, "i32.trunc_sat_f64_s", "F", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SATURATING_FLOAT_TO_INT) \
  X(i32_trunc_sat_f64_u, 0xFC, 0x3, -1, "i32.trunc_sat_f64_u", "F", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SATURATING_FLOAT_TO_INT) \
  X(i64_trunc_sat_f32_s, 0xFC, 0x4, -1, "i64.trunc_sat_f32_s", "f", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SATURATING_FLOAT_TO_INT) \
  X(i64_trunc_sat_f32_u, 0xFC, 0x5, -1, "i64.trunc_sat_f32_u", "f", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SATURATING_FLOAT_TO_INT) \
  X(i64_trunc_sat_f64_s, 0xFC, 0x6, -1, "i64.trunc_sat_f64_s", "F", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SATURATING_FLOAT_TO_INT) \
  X(i64_trunc_sat_f64_u, 0xFC, 0x7, -1, "i64.trunc_sat_f64_u", "F", "I", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SATURATING_FLOAT_TO_INT) \
  X(i64_add128, 0xFC, 0x13, -1, "i64.add128", "IIII", "II", "", WR_RULE_NONE, 1, 0, WR_FEATURE_WIDE_ARITHMETIC) \
  X(i64_sub128, 0xFC, 0x14, -1, "i64.sub128", "IIII", "II", "", WR_RULE_NONE, 1, 0, WR_FEATURE_WIDE_ARITHMETIC) \
  X(i64_mul_wide_s, 0xFC, 0x15, -1, "i64.mul_wide_s", "II", "II", "", WR_RULE_NONE, 1, 0, WR_FEATURE_WIDE_ARITHMETIC) \
  X(i64_mul_wide_u, 0xFC, 0x16, -1, "i64.mul_wide_u", "II", "II", "", WR_RULE_NONE, 1, 0, WR_FEATURE_WIDE_ARITHMETIC) \
  X(v128_load, 0xFD, 0x0, -1, "v128.load", "i", "v", "M", WR_RULE_LOAD, 1, 16, WR_FEATURE_SIMD) \
  X(v128_load8x8_s, 0xFD, 0x1, -1, "v128.load8x8_s", "i", "v", "M", WR_RULE_LOAD, 1, 8, WR_FEATURE_SIMD) \
  X(v128_load8x8_u, 0xFD, 0x2, -1, "v128.load8x8_u", "i", "v", "M", WR_RULE_LOAD, 1, 8, WR_FEATURE_SIMD) \
  X(v128_load16x4_s, 0xFD, 0x3, -1, "v128.load16x4_s", "i", "v", "M", WR_RULE_LOAD, 1, 8, WR_FEATURE_SIMD) \
  X(v128_load16x4_u, 0xFD, 0x4, -1, "v128.load16x4_u", "i", "v", "M", WR_RULE_LOAD, 1, 8, WR_FEATURE_SIMD) \
  X(v128_load32x2_s, 0xFD, 0x5, -1, "v128.load32x2_s", "i", "v", "M", WR_RULE_LOAD, 1, 8, WR_FEATURE_SIMD) \
  X(v128_load32x2_u, 0xFD, 0x6, -1, "v128.load32x2_u", "i", "v", "M", WR_RULE_LOAD, 1, 8, WR_FEATURE_SIMD) \
  X(v128_load8_splat, 0xFD, 0x7, -1, "v128.load8_splat", "i", "v", "M", WR_RULE_LOAD, 1, 1, WR_FEATURE_SIMD) \
  X(v128_load16_splat, 0xFD, 0x8, -1, "v128.load16_splat", "i", "v", "M", WR_RULE_LOAD, 1, 2, WR_FEATURE_SIMD) \
  X(v128_load32_splat, 0xFD, 0x9, -1, "v128.load32_splat", "i", "v", "M", WR_RULE_LOAD, 1, 4, WR_FEATURE_SIMD) \
  X(v128_load64_splat, 0xFD, 0xA, -1, "v128.load64_splat", "i", "v", "M", WR_RULE_LOAD, 1, 8, WR_FEATURE_SIMD) \
  X(v128_store, 0xFD, 0xB, -1, "v128.store", "iv", "", "M", WR_RULE_STORE, 1, 16, WR_FEATURE_SIMD) \
  X(v128_const, 0xFD, 0xC, -1, "v128.const", "", "v", "v", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(v128_load8_lane, 0xFD, 0x54, -1, "v128.load8_lane", "iv", "v", "Ma", WR_RULE_LOAD_LANE, 1, 1, WR_FEATURE_SIMD) \
  X(v128_load16_lane, 0xFD, 0x55, -1, "v128.load16_lane", "iv", "v", "Ma", WR_RULE_LOAD_LANE, 1, 2, WR_FEATURE_SIMD) \
  X(v128_load32_lane, 0xFD, 0x56, -1, "v128.load32_lane", "iv", "v", "Ma", WR_RULE_LOAD_LANE, 1, 4, WR_FEATURE_SIMD) \
  X(v128_load64_lane, 0xFD, 0x57, -1, "v128.load64_lane", "iv", "v", "Ma", WR_RULE_LOAD_LANE, 1, 8, WR_FEATURE_SIMD) \
  X(v128_store8_lane, 0xFD, 0x58, -1, "v128.store8_lane", "iv", "", "Ma", WR_RULE_STORE_LANE, 1, 1, WR_FEATURE_SIMD) \
  X(v128_store16_lane, 0xFD, 0x59, -1, "v128.store16_lane", "iv", "", "Ma", WR_RULE_STORE_LANE, 1, 2, WR_FEATURE_SIMD) \
  X(v128_store32_lane, 0xFD, 0x5A, -1, "v128.store32_lane", "iv", "", "Ma", WR_RULE_STORE_LANE, 1, 4, WR_FEATURE_SIMD) \
  X(v128_store64_lane, 0xFD, 0x5B, -1, "v128.store64_lane", "iv", "", "Ma", WR_RULE_STORE_LANE, 1, 8, WR_FEATURE_SIMD) \
  X(v128_load32_zero, 0xFD, 0x5C, -1, "v128.load32_zero", "i", "v", "M", WR_RULE_LOAD, 1, 4, WR_FEATURE_SIMD) \
  X(v128_load64_zero, 0xFD, 0x5D, -1, "v128.load64_zero", "i", "v", "M", WR_RULE_LOAD, 1, 8, WR_FEATURE_SIMD) \
  X(i8x16_shuffle, 0xFD, 0xD, -1, "i8x16.shuffle", "vv", "v", "A", WR_RULE_SHUFFLE, 1, 1, WR_FEATURE_SIMD) \
  X(i8x16_swizzle, 0xFD, 0xE, -1, "i8x16.swizzle", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_splat, 0xFD, 0xF, -1, "i8x16.splat", "i", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_splat, 0xFD, 0x10, -1, "i16x8.splat", "i", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_splat, 0xFD, 0x11, -1, "i32x4.splat", "i", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_splat, 0xFD, 0x12, -1, "i64x2.splat", "I", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_splat, 0xFD, 0x13, -1, "f32x4.splat", "f", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_splat, 0xFD, 0x14, -1, "f64x2.splat", "F", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_extract_lane_s, 0xFD, 0x15, -1, "i8x16.extract_lane_s", "v", "i", "a", WR_RULE_LANE, 1, 1, WR_FEATURE_SIMD) \
  X(i8x16_extract_lane_u, 0xFD, 0x16, -1, "i8x16.extract_lane_u", "v", "i", "a", WR_RULE_LANE, 1, 1, WR_FEATURE_SIMD) \
  X(i8x16_replace_lane, 0xFD, 0x17, -1, "i8x16.replace_lane", "vi", "v", "a", WR_RULE_LANE, 1, 1, WR_FEATURE_SIMD) \
  X(i16x8_extract_lane_s, 0xFD, 0x18, -1, "i16x8.extract_lane_s", "v", "i", "a", WR_RULE_LANE, 1, 2, WR_FEATURE_SIMD) \
  X(i16x8_extract_lane_u, 0xFD, 0x19, -1, "i16x8.extract_lane_u", "v", "i", "a", WR_RULE_LANE, 1, 2, WR_FEATURE_SIMD) \
  X(i16x8_replace_lane, 0xFD, 0x1A, -1, "i16x8.replace_lane", "vi", "v", "a", WR_RULE_LANE, 1, 2, WR_FEATURE_SIMD) \
  X(i32x4_extract_lane, 0xFD, 0x1B, -1, "i32x4.extract_lane", "v", "i", "a", WR_RULE_LANE, 1, 4, WR_FEATURE_SIMD) \
  X(i32x4_replace_lane, 0xFD, 0x1C, -1, "i32x4.replace_lane", "vi", "v", "a", WR_RULE_LANE, 1, 4, WR_FEATURE_SIMD) \
  X(i64x2_extract_lane, 0xFD, 0x1D, -1, "i64x2.extract_lane", "v", "I", "a", WR_RULE_LANE, 1, 8, WR_FEATURE_SIMD) \
  X(i64x2_replace_lane, 0xFD, 0x1E, -1, "i64x2.replace_lane", "vI", "v", "a", WR_RULE_LANE, 1, 8, WR_FEATURE_SIMD) \
  X(f32x4_extract_lane, 0xFD, 0x1F, -1, "f32x4.extract_lane", "v", "f", "a", WR_RULE_LANE, 1, 4, WR_FEATURE_SIMD) \
  X(f32x4_replace_lane, 0xFD, 0x20, -1, "f32x4.replace_lane", "vf", "v", "a", WR_RULE_LANE, 1, 4, WR_FEATURE_SIMD) \
  X(f64x2_extract_lane, 0xFD, 0x21, -1, "f64x2.extract_lane", "v", "F", "a", WR_RULE_LANE, 1, 8, WR_FEATURE_SIMD) \
  X(f64x2_replace_lane, 0xFD, 0x22, -1, "f64x2.replace_lane", "vF", "v", "a", WR_RULE_LANE, 1, 8, WR_FEATURE_SIMD) \
  X(i8x16_eq, 0xFD, 0x23, -1, "i8x16.eq", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_ne, 0xFD, 0x24, -1, "i8x16.ne", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_lt_s, 0xFD, 0x25, -1, "i8x16.lt_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_lt_u, 0xFD, 0x26, -1, "i8x16.lt_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_gt_s, 0xFD, 0x27, -1, "i8x16.gt_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_gt_u, 0xFD, 0x28, -1, "i8x16.gt_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_le_s, 0xFD, 0x29, -1, "i8x16.le_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_le_u, 0xFD, 0x2A, -1, "i8x16.le_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_ge_s, 0xFD, 0x2B, -1, "i8x16.ge_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_ge_u, 0xFD, 0x2C, -1, "i8x16.ge_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_eq, 0xFD, 0x2D, -1, "i16x8.eq", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_ne, 0xFD, 0x2E, -1, "i16x8.ne", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_lt_s, 0xFD, 0x2F, -1, "i16x8.lt_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_lt_u, 0xFD, 0x30, -1, "i16x8.lt_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_gt_s, 0xFD, 0x31, -1, "i16x8.gt_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_gt_u, 0xFD, 0x32, -1, "i16x8.gt_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_le_s, 0xFD, 0x33, -1, "i16x8.le_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_le_u, 0xFD, 0x34, -1, "i16x8.le_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_ge_s, 0xFD, 0x35, -1, "i16x8.ge_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_ge_u, 0xFD, 0x36, -1, "i16x8.ge_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_eq, 0xFD, 0x37, -1, "i32x4.eq", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_ne, 0xFD, 0x38, -1, "i32x4.ne", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_lt_s, 0xFD, 0x39, -1, "i32x4.lt_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_lt_u, 0xFD, 0x3A, -1, "i32x4.lt_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_gt_s, 0xFD, 0x3B, -1, "i32x4.gt_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_gt_u, 0xFD, 0x3C, -1, "i32x4.gt_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_le_s, 0xFD, 0x3D, -1, "i32x4.le_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_le_u, 0xFD, 0x3E, -1, "i32x4.le_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_ge_s, 0xFD, 0x3F, -1, "i32x4.ge_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_ge_u, 0xFD, 0x40, -1, "i32x4.ge_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_eq, 0xFD, 0x41, -1, "f32x4.eq", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_ne, 0xFD, 0x42, -1, "f32x4.ne", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_lt, 0xFD, 0x43, -1, "f32x4.lt", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_gt, 0xFD, 0x44, -1, "f32x4.gt", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_le, 0xFD, 0x45, -1, "f32x4.le", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_ge, 0xFD, 0x46, -1, "f32x4.ge", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_eq, 0xFD, 0x47, -1, "f64x2.eq", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_ne, 0xFD, 0x48, -1, "f64x2.ne", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_lt, 0xFD, 0x49, -1, "f64x2.lt", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_gt, 0xFD, 0x4A, -1, "f64x2.gt", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_le, 0xFD, 0x4B, -1, "f64x2.le", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_ge, 0xFD, 0x4C, -1, "f64x2.ge", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_eq, 0xFD, 0xD6, -1, "i64x2.eq", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_ne, 0xFD, 0xD7, -1, "i64x2.ne", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_lt_s, 0xFD, 0xD8, -1, "i64x2.lt_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_gt_s, 0xFD, 0xD9, -1, "i64x2.gt_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_le_s, 0xFD, 0xDA, -1, "i64x2.le_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_ge_s, 0xFD, 0xDB, -1, "i64x2.ge_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(v128_not, 0xFD, 0x4D, -1, "v128.not", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(v128_and, 0xFD, 0x4E, -1, "v128.and", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(v128_andnot, 0xFD, 0x4F, -1, "v128.andnot", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(v128_or, 0xFD, 0x50, -1, "v128.or", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(v128_xor, 0xFD, 0x51, -1, "v128.xor", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(v128_bitselect, 0xFD, 0x52, -1, "v128.bitselect", "vvv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(v128_any_true, 0xFD, 0x53, -1, "v128.any_true", "v", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_all_true, 0xFD, 0x63, -1, "i8x16.all_true", "v", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_bitmask, 0xFD, 0x64, -1, "i8x16.bitmask", "v", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_shl, 0xFD, 0x6B, -1, "i8x16.shl", "vi", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_shr_s, 0xFD, 0x6C, -1, "i8x16.shr_s", "vi", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_shr_u, 0xFD, 0x6D, -1, "i8x16.shr_u", "vi", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_all_true, 0xFD, 0x83, -1, "i16x8.all_true", "v", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_bitmask, 0xFD, 0x84, -1, "i16x8.bitmask", "v", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_shl, 0xFD, 0x8B, -1, "i16x8.shl", "vi", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_shr_s, 0xFD, 0x8C, -1, "i16x8.shr_s", "vi", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_shr_u, 0xFD, 0x8D, -1, "i16x8.shr_u", "vi", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_all_true, 0xFD, 0xA3, -1, "i32x4.all_true", "v", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_bitmask, 0xFD, 0xA4, -1, "i32x4.bitmask", "v", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_shl, 0xFD, 0xAB, -1, "i32x4.shl", "vi", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_shr_s, 0xFD, 0xAC, -1, "i32x4.shr_s", "vi", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_shr_u, 0xFD, 0xAD, -1, "i32x4.shr_u", "vi", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_all_true, 0xFD, 0xC3, -1, "i64x2.all_true", "v", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_bitmask, 0xFD, 0xC4, -1, "i64x2.bitmask", "v", "i", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_shl, 0xFD, 0xCB, -1, "i64x2.shl", "vi", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_shr_s, 0xFD, 0xCC, -1, "i64x2.shr_s", "vi", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_shr_u, 0xFD, 0xCD, -1, "i64x2.shr_u", "vi", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_abs, 0xFD, 0x60, -1, "i8x16.abs", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_neg, 0xFD, 0x61, -1, "i8x16.neg", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_popcnt, 0xFD, 0x62, -1, "i8x16.popcnt", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_add, 0xFD, 0x6E, -1, "i8x16.add", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_add_sat_s, 0xFD, 0x6F, -1, "i8x16.add_sat_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_add_sat_u, 0xFD, 0x70, -1, "i8x16.add_sat_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_sub, 0xFD, 0x71, -1, "i8x16.sub", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_sub_sat_s, 0xFD, 0x72, -1, "i8x16.sub_sat_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_sub_sat_u, 0xFD, 0x73, -1, "i8x16.sub_sat_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_min_s, 0xFD, 0x76, -1, "i8x16.min_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_min_u, 0xFD, 0x77, -1, "i8x16.min_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_max_s, 0xFD, 0x78, -1, "i8x16.max_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_max_u, 0xFD, 0x79, -1, "i8x16.max_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_avgr_u, 0xFD, 0x7B, -1, "i8x16.avgr_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_abs, 0xFD, 0x80, -1, "i16x8.abs", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_neg, 0xFD, 0x81, -1, "i16x8.neg", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_q15mulr_sat_s, 0xFD, 0x82, -1, "i16x8.q15mulr_sat_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_add, 0xFD, 0x8E, -1, "i16x8.add", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_add_sat_s, 0xFD, 0x8F, -1, "i16x8.add_sat_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_add_sat_u, 0xFD, 0x90, -1, "i16x8.add_sat_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_sub, 0xFD, 0x91, -1, "i16x8.sub", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_sub_sat_s, 0xFD, 0x92, -1, "i16x8.sub_sat_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_sub_sat_u, 0xFD, 0x93, -1, "i16x8.sub_sat_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_mul, 0xFD, 0x95, -1, "i16x8.mul", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_min_s, 0xFD, 0x96, -1, "i16x8.min_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_min_u, 0xFD, 0x97, -1, "i16x8.min_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_max_s, 0xFD, 0x98, -1, "i16x8.max_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_max_u, 0xFD, 0x99, -1, "i16x8.max_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_avgr_u, 0xFD, 0x9B, -1, "i16x8.avgr_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_abs, 0xFD, 0xA0, -1, "i32x4.abs", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_neg, 0xFD, 0xA1, -1, "i32x4.neg", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_add, 0xFD, 0xAE, -1, "i32x4.add", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_sub, 0xFD, 0xB1, -1, "i32x4.sub", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_mul, 0xFD, 0xB5, -1, "i32x4.mul", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_min_s, 0xFD, 0xB6, -1, "i32x4.min_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_min_u, 0xFD, 0xB7, -1, "i32x4.min_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_max_s, 0xFD, 0xB8, -1, "i32x4.max_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_max_u, 0xFD, 0xB9, -1, "i32x4.max_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_dot_i16x8_s, 0xFD, 0xBA, -1, "i32x4.dot_i16x8_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_abs, 0xFD, 0xC0, -1, "i64x2.abs", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_neg, 0xFD, 0xC1, -1, "i64x2.neg", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_add, 0xFD, 0xCE, -1, "i64x2.add", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_sub, 0xFD, 0xD1, -1, "i64x2.sub", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_mul, 0xFD, 0xD5, -1, "i64x2.mul", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_extadd_pairwise_i8x16_s, 0xFD, 0x7C, -1, "i16x8.extadd_pairwise_i8x16_s", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_extadd_pairwise_i8x16_u, 0xFD, 0x7D, -1, "i16x8.extadd_pairwise_i8x16_u", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_extadd_pairwise_i16x8_s, 0xFD, 0x7E, -1, "i32x4.extadd_pairwise_i16x8_s", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_extadd_pairwise_i16x8_u, 0xFD, 0x7F, -1, "i32x4.extadd_pairwise_i16x8_u", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_narrow_i16x8_s, 0xFD, 0x65, -1, "i8x16.narrow_i16x8_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_narrow_i16x8_u, 0xFD, 0x66, -1, "i8x16.narrow_i16x8_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_narrow_i32x4_s, 0xFD, 0x85, -1, "i16x8.narrow_i32x4_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_narrow_i32x4_u, 0xFD, 0x86, -1, "i16x8.narrow_i32x4_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_extend_low_i8x16_s, 0xFD, 0x87, -1, "i16x8.extend_low_i8x16_s", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_extend_high_i8x16_s, 0xFD, 0x88, -1, "i16x8.extend_high_i8x16_s", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_extend_low_i8x16_u, 0xFD, 0x89, -1, "i16x8.extend_low_i8x16_u", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_extend_high_i8x16_u, 0xFD, 0x8A, -1, "i16x8.extend_high_i8x16_u", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_extend_low_i16x8_s, 0xFD, 0xA7, -1, "i32x4.extend_low_i16x8_s", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_extend_high_i16x8_s, 0xFD, 0xA8, -1, "i32x4.extend_high_i16x8_s", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_extend_low_i16x8_u, 0xFD, 0xA9, -1, "i32x4.extend_low_i16x8_u", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_extend_high_i16x8_u, 0xFD, 0xAA, -1, "i32x4.extend_high_i16x8_u", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_extend_low_i32x4_s, 0xFD, 0xC7, -1, "i64x2.extend_low_i32x4_s", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_extend_high_i32x4_s, 0xFD, 0xC8, -1, "i64x2.extend_high_i32x4_s", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_extend_low_i32x4_u, 0xFD, 0xC9, -1, "i64x2.extend_low_i32x4_u", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_extend_high_i32x4_u, 0xFD, 0xCA, -1, "i64x2.extend_high_i32x4_u", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_extmul_low_i8x16_s, 0xFD, 0x9C, -1, "i16x8.extmul_low_i8x16_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_extmul_high_i8x16_s, 0xFD, 0x9D, -1, "i16x8.extmul_high_i8x16_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_extmul_low_i8x16_u, 0xFD, 0x9E, -1, "i16x8.extmul_low_i8x16_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i16x8_extmul_high_i8x16_u, 0xFD, 0x9F, -1, "i16x8.extmul_high_i8x16_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_extmul_low_i16x8_s, 0xFD, 0xBC, -1, "i32x4.extmul_low_i16x8_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_extmul_high_i16x8_s, 0xFD, 0xBD, -1, "i32x4.extmul_high_i16x8_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_extmul_low_i16x8_u, 0xFD, 0xBE, -1, "i32x4.extmul_low_i16x8_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_extmul_high_i16x8_u, 0xFD, 0xBF, -1, "i32x4.extmul_high_i16x8_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_extmul_low_i32x4_s, 0xFD, 0xDC, -1, "i64x2.extmul_low_i32x4_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_extmul_high_i32x4_s, 0xFD, 0xDD, -1, "i64x2.extmul_high_i32x4_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_extmul_low_i32x4_u, 0xFD, 0xDE, -1, "i64x2.extmul_low_i32x4_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i64x2_extmul_high_i32x4_u, 0xFD, 0xDF, -1, "i64x2.extmul_high_i32x4_u", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_ceil, 0xFD, 0x67, -1, "f32x4.ceil", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_floor, 0xFD, 0x68, -1, "f32x4.floor", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_trunc, 0xFD, 0x69, -1, "f32x4.trunc", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_nearest, 0xFD, 0x6A, -1, "f32x4.nearest", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_abs, 0xFD, 0xE0, -1, "f32x4.abs", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_neg, 0xFD, 0xE1, -1, "f32x4.neg", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_sqrt, 0xFD, 0xE3, -1, "f32x4.sqrt", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_add, 0xFD, 0xE4, -1, "f32x4.add", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_sub, 0xFD, 0xE5, -1, "f32x4.sub", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_mul, 0xFD, 0xE6, -1, "f32x4.mul", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_div, 0xFD, 0xE7, -1, "f32x4.div", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_min, 0xFD, 0xE8, -1, "f32x4.min", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_max, 0xFD, 0xE9, -1, "f32x4.max", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_pmin, 0xFD, 0xEA, -1, "f32x4.pmin", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_pmax, 0xFD, 0xEB, -1, "f32x4.pmax", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_ceil, 0xFD, 0x74, -1, "f64x2.ceil", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_floor, 0xFD, 0x75, -1, "f64x2.floor", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_trunc, 0xFD, 0x7A, -1, "f64x2.trunc", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_nearest, 0xFD, 0x94, -1, "f64x2.nearest", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_abs, 0xFD, 0xEC, -1, "f64x2.abs", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_neg, 0xFD, 0xED, -1, "f64x2.neg", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_sqrt, 0xFD, 0xEF, -1, "f64x2.sqrt", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_add, 0xFD, 0xF0, -1, "f64x2.add", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_sub, 0xFD, 0xF1, -1, "f64x2.sub", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_mul, 0xFD, 0xF2, -1, "f64x2.mul", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_div, 0xFD, 0xF3, -1, "f64x2.div", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_min, 0xFD, 0xF4, -1, "f64x2.min", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_max, 0xFD, 0xF5, -1, "f64x2.max", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_pmin, 0xFD, 0xF6, -1, "f64x2.pmin", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_pmax, 0xFD, 0xF7, -1, "f64x2.pmax", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_demote_f64x2_zero, 0xFD, 0x5E, -1, "f32x4.demote_f64x2_zero", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_promote_low_f32x4, 0xFD, 0x5F, -1, "f64x2.promote_low_f32x4", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_trunc_sat_f32x4_s, 0xFD, 0xF8, -1, "i32x4.trunc_sat_f32x4_s", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_trunc_sat_f32x4_u, 0xFD, 0xF9, -1, "i32x4.trunc_sat_f32x4_u", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_convert_i32x4_s, 0xFD, 0xFA, -1, "f32x4.convert_i32x4_s", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f32x4_convert_i32x4_u, 0xFD, 0xFB, -1, "f32x4.convert_i32x4_u", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_trunc_sat_f64x2_s_zero, 0xFD, 0xFC, -1, "i32x4.trunc_sat_f64x2_s_zero", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i32x4_trunc_sat_f64x2_u_zero, 0xFD, 0xFD, -1, "i32x4.trunc_sat_f64x2_u_zero", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_convert_low_i32x4_s, 0xFD, 0xFE, -1, "f64x2.convert_low_i32x4_s", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(f64x2_convert_low_i32x4_u, 0xFD, 0xFF, -1, "f64x2.convert_low_i32x4_u", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_SIMD) \
  X(i8x16_relaxed_swizzle, 0xFD, 0x100, -1, "i8x16.relaxed_swizzle", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(i32x4_relaxed_trunc_f32x4_s, 0xFD, 0x101, -1, "i32x4.relaxed_trunc_f32x4_s", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(i32x4_relaxed_trunc_f32x4_u, 0xFD, 0x102, -1, "i32x4.relaxed_trunc_f32x4_u", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(i32x4_relaxed_trunc_f64x2_s_zero, 0xFD, 0x103, -1, "i32x4.relaxed_trunc_f64x2_s_zero", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(i32x4_relaxed_trunc_f64x2_u_zero, 0xFD, 0x104, -1, "i32x4.relaxed_trunc_f64x2_u_zero", "v", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(f32x4_relaxed_madd, 0xFD, 0x105, -1, "f32x4.relaxed_madd", "vvv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(f32x4_relaxed_nmadd, 0xFD, 0x106, -1, "f32x4.relaxed_nmadd", "vvv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(f64x2_relaxed_madd, 0xFD, 0x107, -1, "f64x2.relaxed_madd", "vvv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(f64x2_relaxed_nmadd, 0xFD, 0x108, -1, "f64x2.relaxed_nmadd", "vvv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(i8x16_relaxed_laneselect, 0xFD, 0x109, -1, "i8x16.relaxed_laneselect", "vvv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(i16x8_relaxed_laneselect, 0xFD, 0x10A, -1, "i16x8.relaxed_laneselect", "vvv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(i32x4_relaxed_laneselect, 0xFD, 0x10B, -1, "i32x4.relaxed_laneselect", "vvv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(i64x2_relaxed_laneselect, 0xFD, 0x10C, -1, "i64x2.relaxed_laneselect", "vvv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(f32x4_relaxed_min, 0xFD, 0x10D, -1, "f32x4.relaxed_min", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(f32x4_relaxed_max, 0xFD, 0x10E, -1, "f32x4.relaxed_max", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(f64x2_relaxed_min, 0xFD, 0x10F, -1, "f64x2.relaxed_min", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(f64x2_relaxed_max, 0xFD, 0x110, -1, "f64x2.relaxed_max", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(i16x8_relaxed_q15mulr_s, 0xFD, 0x111, -1, "i16x8.relaxed_q15mulr_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(i16x8_relaxed_dot_i8x16_i7x16_s, 0xFD, 0x112, -1, "i16x8.relaxed_dot_i8x16_i7x16_s", "vv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(i32x4_relaxed_dot_i8x16_i7x16_add_s, 0xFD, 0x113, -1, "i32x4.relaxed_dot_i8x16_i7x16_add_s", "vvv", "v", "", WR_RULE_NONE, 1, 0, WR_FEATURE_RELAXED_SIMD) \
  X(memory_atomic_notify, 0xFE, 0x0, -1, "memory.atomic.notify", "ii", "i", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(memory_atomic_wait32, 0xFE, 0x1, -1, "memory.atomic.wait32", "iiI", "i", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(memory_atomic_wait64, 0xFE, 0x2, -1, "memory.atomic.wait64", "iII", "i", "M", WR_RULE_ATOMIC, 1, 8, WR_FEATURE_THREADS) \
  X(atomic_fence, 0xFE, 0x3, -1, "atomic.fence", "", "", "", WR_RULE_NONE, 1, 0, WR_FEATURE_THREADS) \
  X(i32_atomic_load, 0xFE, 0x10, -1, "i32.atomic.load", "i", "i", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(i64_atomic_load, 0xFE, 0x11, -1, "i64.atomic.load", "i", "I", "M", WR_RULE_ATOMIC, 1, 8, WR_FEATURE_THREADS) \
  X(i32_atomic_load8_u, 0xFE, 0x12, -1, "i32.atomic.load8_u", "i", "i", "M", WR_RULE_ATOMIC, 1, 1, WR_FEATURE_THREADS) \
  X(i32_atomic_load16_u, 0xFE, 0x13, -1, "i32.atomic.load16_u", "i", "i", "M", WR_RULE_ATOMIC, 1, 2, WR_FEATURE_THREADS) \
  X(i64_atomic_load8_u, 0xFE, 0x14, -1, "i64.atomic.load8_u", "i", "I", "M", WR_RULE_ATOMIC, 1, 1, WR_FEATURE_THREADS) \
  X(i64_atomic_load16_u, 0xFE, 0x15, -1, "i64.atomic.load16_u", "i", "I", "M", WR_RULE_ATOMIC, 1, 2, WR_FEATURE_THREADS) \
  X(i64_atomic_load32_u, 0xFE, 0x16, -1, "i64.atomic.load32_u", "i", "I", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(i32_atomic_store, 0xFE, 0x17, -1, "i32.atomic.store", "ii", "", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(i64_atomic_store, 0xFE, 0x18, -1, "i64.atomic.store", "iI", "", "M", WR_RULE_ATOMIC, 1, 8, WR_FEATURE_THREADS) \
  X(i32_atomic_store8, 0xFE, 0x19, -1, "i32.atomic.store8", "ii", "", "M", WR_RULE_ATOMIC, 1, 1, WR_FEATURE_THREADS) \
  X(i32_atomic_store16, 0xFE, 0x1A, -1, "i32.atomic.store16", "ii", "", "M", WR_RULE_ATOMIC, 1, 2, WR_FEATURE_THREADS) \
  X(i64_atomic_store8, 0xFE, 0x1B, -1, "i64.atomic.store8", "iI", "", "M", WR_RULE_ATOMIC, 1, 1, WR_FEATURE_THREADS) \
  X(i64_atomic_store16, 0xFE, 0x1C, -1, "i64.atomic.store16", "iI", "", "M", WR_RULE_ATOMIC, 1, 2, WR_FEATURE_THREADS) \
  X(i64_atomic_store32, 0xFE, 0x1D, -1, "i64.atomic.store32", "iI", "", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw_add, 0xFE, 0x1E, -1, "i32.atomic.rmw.add", "ii", "i", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw_add, 0xFE, 0x1F, -1, "i64.atomic.rmw.add", "iI", "I", "M", WR_RULE_ATOMIC, 1, 8, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw8_add_u, 0xFE, 0x20, -1, "i32.atomic.rmw8.add_u", "ii", "i", "M", WR_RULE_ATOMIC, 1, 1, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw16_add_u, 0xFE, 0x21, -1, "i32.atomic.rmw16.add_u", "ii", "i", "M", WR_RULE_ATOMIC, 1, 2, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw8_add_u, 0xFE, 0x22, -1, "i64.atomic.rmw8.add_u", "iI", "I", "M", WR_RULE_ATOMIC, 1, 1, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw16_add_u, 0xFE, 0x23, -1, "i64.atomic.rmw16.add_u", "iI", "I", "M", WR_RULE_ATOMIC, 1, 2, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw32_add_u, 0xFE, 0x24, -1, "i64.atomic.rmw32.add_u", "iI", "I", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw_sub, 0xFE, 0x25, -1, "i32.atomic.rmw.sub", "ii", "i", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw_sub, 0xFE, 0x26, -1, "i64.atomic.rmw.sub", "iI", "I", "M", WR_RULE_ATOMIC, 1, 8, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw8_sub_u, 0xFE, 0x27, -1, "i32.atomic.rmw8.sub_u", "ii", "i", "M", WR_RULE_ATOMIC, 1, 1, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw16_sub_u, 0xFE, 0x28, -1, "i32.atomic.rmw16.sub_u", "ii", "i", "M", WR_RULE_ATOMIC, 1, 2, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw8_sub_u, 0xFE, 0x29, -1, "i64.atomic.rmw8.sub_u", "iI", "I", "M", WR_RULE_ATOMIC, 1, 1, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw16_sub_u, 0xFE, 0x2A, -1, "i64.atomic.rmw16.sub_u", "iI", "I", "M", WR_RULE_ATOMIC, 1, 2, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw32_sub_u, 0xFE, 0x2B, -1, "i64.atomic.rmw32.sub_u", "iI", "I", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw_and, 0xFE, 0x2C, -1, "i32.atomic.rmw.and", "ii", "i", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw_and, 0xFE, 0x2D, -1, "i64.atomic.rmw.and", "iI", "I", "M", WR_RULE_ATOMIC, 1, 8, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw8_and_u, 0xFE, 0x2E, -1, "i32.atomic.rmw8.and_u", "ii", "i", "M", WR_RULE_ATOMIC, 1, 1, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw16_and_u, 0xFE, 0x2F, -1, "i32.atomic.rmw16.and_u", "ii", "i", "M", WR_RULE_ATOMIC, 1, 2, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw8_and_u, 0xFE, 0x30, -1, "i64.atomic.rmw8.and_u", "iI", "I", "M", WR_RULE_ATOMIC, 1, 1, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw16_and_u, 0xFE, 0x31, -1, "i64.atomic.rmw16.and_u", "iI", "I", "M", WR_RULE_ATOMIC, 1, 2, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw32_and_u, 0xFE, 0x32, -1, "i64.atomic.rmw32.and_u", "iI", "I", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw_or, 0xFE, 0x33, -1, "i32.atomic.rmw.or", "ii", "i", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw_or, 0xFE, 0x34, -1, "i64.atomic.rmw.or", "iI", "I", "M", WR_RULE_ATOMIC, 1, 8, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw8_or_u, 0xFE, 0x35, -1, "i32.atomic.rmw8.or_u", "ii", "i", "M", WR_RULE_ATOMIC, 1, 1, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw16_or_u, 0xFE, 0x36, -1, "i32.atomic.rmw16.or_u", "ii", "i", "M", WR_RULE_ATOMIC, 1, 2, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw8_or_u, 0xFE, 0x37, -1, "i64.atomic.rmw8.or_u", "iI", "I", "M", WR_RULE_ATOMIC, 1, 1, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw16_or_u, 0xFE, 0x38, -1, "i64.atomic.rmw16.or_u", "iI", "I", "M", WR_RULE_ATOMIC, 1, 2, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw32_or_u, 0xFE, 0x39, -1, "i64.atomic.rmw32.or_u", "iI", "I", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw_xor, 0xFE, 0x3A, -1, "i32.atomic.rmw.xor", "ii", "i", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw_xor, 0xFE, 0x3B, -1, "i64.atomic.rmw.xor", "iI", "I", "M", WR_RULE_ATOMIC, 1, 8, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw8_xor_u, 0xFE, 0x3C, -1, "i32.atomic.rmw8.xor_u", "ii", "i", "M", WR_RULE_ATOMIC, 1, 1, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw16_xor_u, 0xFE, 0x3D, -1, "i32.atomic.rmw16.xor_u", "ii", "i", "M", WR_RULE_ATOMIC, 1, 2, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw8_xor_u, 0xFE, 0x3E, -1, "i64.atomic.rmw8.xor_u", "iI", "I", "M", WR_RULE_ATOMIC, 1, 1, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw16_xor_u, 0xFE, 0x3F, -1, "i64.atomic.rmw16.xor_u", "iI", "I", "M", WR_RULE_ATOMIC, 1, 2, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw32_xor_u, 0xFE, 0x40, -1, "i64.atomic.rmw32.xor_u", "iI", "I", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw_xchg, 0xFE, 0x41, -1, "i32.atomic.rmw.xchg", "ii", "i", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw_xchg, 0xFE, 0x42, -1, "i64.atomic.rmw.xchg", "iI", "I", "M", WR_RULE_ATOMIC, 1, 8, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw8_xchg_u, 0xFE, 0x43, -1, "i32.atomic.rmw8.xchg_u", "ii", "i", "M", WR_RULE_ATOMIC, 1, 1, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw16_xchg_u, 0xFE, 0x44, -1, "i32.atomic.rmw16.xchg_u", "ii", "i", "M", WR_RULE_ATOMIC, 1, 2, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw8_xchg_u, 0xFE, 0x45, -1, "i64.atomic.rmw8.xchg_u", "iI", "I", "M", WR_RULE_ATOMIC, 1, 1, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw16_xchg_u, 0xFE, 0x46, -1, "i64.atomic.rmw16.xchg_u", "iI", "I", "M", WR_RULE_ATOMIC, 1, 2, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw32_xchg_u, 0xFE, 0x47, -1, "i64.atomic.rmw32.xchg_u", "iI", "I", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw_cmpxchg, 0xFE, 0x48, -1, "i32.atomic.rmw.cmpxchg", "iii", "i", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw_cmpxchg, 0xFE, 0x49, -1, "i64.atomic.rmw.cmpxchg", "iII", "I", "M", WR_RULE_ATOMIC, 1, 8, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw8_cmpxchg_u, 0xFE, 0x4A, -1, "i32.atomic.rmw8.cmpxchg_u", "iii", "i", "M", WR_RULE_ATOMIC, 1, 1, WR_FEATURE_THREADS) \
  X(i32_atomic_rmw16_cmpxchg_u, 0xFE, 0x4B, -1, "i32.atomic.rmw16.cmpxchg_u", "iii", "i", "M", WR_RULE_ATOMIC, 1, 2, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw8_cmpxchg_u, 0xFE, 0x4C, -1, "i64.atomic.rmw8.cmpxchg_u", "iII", "I", "M", WR_RULE_ATOMIC, 1, 1, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw16_cmpxchg_u, 0xFE, 0x4D, -1, "i64.atomic.rmw16.cmpxchg_u", "iII", "I", "M", WR_RULE_ATOMIC, 1, 2, WR_FEATURE_THREADS) \
  X(i64_atomic_rmw32_cmpxchg_u, 0xFE, 0x4E, -1, "i64.atomic.rmw32.cmpxchg_u", "iII", "I", "M", WR_RULE_ATOMIC, 1, 4, WR_FEATURE_THREADS) \


enum wr_rule {
  WR_RULE_NONE,
  WR_RULE_ANY_CONVERT_EXTERN,
  WR_RULE_ARRAY_COPY,
  WR_RULE_ARRAY_FILL,
  WR_RULE_ARRAY_GET,
  WR_RULE_ARRAY_GET_PACKED,
  WR_RULE_ARRAY_INIT_DATA,
  WR_RULE_ARRAY_INIT_ELEM,
  WR_RULE_ARRAY_NEW,
  WR_RULE_ARRAY_NEW_DATA,
  WR_RULE_ARRAY_NEW_DEFAULT,
  WR_RULE_ARRAY_NEW_ELEM,
  WR_RULE_ARRAY_NEW_FIXED,
  WR_RULE_ARRAY_SET,
  WR_RULE_ATOMIC,
  WR_RULE_BLOCK,
  WR_RULE_BR,
  WR_RULE_BR_IF,
  WR_RULE_BR_ON_CAST,
  WR_RULE_BR_ON_CAST_FAIL,
  WR_RULE_BR_ON_NON_NULL,
  WR_RULE_BR_ON_NULL,
  WR_RULE_BR_TABLE,
  WR_RULE_CALL,
  WR_RULE_CALL_INDIRECT,
  WR_RULE_CALL_REF,
  WR_RULE_CATCH,
  WR_RULE_CATCH_ALL,
  WR_RULE_DATA_DROP,
  WR_RULE_DELEGATE,
  WR_RULE_DROP,
  WR_RULE_ELEM_DROP,
  WR_RULE_ELSE,
  WR_RULE_END,
  WR_RULE_EXTERN_CONVERT_ANY,
  WR_RULE_GLOBAL_GET,
  WR_RULE_GLOBAL_SET,
  WR_RULE_IF,
  WR_RULE_LANE,
  WR_RULE_LOAD,
  WR_RULE_LOAD_LANE,
  WR_RULE_LOCAL_GET,
  WR_RULE_LOCAL_SET,
  WR_RULE_LOCAL_TEE,
  WR_RULE_LOOP,
  WR_RULE_MEMORY_COPY,
  WR_RULE_MEMORY_FILL,
  WR_RULE_MEMORY_GROW,
  WR_RULE_MEMORY_INIT,
  WR_RULE_MEMORY_SIZE,
  WR_RULE_REF_AS_NON_NULL,
  WR_RULE_REF_CAST,
  WR_RULE_REF_FUNC,
  WR_RULE_REF_IS_NULL,
  WR_RULE_REF_NULL,
  WR_RULE_REF_TEST,
  WR_RULE_RETHROW,
  WR_RULE_RETURN,
  WR_RULE_RETURN_CALL,
  WR_RULE_RETURN_CALL_INDIRECT,
  WR_RULE_RETURN_CALL_REF,
  WR_RULE_SELECT,
  WR_RULE_SELECT_T,
  WR_RULE_SHUFFLE,
  WR_RULE_STORE,
  WR_RULE_STORE_LANE,
  WR_RULE_STRUCT_GET,
  WR_RULE_STRUCT_GET_PACKED,
  WR_RULE_STRUCT_NEW,
  WR_RULE_STRUCT_NEW_DEFAULT,
  WR_RULE_STRUCT_SET,
  WR_RULE_TABLE_COPY,
  WR_RULE_TABLE_FILL,
  WR_RULE_TABLE_GET,
  WR_RULE_TABLE_GROW,
  WR_RULE_TABLE_INIT,
  WR_RULE_TABLE_SET,
  WR_RULE_TABLE_SIZE,
  WR_RULE_THROW,
  WR_RULE_THROW_REF,
  WR_RULE_TRY,
  WR_RULE_TRY_TABLE,
  WR_RULE_UNREACHABLE,
};

enum wr_feature {
  WR_FEATURE_SIGN_EXTENSION,
  WR_FEATURE_SATURATING_FLOAT_TO_INT,
  WR_FEATURE_MUTABLE_GLOBALS,
  WR_FEATURE_MULTI_VALUE,
  WR_FEATURE_BULK_MEMORY,
  WR_FEATURE_REFERENCE_TYPES,
  WR_FEATURE_SIMD,
  WR_FEATURE_RELAXED_SIMD,
  WR_FEATURE_TAIL_CALLS,
  WR_FEATURE_FUNCTION_REFERENCES,
  WR_FEATURE_GC,
  WR_FEATURE_EXCEPTIONS,
  WR_FEATURE_MULTI_MEMORY,
  WR_FEATURE_MEMORY64,
  WR_FEATURE_EXTENDED_CONST,
  WR_FEATURE_ANNOTATIONS,
  WR_FEATURE_LEGACY_EXCEPTIONS,
  WR_FEATURE_THREADS,
  WR_FEATURE_CUSTOM_PAGE_SIZES,
  WR_FEATURE_WIDE_ARITHMETIC,
  WR_FEATURE_NONE,
};

#define WR_FEATURE_NAMES \
  "sign-extension", \
  "saturating-float-to-int", \
  "mutable-globals", \
  "multi-value", \
  "bulk-memory", \
  "reference-types", \
  "simd", \
  "relaxed-simd", \
  "tail-calls", \
  "function-references", \
  "gc", \
  "exceptions", \
  "multi-memory", \
  "memory64", \
  "extended-const", \
  "annotations", \
  "legacy-exceptions", \
  "threads", \
  "custom-page-sizes", \
  "wide-arithmetic", \


#endif
