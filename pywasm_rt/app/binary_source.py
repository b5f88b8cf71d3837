"""Getting at a binary: the file within its filesystem, and its hash."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath

from pywasm_rt.component.suggestion import hint

__all__ = ["BinaryFault", "check_hash", "read_binary"]

MAX_BINARY_BYTES = 1 << 30
ALGORITHM = "sha256"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class BinaryFault(Exception):
    """A binary is not to be had, or is another one: the sentence, a suggestion, and the field."""

    def __init__(self, message: str, suggestion: str = "", field: str = "path") -> None:
        super().__init__(message)
        self.message = message
        self.suggestion = suggestion
        self.field = field


def read_binary(folder: Path, path: str) -> bytes:
    """Read ``path`` (a leading ``/`` means the folder itself). Raises BinaryFault.

    Neither ``..`` nor a symbolic link leads out of the folder.
    """
    relative = path.lstrip("/")
    try:
        root = folder.resolve()
        target = (root / relative).resolve()
        if not target.is_relative_to(root):
            raise BinaryFault(f"path leaves the filesystem: {path}")
        if not target.is_file():
            raise BinaryFault(f"failed to open file: {path}: {_reason(target)}", _near(root, path))
        if target.stat().st_size > MAX_BINARY_BYTES:
            raise BinaryFault(f"failed to open file: {path}: larger than {MAX_BINARY_BYTES} bytes")
        return target.read_bytes()
    except (OSError, RuntimeError) as error:
        # RuntimeError: a loop of symbolic links, which Path.resolve reports so.
        reason = getattr(error, "strerror", None) or error
        raise BinaryFault(f"failed to open file: {path}: {reason}") from error


def _reason(target: Path) -> str:
    return "not a file" if target.exists() else "no such file"


def _near(root: Path, path: str) -> str:
    """What is there instead."""
    names = sorted(
        f"/{found.relative_to(root).as_posix()}" for found in root.rglob("*") if found.is_file()
    )
    binaries = [name for name in names if PurePosixPath(name).suffix in {".wasm", ".wat"}]
    return hint("/" + path.lstrip("/"), binaries or names)


def check_hash(data: bytes, expected: str) -> str:
    """Compare with ``sha256:<hex>``; the actual hash in the same form. Raises BinaryFault."""
    actual = f"{ALGORITHM}:{hashlib.sha256(data).hexdigest()}"
    algorithm, colon, digest = expected.partition(":")
    title = "hash verification failed: "
    if not colon:
        advice = f"write {ALGORITHM}:{algorithm}"
        raise BinaryFault(f"{title}invalid hash format: {expected}", advice, "hash")
    if algorithm != ALGORITHM:
        advice = f"only {ALGORITHM} is supported: {actual}"
        raise BinaryFault(f"{title}unsupported hash algorithm: {algorithm}", advice, "hash")
    if expected != actual:
        advice = ""
        if expected.lower() == actual:
            advice = "write the hash in lower case"
        elif not _DIGEST.fullmatch(digest):
            advice = "a sha256 hash has 64 digits 0-9 a-f"
        message = f"{title}hash mismatch: expected {expected}, got {actual}"
        raise BinaryFault(message, advice, "hash")
    return actual
