;; The smallest functions on both sides of the boundary.
(module
  (import "host" "next" (func $next (param i32) (result i32)))

  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))

  ;; Call the host n times (at least once), each time with what it gave the last time.
  (func (export "repeat") (param $n i32) (result i32)
    (local $value i32)
    (loop $again
      (local.set $value (call $next (local.get $value)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $value)))
