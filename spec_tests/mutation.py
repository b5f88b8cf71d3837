"""Small changes to binaries and texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

__all__ = ["mutate_binary", "mutate_text"]

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+|\s+')
_SPLICES = (
    b"\xff" * 5,
    b"\x80\x80\x80\x80\x08",
    b"\x00" * 8,
    b"\x7f",
    b"\x0b",
    b"\xfb",
    b"\xfc",
    b"\xfd",
    b"\xfe",
)
_INSERTED = (b"(", b")", b"0x", b"$a", b"\x80", b'"', b"-1", b"nan:0x1", b"(@a", b"(;", b"0")
_HEADER_BYTES = 8
_CODE = 10


def mutate_binary(random: Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds with a few bytes changed: anywhere, or inside a section or body whose
    length is then put right.
    """
    seed = random.choice(seeds)
    if random.random() < 0.5:
        return _change_bytes(random, seed, seeds)
    try:
        sections = _sections(seed[_HEADER_BYTES:])
    except IndexError:
        return _change_bytes(random, seed, seeds)
    if not sections:
        return _change_bytes(random, seed, seeds)
    at = random.randrange(len(sections))
    number, content = sections[at]
    if number == _CODE and random.random() < 0.9:
        content = _change_body(random, content, seeds)
    else:
        content = _change_bytes(random, content, seeds)
    sections[at] = number, content
    parts = [bytes((number,)) + _with_length(content) for number, content in sections]
    return seed[:_HEADER_BYTES] + b"".join(parts)


def mutate_text(random: Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds with a few tokens changed."""
    tokens = _TOKEN.findall(random.choice(seeds))
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        at = random.randrange(len(tokens) + 1)
        kind = random.randrange(6)
        if kind == 0:
            del tokens[at : at + 1]
        elif kind == 1 and at < len(tokens):
            tokens[at] = random.choice(tokens)
        elif kind == 2:
            other = _TOKEN.findall(random.choice(seeds))
            begin = random.randrange(len(other) + 1)
            tokens[at:at] = other[begin : begin + random.randrange(1, 12)]
        elif kind == 3:
            tokens.insert(at, random.choice(_INSERTED))
        elif kind == 4:
            # Often still well-formed: a word or number of the same text in the place of another.
            words = [
                i for i, token in enumerate(tokens) if token[:1].isalnum() or token[:1] == b"$"
            ]
            if words:
                tokens[random.choice(words)] = tokens[random.choice(words)]
        elif random.random() < 0.3:
            del tokens[at:]
    return b"".join(tokens)


def _change_bytes(random: Random, seed: bytes, seeds: Sequence[bytes]) -> bytes:
    data = bytearray(seed)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        at = random.randrange(len(data) + 1)
        kind = random.randrange(7)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << random.randrange(8)
        elif kind == 1 and at < len(data):
            data[at] = random.randrange(256)
        elif kind == 2:
            del data[at : at + random.randrange(1, 9)]
        elif kind == 3:
            data[at:at] = random.choice(_SPLICES)
        elif kind == 4:
            other = random.choice(seeds)
            begin = random.randrange(len(other) + 1)
            data[at:at] = other[begin : begin + random.randrange(1, 40)]
        elif kind == 5 and at < len(data):
            data[at] = random.choice(data)
        elif random.random() < 0.3:
            del data[at:]
    return bytes(data)


def _change_body(random: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """Change one function body of a code section."""
    try:
        count, position = _leb128(content, 0)
        bodies: list[bytes] = []
        for _ in range(count):
            size, position = _leb128(content, position)
            bodies.append(content[position : position + size])
            position += size
    except IndexError:
        return _change_bytes(random, content, seeds)
    if bodies:
        at = random.randrange(len(bodies))
        bodies[at] = _change_bytes(random, bodies[at], seeds)
    return _encoded(len(bodies)) + b"".join(map(_with_length, bodies))


def _sections(data: bytes) -> list[tuple[int, bytes]]:
    """The sections of a binary. Raises IndexError if it breaks off."""
    found: list[tuple[int, bytes]] = []
    position = 0
    while position < len(data):
        number = data[position]
        size, begin = _leb128(data, position + 1)
        position = begin + size
        found.append((number, data[begin:position]))
    return found


def _leb128(data: bytes, position: int) -> tuple[int, int]:
    """A number and the position behind it."""
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, position


def _encoded(number: int) -> bytes:
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes((*parts, number))


def _with_length(content: bytes) -> bytes:
    return _encoded(len(content)) + content
