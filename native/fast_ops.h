/* Every handler of the fast stream, in order: OP(name, length in words, where the place of its
   result is written). Included where OP is defined; it is undefined again here. */

#define NARROW(id) \
  OP(id##_ss_A, 2, Z) OP(id##_ss_S, 2, Z) OP(id##_as_A, 2, Z) OP(id##_as_S, 2, Z) \
  OP(id##_sa_A, 2, Z) OP(id##_sa_S, 2, Z) OP(id##_si_A, 2, Y) OP(id##_si_S, 2, Y) \
  OP(id##_ai_A, 2, Y) OP(id##_ai_S, 2, Y) OP(id##_is_A, 2, Y) OP(id##_is_S, 2, Y) \
  OP(id##_ia_A, 2, Y) OP(id##_ia_S, 2, Y)
#define WIDE(id) \
  OP(id##_ss_A, 2, Z) OP(id##_ss_S, 2, Z) OP(id##_as_A, 2, Z) OP(id##_as_S, 2, Z) \
  OP(id##_sa_A, 2, Z) OP(id##_sa_S, 2, Z) OP(id##_si_A, 3, Z) OP(id##_si_S, 3, Z) \
  OP(id##_ai_A, 3, Z) OP(id##_ai_S, 3, Z) OP(id##_is_A, 3, Z) OP(id##_is_S, 3, Z) \
  OP(id##_ia_A, 3, Z) OP(id##_ia_S, 3, Z)
WR_I32_BINARY(NARROW)
WR_I32_DIVISION(NARROW)
WR_I32_COMPARE(NARROW)
WR_F32_BINARY(NARROW)
WR_F32_COMPARE(NARROW)
WR_I64_BINARY(WIDE)
WR_I64_DIVISION(WIDE)
WR_I64_COMPARE(WIDE)
WR_F64_BINARY(WIDE)
WR_F64_COMPARE(WIDE)
#undef NARROW
#undef WIDE

#define UNARY(id, ...) OP(id##_s_A, 2, Z) OP(id##_s_S, 2, Z) OP(id##_a_A, 2, Z) OP(id##_a_S, 2, Z)
WR_I32_UNARY(UNARY)
WR_I64_UNARY(UNARY)
WR_F32_UNARY(UNARY)
WR_F64_UNARY(UNARY)
WR_CONVERSION(UNARY)
WR_TRAPPING_CONVERSION(UNARY)
#undef UNARY

/* Comparisons that branch: if it holds or unless it does, forwards or back to a loop. */
#define BRANCHES(id, form) \
  OP(id##_##form##_if, 3, N) OP(id##_##form##_unless, 3, N) OP(id##_##form##_if_loop, 3, N) \
  OP(id##_##form##_unless_loop, 3, N)
#define INTEGER(id) \
  BRANCHES(id, ss) BRANCHES(id, as) BRANCHES(id, sa) BRANCHES(id, si) BRANCHES(id, ai)
#define FLOAT(id) BRANCHES(id, ss) BRANCHES(id, as) BRANCHES(id, sa)
WR_I32_COMPARE(INTEGER)
WR_I64_COMPARE(INTEGER)
WR_F32_COMPARE(FLOAT)
WR_F64_COMPARE(FLOAT)
#undef INTEGER
#undef FLOAT
BRANCHES(br, s)
BRANCHES(br, a)
#undef BRANCHES

#define LOAD(id, ...) OP(id##_s_A, 2, Y) OP(id##_s_S, 2, Y) OP(id##_a_A, 2, Y) OP(id##_a_S, 2, Y)
WR_FAST_LOADS(LOAD)
WR_FAST_VECTOR_LOADS(LOAD)
#undef LOAD
#define STORE(id, ...) \
  OP(id##_ss, 2, N) OP(id##_sa, 2, N) OP(id##_as, 2, N) OP(id##_aa, 2, N) OP(id##_si, 3, N) \
  OP(id##_ai, 3, N)
WR_FAST_STORES(STORE)
#undef STORE

#define TYPED(T) \
  OP(set_##T, 2, N) OP(constant_##T##_A, 3, Z) OP(constant_##T##_S, 3, Z) \
  OP(global_get_##T##_A, 2, Z) OP(global_get_##T##_S, 2, Z) OP(global_set_##T##_a, 2, N) \
  OP(select_##T##_s_A, 2, W) OP(select_##T##_s_S, 2, W) OP(select_##T##_a_A, 2, W) \
  OP(select_##T##_a_S, 2, W) OP(return_##T, 3, N)
TYPED(i64)
TYPED(f32)
TYPED(f64)
#undef TYPED
OP(copy, 2, N)
OP(copy_vector, 2, N)
OP(put_constant, 3, N)
OP(global_set_s, 2, N)
OP(global_set_i, 3, N)
OP(memory_copy, 2, N)
OP(memory_fill, 2, N)
OP(memory_size_A, 2, Z)
OP(memory_size_S, 2, Z)
OP(cast_test_A, 2, Z)
OP(cast_test_S, 2, Z)
OP(loop, 2, N)
OP(loop_far, 2, N)
OP(goto, 3, N)
OP(goto_loop, 3, N)
OP(br_move_s_if, 4, N)
OP(br_move_s_unless, 4, N)
OP(br_move_a_if, 4, N)
OP(br_move_a_unless, 4, N)
OP(goto_move, 4, N)
OP(br_table_s, 3, N)
OP(br_table_a, 3, N)
OP(call, WR_FAST_CALL, N)
OP(call_import, WR_FAST_CALL, N)
OP(call_indirect_s, WR_FAST_CALL, N)
OP(call_indirect_a, WR_FAST_CALL, N)
OP(call_ref_s, WR_FAST_CALL, N)
OP(return_call, WR_FAST_CALL, N)
OP(return_call_import, WR_FAST_CALL, N)
OP(return_call_indirect_s, WR_FAST_CALL, N)
OP(return_call_ref_s, WR_FAST_CALL, N)
OP(return_0, 3, N)
OP(return_s, 3, N)
OP(return_i, 4, N)
OP(return_many, 3, N)
OP(unreachable, 1, N)
OP(bridge, 3, N)
OP(bridge_grow, 3, N)
OP(escape, 2, N)

/* Vectors */
#define PLACED(id, form, place) OP(id##_##form##_A, 2, place) OP(id##_##form##_S, 2, place)
#define UNARY(id, ...) PLACED(id, s, Z) PLACED(id, a, Z)
#define BINARY(id) PLACED(id, ss, Z) PLACED(id, as, Z) PLACED(id, sa, Z)
#define TERNARY(id) PLACED(id, sss, W)
#define SHIFT(id) PLACED(id, ss, Z) PLACED(id, as, Z) PLACED(id, si, Y) PLACED(id, ai, Y)
#define REPLACE(id, ...) PLACED(id, ss, W) PLACED(id, as, W) PLACED(id, sa, W)
WR_VECTOR_UNARY(UNARY)
WR_VECTOR_TEST(UNARY)
WR_FAST_SPLATS(UNARY)
WR_FAST_EXTRACTS(UNARY)
WR_FAST_REPLACES(REPLACE)
WR_VECTOR_BINARY(BINARY)
WR_VECTOR_TERNARY(TERNARY)
WR_VECTOR_SHIFT(SHIFT)
#undef PLACED
#undef UNARY
#undef BINARY
#undef TERNARY
#undef SHIFT
#undef REPLACE
OP(i8x16_shuffle_A, 4, Z)
OP(i8x16_shuffle_S, 4, Z)
OP(v128_store_ss, 2, N)
OP(v128_store_sa, 2, N)
OP(v128_store_as, 2, N)
OP(v128_store_aa, 2, N)
OP(set_v128, 2, N)
OP(constant_v128_A, 4, Z)
OP(constant_v128_S, 4, Z)
OP(select_v128_s_A, 2, W)
OP(select_v128_s_S, 2, W)
OP(select_v128_a_A, 2, W)
OP(select_v128_a_S, 2, W)
#undef OP
