"""Checkpoints in scripts: the places at which a script is counted, gives way, and is stopped.

Lua's own means, a hook that counts instructions, cannot yield, makes everything several times
slower, and does not run in message handlers and finalizers. So a countdown is put into the text of
a script, at the head of every loop and function and before every ``goto``: what runs for ever
passes one of these. The text stays on its lines, so that messages name the right ones.

Only tokens are looked at: the text has been compiled before, and is known to be well-formed.
"""

from __future__ import annotations

import re

__all__ = ["with_checkpoints"]

_TOKEN = re.compile(
    rb"""
    --\[(?P<comment>=*)\[ .*? \](?P=comment)\]   # --[[ a long comment ]]
  | --[^\n]*
  | \[(?P<string>=*)\[ .*? \](?P=string)\]       # [[ a long string ]]
  | "(?:\\.|[^"\\])*"
  | '(?:\\.|[^'\\])*'
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | [0-9][A-Za-z0-9_.]*
  | .
    """,
    re.DOTALL | re.VERBOSE,
)


def with_checkpoints(text: bytes) -> bytes:
    """A chunk that is called with the checkpoint and returns the script's chunk as a function.

    The checkpoint is a function that is called when the countdown is over; it returns the next
    one, or raises an error.
    """
    count, checkpoint = _unused_name(b"count", text), _unused_name(b"checkpoint", text)
    test = b" %s=%s-1 if %s<0 then %s=%s()end " % (count, count, count, count, checkpoint)
    out = bytearray(b"local %s,%s=0,... return function(...) " % (count, checkpoint))
    in_parameters = False
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token == b"goto":
            out += test
        out += token
        if token == b"function":
            in_parameters = True
        elif token in {b"do", b"repeat"} or (in_parameters and token == b")"):
            in_parameters = False
            out += test
    out += b"\nend"
    return bytes(out)


def _unused_name(stem: bytes, text: bytes) -> bytes:
    """A name that the script does not use, so that it cannot reach what has it."""
    number = 0
    while (name := b"%s_%d" % (stem, number)) in text:
        number += 1
    return name
