;; A component that calls a function of the host's, as often as it is told.
(component
  (import "next" (func $next (param "value" u32) (result u32)))
  (core func $lowered (canon lower (func $next)))
  (core module $module
    (import "host" "next" (func $next (param i32) (result i32)))
    (func (export "repeat") (param $count i32) (result i32)
      (local $value i32)
      (loop $again
        (local.set $value (call $next (local.get $value)))
        (br_if $again (i32.lt_u (local.get $value) (local.get $count))))
      (local.get $value)))
  (core instance $host (export "next" (func $lowered)))
  (core instance $instance (instantiate $module (with "host" (instance $host))))
  (func (export "repeat") (param "count" u32) (result u32)
    (canon lift (core func $instance "repeat"))))
