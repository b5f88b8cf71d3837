"""Guests that change everything that a guest can change, and tell what they find."""

from __future__ import annotations

__all__ = ["COMPONENT", "CORE", "OPERATIONS"]

OPERATIONS = 10
"""``act`` takes a mask of so many bits: what to change. Bit 9 traps in the end."""

# What is found before anything is changed is in the result, a digit or more for each.
_STATE = """
  (memory (export "memory") 1 20)
  (data $bytes "abc")
  (elem $one func $f)
  (table $table 2 9 funcref)
  (global $calls (mut i32) (i32.const 0))
  (type $box (struct (field (mut i32))))
  (global $box (mut (ref null $box)) (ref.null $box))
  (func $f)
  (func $bit (param i32 i32) (result i32)
    (i32.and (i32.shr_u (local.get 0) (local.get 1)) (i32.const 1)))
  (func $found (result i64)
    (i64.add (i64.extend_i32_u (global.get $calls)) (i64.add
      (i64.mul (i64.const 100) (i64.extend_i32_u (memory.size))) (i64.add
      (i64.mul (i64.const 10000) (i64.extend_i32_u (i32.load8_u (i32.const 60000)))) (i64.add
      (i64.mul (i64.const 10000000) (i64.extend_i32_u (table.size $table)))
      (i64.mul (i64.const 100000000) (i64.extend_i32_u
        (i32.add (ref.is_null (table.get $table (i32.const 1)))
          (i32.mul (i32.const 2) (ref.is_null (global.get $box)))))))))))
  (func $change (param $mask i32) (param $n i32)
    (if (call $bit (local.get $mask) (i32.const 0))
      (then (global.set $calls (i32.add (global.get $calls) (local.get $n)))))
    (if (call $bit (local.get $mask) (i32.const 1))
      (then (memory.fill (i32.const 59000) (local.get $n) (i32.const 2000))))
    (if (call $bit (local.get $mask) (i32.const 2))
      (then (drop (memory.grow (i32.and (local.get $n) (i32.const 3))))))
    (if (call $bit (local.get $mask) (i32.const 3))
      (then (table.set $table (i32.const 1) (ref.func $f))))
    (if (call $bit (local.get $mask) (i32.const 4))
      (then (drop (table.grow $table (ref.func $f) (i32.const 1)))))
    (if (call $bit (local.get $mask) (i32.const 5))
      (then (memory.init $bytes (i32.const 60000) (i32.const 0) (i32.const 3))
        (data.drop $bytes)
        (table.init $table $one (i32.const 0) (i32.const 0) (i32.const 1))
        (elem.drop $one)))
    (if (call $bit (local.get $mask) (i32.const 6))
      (then (global.set $box (struct.new $box (local.get $n))))))
"""

CORE = f"""
(module
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  {_STATE}
  (func (export "act") (param $mask i32) (param $n i32) (result i64) (local $found i64)
    (local.set $found (call $found))
    (call $change (local.get $mask) (local.get $n))
    (if (call $bit (local.get $mask) (i32.const 7))
      (then (local.set $found (i64.add (local.get $found)
        (i64.mul (i64.const 1000000000) (i64.extend_i32_u (call $close (i32.const 1))))))))
    (if (call $bit (local.get $mask) (i32.const 9)) (then unreachable))
    (local.get $found)))
"""

COMPONENT = f"""
(component
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type (sub resource)))))
  (alias export $streams "output-stream" (type $stream))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $stream (type $outer))
    (export "output-stream" (type $inner (eq $outer)))
    (export "get-stdout" (func (result (own $inner))))))
  (import "wasi:cli/environment@0.2.0" (instance $environment
    (export "get-arguments" (func (result (list string))))))
  (core func $open (canon lower (func $stdout "get-stdout")))
  (type $thing (resource (rep i32)))
  (core func $new (canon resource.new $thing))
  (core module $module
    (import "host" "open" (func $open (result i32)))
    (import "host" "new" (func $new (param i32) (result i32)))
    {_STATE}
    (func (export "act") (param $mask i32) (param $n i32) (result i64) (local $found i64)
      (local.set $found (call $found))
      (call $change (local.get $mask) (local.get $n))
      (if (call $bit (local.get $mask) (i32.const 7))
        (then (local.set $found (i64.add (local.get $found)
          (i64.mul (i64.const 1000000000) (i64.extend_i32_u (call $open)))))))
      (if (call $bit (local.get $mask) (i32.const 8))
        (then (local.set $found (i64.add (local.get $found)
          (i64.mul (i64.const 10000000000) (i64.extend_i32_u (call $new (local.get $n))))))))
      (if (call $bit (local.get $mask) (i32.const 9)) (then unreachable))
      (local.get $found)))
  (core instance $instance (instantiate $module
    (with "host" (instance (export "open" (func $open)) (export "new" (func $new))))))
  (func (export "act") (param "mask" u32) (param "n" u32) (result u64)
    (canon lift (core func $instance "act"))))
"""
