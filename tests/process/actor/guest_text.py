"""Components in text that import the actor interfaces; the core code is given by each test."""

from __future__ import annotations

__all__ = ["component"]

_TYPES = """
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $p (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $p))))
    (export "poll" (func (param "in" (list (borrow $p))) (result (list u32))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wippy:actor/process@0.1.0" (instance $actor
    (export "pollable" (type $p (eq $pollable)))
    (type $f0 (enum "bytes" "text" "json"))
    (export "payload-format" (type $f (eq $f0)))
    (type $pl0 (record (field "format" $f) (field "data" (list u8))))
    (export "payload" (type $pl (eq $pl0)))
    (type $m0 (record
      (field "from" string) (field "topic" string) (field "payloads" (list $pl))))
    (export "message" (type $m (eq $m0)))
    (export "self" (func (result string)))
    (export "send" (func
      (param "target" string) (param "topic" string) (param "payloads" (list $pl))
      (result (result bool (error string)))))
    (export "try-receive" (func (result (option $m))))
    (export "receive" (func (result $m)))
    (export "subscribe" (func (result (own $p))))))
  (alias export $actor "payload" (type $payload))
  (import "pywasm-rt:actor/control@0.1.0" (instance $control
    (export "pollable" (type $p (eq $pollable)))
    (export "payload" (type $pl (eq $payload)))
    (type $x0 (record (field "kind" string) (field "message" string) (field "retryable" bool)))
    (export "failure" (type $x (eq $x0)))
    (type $o0 (record
      (field "monitored" bool) (field "linked" bool) (field "name" (option string))))
    (export "spawn-options" (type $o (eq $o0)))
    (type $e0 (record (field "from" string) (field "at" u64)
      (field "outcome" (result $pl (error $x)))))
    (export "end" (type $e (eq $e0)))
    (type $c0 (record (field "from" (option string)) (field "at" u64) (field "reason" string)))
    (export "cancellation" (type $c (eq $c0)))
    (type $v0 (variant (case "exit" $e) (case "link-down" $e) (case "cancel" $c)
      (case "outdated" (list string))))
    (export "event" (type $v (eq $v0)))
    (export "spawn" (func
      (param "entry" string) (param "host" string) (param "arguments" (list $pl))
      (param "options" $o) (result (result string (error $x)))))
    (export "register" (func (param "name" string) (result (result (error $x)))))
    (export "lookup" (func (param "name" string) (result (result string (error $x)))))
    (export "link" (func (param "target" string) (result (result (error $x)))))
    (export "trap-links" (func (param "yes" bool)))
    (export "upgrade" (func (param "entry" string) (param "arguments" (list $pl))
      (result (result (error $x)))))
    (export "receive-event" (func (result $v)))
    (export "subscribe-events" (func (result (own $p))))))
"""

_MEMORY = """
  (core module $memory
    (memory (export "memory") 2)
    (global $next (mut i32) (i32.const 65536))
    ;; What is given back at once is given out again: only the last block can grow.
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (if (i32.gt_u (i32.add (local.get $at) (local.get 3)) (i32.const 131072))
        (then (local.set $at (i32.const 65536))))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $m (instantiate $memory))
  (alias core export $m "memory" (core memory $mem))
  (alias core export $m "realloc" (core func $realloc))
"""

_FUNCTIONS = {
    "poll": ("block", "poll"),
    "actor": ("self", "send", "try-receive", "receive", "subscribe"),
    "control": (
        "spawn",
        "register",
        "lookup",
        "link",
        "trap-links",
        "upgrade",
        "receive-event",
        "subscribe-events",
    ),
}


def component(code: str, type: str = "(result string)") -> str:
    """A component that exports ``run`` of a type without parameters, from the fields of ``code``.

    ``code`` imports from ``host`` what it needs, and defines ``run``, which returns an address of
    a pair of address and length for a string.
    """
    lowered, given = [], []
    for instance, names in _FUNCTIONS.items():
        for name in names:
            export = f"[method]pollable.{name}" if name == "block" else name
            lowered.append(
                f'(core func ${name} (canon lower (func ${instance} "{export}") '
                "(memory $mem) (realloc $realloc)))"
            )
            given.append(f'(export "{name}" (func ${name}))')
    return f"""(component
      {_TYPES}
      {_MEMORY}
      {" ".join(lowered)}
      (core instance $host
        (export "memory" (memory $mem))
        (export "realloc" (func $realloc))
        {" ".join(given)})
      (core module $code {code})
      (core instance $c (instantiate $code (with "host" (instance $host))))
      (func (export "run") {type}
        (canon lift (core func $c "run") (memory $mem) (realloc $realloc))))"""
