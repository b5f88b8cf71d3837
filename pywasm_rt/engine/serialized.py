"""A module that was found to be right, as bytes: read back, it need not be validated again.

Magic number, version, SHA-256 of what follows up to the binary: the binary's own SHA-256, the
length of a JSON object (the core's build and the features), and that. The C core reads the sections
again and types a body when it lowers it, so bytes that somebody has forged, digests and all, are no
danger: at worst a call finds that its function cannot be had.
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import fields
from typing import NamedTuple

from pywasm_rt.errors import SerializationError
from pywasm_rt.wasm.features import Features

__all__ = ["MAGIC", "Serialized", "read_serialized", "write_serialized"]

MAGIC = b"\0pyw"
_VERSION = 1
_START = struct.Struct("<4sI32s")
_DIGESTS = struct.Struct("<32sI")
_NAMES = tuple(field.name for field in fields(Features))


class Serialized(NamedTuple):
    """What was serialised; ``digest`` is the SHA-256 of the binary."""

    binary: memoryview
    features: Features
    digest: bytes


def write_serialized(binary: bytes | memoryview, features: Features, build: str) -> bytes:
    """A module as bytes, for the core with this build identifier."""
    facts = json.dumps({"build": build, "features": features.enabled()}).encode()
    digest = hashlib.sha256(binary)
    outer = hashlib.sha256(_DIGESTS.pack(digest.digest(), len(facts)) + facts)
    head = _START.pack(MAGIC, _VERSION, outer.digest())
    return b"".join((head, _DIGESTS.pack(digest.digest(), len(facts)), facts, binary))


def read_serialized(data: bytes | memoryview, build: str) -> Serialized:
    """What bytes hold. Raises SerializationError where they are no such bytes, or damaged, or were
    written by another build.
    """
    view = memoryview(data).cast("B")
    if len(view) < _START.size + _DIGESTS.size or view[:4] != MAGIC:
        raise SerializationError("these bytes are no serialized module")
    _, version, outer = _START.unpack_from(view)
    if version != _VERSION:
        raise SerializationError(
            f"the module was serialized in version {version} of the format, not {_VERSION}"
        )
    digest, length = _DIGESTS.unpack_from(view, _START.size)
    begin = _START.size + _DIGESTS.size
    facts = bytes(view[begin : begin + length])
    binary = view[begin + length :]
    # The facts first: the binary may be large, and is covered by its own digest, which they follow.
    if hashlib.sha256(view[_START.size : begin + length]).digest() != outer:
        raise SerializationError("the serialized module is damaged: its facts have another digest")
    writer, features = _read_facts(facts)
    if writer != build:
        raise SerializationError(
            "the module was serialized by another build of the engine, "
            f"{writer:.12}, not {build:.12}: load its binary"
        )
    if hashlib.sha256(binary).digest() != digest:
        raise SerializationError("the serialized module is damaged: its binary has another digest")
    return Serialized(binary, features, digest)


def _read_facts(facts: bytes) -> tuple[str, Features]:
    """The build that wrote them, and the features."""
    try:
        written = json.loads(facts)
        enabled = set(written["features"])
        return str(written["build"]), Features(**{name: name in enabled for name in _NAMES})
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SerializationError(f"the serialized module has no facts: {error!r:.100}") from error
