"""Components in text for programs that embed guests."""

from __future__ import annotations

import pytest

from pywasm_rt import Component, Linker, get_engine

MEMORY = """
  (core module $libc (memory (export "memory") 1))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
"""

# Asks the host for everything: functions, a result, a resource with all its functions.
CLIENT = """
(component
  (import "test:app/store@1.2.0" (instance $store
    (export "look-up" (func (param "id" u32) (result (result u32 (error u32)))))
    (export "from" (func (result u32)))
    (export "counter" (type $c (sub resource)))
    (export "[constructor]counter" (func (param "start" u32) (result (own $c))))
    (export "[method]counter.add-up" (func (param "self" (borrow $c)) (param "n" u32) (result u32)))
    (export "[static]counter.largest" (func (result u32)))))
  MEMORY
  (alias export $store "counter" (type $counter))
  (core func $look-up (canon lower (func $store "look-up") (memory $memory)))
  (core func $from (canon lower (func $store "from")))
  (core func $new (canon lower (func $store "[constructor]counter")))
  (core func $add-up (canon lower (func $store "[method]counter.add-up")))
  (core func $largest (canon lower (func $store "[static]counter.largest")))
  (core func $drop (canon resource.drop $counter))
  (core module $m
    (import "libc" "memory" (memory 1))
    (import "host" "look-up" (func $look-up (param i32 i32)))
    (import "host" "from" (func $from (result i32)))
    (import "host" "new" (func $new (param i32) (result i32)))
    (import "host" "add-up" (func $add-up (param i32 i32) (result i32)))
    (import "host" "largest" (func $largest (result i32)))
    (import "host" "drop" (func $drop (param i32)))
    (func (export "look-up") (param i32) (result i32)
      (call $look-up (local.get 0) (i32.const 64))
      (i32.const 64))
    (func (export "count") (param i32) (result i32) (local $c i32) (local $n i32)
      (local.set $c (call $new (local.get 0)))
      (drop (call $add-up (local.get $c) (i32.const 2)))
      (local.set $n (call $add-up (local.get $c) (i32.const 3)))
      (call $drop (local.get $c))
      (local.get $n))
    (func (export "from") (result i32) (i32.add (call $from) (call $largest)))
    (func (export "spin") (loop (br 0))))
  (core instance $i (instantiate $m
    (with "libc" (instance $libc))
    (with "host" (instance
      (export "look-up" (func $look-up)) (export "from" (func $from))
      (export "new" (func $new)) (export "add-up" (func $add-up))
      (export "largest" (func $largest)) (export "drop" (func $drop))))))
  (func (export "look-up") (param "id" u32) (result (result u32 (error u32)))
    (canon lift (core func $i "look-up") (memory $memory)))
  (func (export "count") (param "start" u32) (result u32) (canon lift (core func $i "count")))
  (func (export "from") (result u32) (canon lift (core func $i "from")))
  (func (export "spin") (canon lift (core func $i "spin"))))
"""

# Exports a resource whose destructor counts.
COUNTERS = """
(component
  (core module $state
    (global $dropped (mut i32) (i32.const 0))
    (memory (export "memory") 1)
    (func (export "dtor") (param i32)
      (global.set $dropped (i32.add (global.get $dropped) (i32.const 1))))
    (func (export "dropped") (result i32) (global.get $dropped)))
  (core instance $state (instantiate $state))
  (alias core export $state "dtor" (core func $dtor))
  (type $c (resource (rep i32) (dtor (core func $dtor))))
  (core func $new (canon resource.new $c))
  (core module $m
    (import "c" "new" (func $new (param i32) (result i32)))
    (import "c" "memory" (memory 1))
    (func (export "new") (param i32) (result i32)
      (i32.store (i32.const 8) (local.get 0))
      (call $new (i32.const 8)))
    (func (export "of-text") (result i32)
      (i32.store (i32.const 8) (i32.const 40))
      (call $new (i32.const 8)))
    (func (export "add-up") (param i32 i32) (result i32)
      (i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
      (i32.load (local.get 0))))
  (core instance $i (instantiate $m (with "c" (instance
    (export "new" (func $new)) (export "memory" (memory $state "memory"))))))
  (component $shell
    (import "c" (type $c (sub resource)))
    (import "new" (func $new (param "start" u32) (result (own $c))))
    (import "of-text" (func $of-text (result (own $c))))
    (import "add-up" (func $add-up (param "self" (borrow $c)) (param "n" u32) (result u32)))
    (import "dropped" (func $dropped (result u32)))
    (export $e "key-counter" (type $c))
    (export "[constructor]key-counter" (func $new)
      (func (param "start" u32) (result (own $e))))
    (export "[static]key-counter.of-text" (func $of-text) (func (result (own $e))))
    (export "[method]key-counter.add-up" (func $add-up)
      (func (param "self" (borrow $e)) (param "n" u32) (result u32)))
    (export "dropped" (func $dropped)))
  (func $new (param "start" u32) (result (own $c)) (canon lift (core func $i "new")))
  (func $of-text (result (own $c)) (canon lift (core func $i "of-text")))
  (func $add-up (param "self" (borrow $c)) (param "n" u32) (result u32)
    (canon lift (core func $i "add-up")))
  (func $dropped (result u32) (canon lift (core func $state "dropped")))
  (instance $counters (instantiate $shell
    (with "c" (type $c)) (with "new" (func $new)) (with "of-text" (func $of-text))
    (with "add-up" (func $add-up)) (with "dropped" (func $dropped))))
  (export "test:app/counters@0.1.0" (instance $counters)))
"""


@pytest.fixture
def linker(engine_name: str) -> Linker:
    """A linker with nothing in it, for each engine."""
    return Linker(get_engine(engine_name))


@pytest.fixture(scope="session")
def client() -> Component:
    """A component that uses what the host offers."""
    return Component.from_text(CLIENT.replace("MEMORY", MEMORY))


@pytest.fixture(scope="session")
def counters() -> Component:
    """A component that exports a resource."""
    text = COUNTERS.replace("(i32.store ", "(i32.store ")
    return Component.from_text(text)
