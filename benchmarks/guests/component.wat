;; A component with a function of numbers and one of strings, which gives back what it is given.
(component
  (core module $module
    (memory (export "memory") 32)
    ;; One string at a time: always at the same place.
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "add") (param i32 i32) (result i32)
      (i32.add (local.get 0) (local.get 1)))
    (func (export "echo") (param $at i32) (param $length i32) (result i32)
      (i32.store (i32.const 16) (local.get $at))
      (i32.store (i32.const 20) (local.get $length))
      (i32.const 16)))
  (core instance $instance (instantiate $module))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32)
    (canon lift (core func $instance "add")))
  (func (export "echo") (param "text" string) (result string)
    (canon lift (core func $instance "echo")
      (memory $instance "memory") (realloc (func $instance "cabi_realloc")))))
