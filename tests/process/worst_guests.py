"""Guests that do the worst they can, in text; the function ``run`` is where they do it."""

from __future__ import annotations

from tests.process.actor.guest_text import component

__all__ = ["DESTRUCTS", "FILLS", "HOARDS", "PRINTS", "SPAWNS"]

PRINTS = """(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00")
  (data (i32.const 16) "again\\n")
  (func (export "run") (result i32)
    (loop $on
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br $on))
    unreachable))"""

# Linked children, so that they go with it; it does not stop when it is refused.
SPAWNS = """(module
  (import "pywasm_rt_actor" "spawn"
    (func $spawn (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "idle")
  (func (export "run") (result i32)
    (local $refused i32)
    (loop $on
      (if (i32.lt_s
          (call $spawn (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0)
            (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 64) (i32.const 64))
          (i32.const 0))
        (then (local.set $refused (i32.add (local.get $refused) (i32.const 1)))))
      (br_if $on (i32.lt_u (local.get $refused) (i32.const 10))))
    unreachable))"""

# Sends to who never reads until it is refused ten times.
FILLS = """(module
  (import "pywasm_rt_actor" "send"
    (func $send (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "deaf")
  (func (export "run") (result i32)
    (local $refused i32)
    (loop $on
      (if (i32.lt_s
          (call $send (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 4)
            (i32.const 0) (i32.const 0) (i32.const 100))
          (i32.const 0))
        (then (local.set $refused (i32.add (local.get $refused) (i32.const 1)))))
      (br_if $on (i32.lt_u (local.get $refused) (i32.const 10))))
    unreachable))"""

HOARDS = component(
    """
    (import "host" "subscribe" (func $subscribe (result i32)))
    (func (export "run") (result i32)
      (loop $on (drop (call $subscribe)) (br $on))
      unreachable)
    """
)

DESTRUCTS = """(component
  (core module $dtor (func (export "dtor") (param i32) unreachable))
  (core instance $d (instantiate $dtor))
  (type $r (resource (rep i32) (dtor (core func $d "dtor"))))
  (core func $new (canon resource.new $r))
  (core func $drop (canon resource.drop $r))
  (core module $code
    (import "host" "new" (func $new (param i32) (result i32)))
    (import "host" "drop" (func $drop (param i32)))
    (func (export "run") (call $drop (call $new (i32.const 7)))))
  (core instance $host (export "new" (func $new)) (export "drop" (func $drop)))
  (core instance $c (instantiate $code (with "host" (instance $host))))
  (func (export "run") (canon lift (core func $c "run"))))"""
