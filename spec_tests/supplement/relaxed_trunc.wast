;; The official suite has a module with these four instructions, but executes none of them.
;;
;; Numbers in range are cut off towards zero. For others the specification allows more than one
;; result; what is expected here is that of its deterministic profile, which saturates and makes 0
;; of NaN, as i32x4.trunc_sat_* do.

(module
  (func (export "f32_s") (param v128) (result v128)
    (i32x4.relaxed_trunc_f32x4_s (local.get 0)))
  (func (export "f32_u") (param v128) (result v128)
    (i32x4.relaxed_trunc_f32x4_u (local.get 0)))
  (func (export "f64_s") (param v128) (result v128)
    (i32x4.relaxed_trunc_f64x2_s_zero (local.get 0)))
  (func (export "f64_u") (param v128) (result v128)
    (i32x4.relaxed_trunc_f64x2_u_zero (local.get 0)))
)

(assert_return (invoke "f32_s" (v128.const f32x4 0 -0 1.9 -1.9))
               (v128.const i32x4 0 0 1 -1))
(assert_return (invoke "f32_s" (v128.const f32x4 0x1.fffffep+30 -0x1p+31 0x1p-149 -0.999))
               (v128.const i32x4 2147483520 -2147483648 0 0))
(assert_return (invoke "f32_s" (v128.const f32x4 0x1p+31 -inf nan inf))
               (v128.const i32x4 2147483647 -2147483648 0 2147483647))

(assert_return (invoke "f32_u" (v128.const f32x4 0 1.9 -0.9 0x1.fffffep+31))
               (v128.const i32x4 0 1 0 4294967040))
(assert_return (invoke "f32_u" (v128.const f32x4 0x1p+32 -1 nan:0x200000 -inf))
               (v128.const i32x4 4294967295 0 0 0))

(assert_return (invoke "f64_s" (v128.const f64x2 1.9 -1.9))
               (v128.const i32x4 1 -1 0 0))
(assert_return (invoke "f64_s" (v128.const f64x2 2147483647.9 -2147483648.9))
               (v128.const i32x4 2147483647 -2147483648 0 0))
(assert_return (invoke "f64_s" (v128.const f64x2 nan inf))
               (v128.const i32x4 0 2147483647 0 0))

(assert_return (invoke "f64_u" (v128.const f64x2 4294967295.9 -0.9))
               (v128.const i32x4 4294967295 0 0 0))
(assert_return (invoke "f64_u" (v128.const f64x2 -nan 1e300))
               (v128.const i32x4 0 4294967295 0 0))
