"""Guests for the benchmarks and the soak test of processes, in text, and how to start them."""

from __future__ import annotations

from functools import cache

from pywasm_rt.component.component import Component
from pywasm_rt.component.linker import Linker
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import Drive, Meter, drive
from pywasm_rt.engine.interface import Limits
from pywasm_rt.process.actor.component import actor_interfaces
from pywasm_rt.process.actor.core import CoreActor
from pywasm_rt.process.interface import ProcessContext, ProcessDefinition, ProcessOptions
from pywasm_rt.process.wasm import WasmProcess
from pywasm_rt.wasm.text import parse

__all__ = ["LOOP", "MAILBOX_COMPONENT", "component_definition", "core_definition"]

# A component of one page that waits for a message ("echo" answers with what it got, else it ends),
# again and again.
MAILBOX_COMPONENT = """
(component
  (import "wippy:actor/process@0.1.0" (instance $actor
    (type $f0 (enum "bytes" "text" "json"))
    (export "payload-format" (type $f (eq $f0)))
    (type $pl0 (record (field "format" $f) (field "data" (list u8))))
    (export "payload" (type $pl (eq $pl0)))
    (type $m0 (record
      (field "from" string) (field "topic" string) (field "payloads" (list $pl))))
    (export "message" (type $m (eq $m0)))
    (export "send" (func
      (param "target" string) (param "topic" string) (param "payloads" (list $pl))
      (result (result bool (error string)))))
    (export "receive" (func (result $m)))))
  (core module $memory
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      ;; What came with the last message is not needed when the next one comes.
      (if (i32.gt_u (i32.add (local.get $at) (local.get 3)) (i32.const 60000))
        (then (local.set $at (i32.const 1024))))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $m (instantiate $memory))
  (alias core export $m "memory" (core memory $mem))
  (alias core export $m "realloc" (core func $realloc))
  (core func $receive (canon lower (func $actor "receive") (memory $mem) (realloc $realloc)))
  (core func $send (canon lower (func $actor "send") (memory $mem) (realloc $realloc)))
  (core instance $host
    (export "memory" (memory $mem)) (export "receive" (func $receive))
    (export "send" (func $send)))
  (core module $code
    (import "host" "memory" (memory 1))
    (import "host" "receive" (func $receive (param i32)))
    (import "host" "send" (func $send (param i32 i32 i32 i32 i32 i32 i32)))
    (func (export "run") (result i32)
      (local $count i32)
      (loop $again
        (call $receive (i32.const 0))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (if (i32.eq (i32.load8_u (i32.load (i32.const 8))) (i32.const 101))
          (then
            (call $send
              (i32.load (i32.const 0)) (i32.load (i32.const 4))
              (i32.load (i32.const 8)) (i32.load (i32.const 12))
              (i32.load (i32.const 16)) (i32.load (i32.const 20)) (i32.const 64))
            (br $again))))
      (local.get $count)))
  (core instance $c (instantiate $code (with "host" (instance $host))))
  (func (export "run") (result u32) (canon lift (core func $c "run"))))
"""

LOOP = '(module (memory (export "memory") 1) (func (export "run") (loop $on (br $on))))'


@cache
def _component(text: str) -> Component:
    component = Component.from_text(text)
    component.load(get_engine())
    return component


def component_definition(
    text: str, options: ProcessOptions | None = None, method: str = "run"
) -> ProcessDefinition:
    """Processes of a component that imports what actors may."""
    component = _component(text)

    def start(
        context: ProcessContext, method: str, arguments: tuple[object, ...], meter: Meter
    ) -> Drive:
        linker = Linker(get_engine())
        for interface in actor_interfaces(context):
            linker.define(interface)
        instance = yield from linker.start(component, Limits(), meter)
        return (yield from instance.function(method).start(arguments, meter))

    return ProcessDefinition(lambda _: WasmProcess(start), method, options or ProcessOptions())


def core_definition(
    text: str, options: ProcessOptions | None = None, limits: Limits | None = None
) -> ProcessDefinition:
    """Processes of a core module whose function ``run`` takes no arguments."""
    engine = get_engine()
    module = engine.load(parse(text))

    def start(context: ProcessContext, method: str, _: tuple[object, ...], meter: Meter) -> Drive:
        actor = CoreActor(context)
        instance = engine.instantiate(module, actor.imports, limits or Limits())
        actor.bind(instance)
        values = yield from drive(instance.start(instance.exports[method], ()), meter)
        return values[0] if values else None

    return ProcessDefinition(lambda _: WasmProcess(start), "run", options or ProcessOptions())
