"""Numbers by which guests recognise files, without learning the host's own."""

from __future__ import annotations

import hashlib

from pywasm_rt.wasi.capabilities.filesystem import FileStatus

__all__ = ["metadata_hash", "serial_number"]


def _hash(*figures: int) -> int:
    text = ",".join(map(str, figures)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def serial_number(identity: tuple[int, int]) -> int:
    """64 bits that stay the same for a file as long as it exists (an inode number)."""
    return _hash(*identity)


def metadata_hash(status: FileStatus) -> tuple[int, int]:
    """``metadata-hash-value`` as (lower, upper).

    The lower half is the serial number, which the preview 1 adapter shows as the inode; the upper
    half changes when the file is modified.
    """
    upper = _hash(*status.identity, status.size_bytes, status.modified_ns)
    return serial_number(status.identity), upper
