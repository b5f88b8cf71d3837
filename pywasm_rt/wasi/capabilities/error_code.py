"""Why a file operation failed, in WASI's words.

The members are those of ``wasi:filesystem/types.error-code`` (0.2.12), whose names preview 1
abbreviates, and one more for a limit that preview 1 can name and 0.2 cannot.
"""

from __future__ import annotations

import enum
import errno

from pywasm_rt.errors import OperationError

__all__ = ["ErrorCode", "FilesystemError"]


class ErrorCode(enum.StrEnum):
    """The codes; the value is the WIT name."""

    ACCESS = "access"
    WOULD_BLOCK = "would-block"
    ALREADY = "already"
    BAD_DESCRIPTOR = "bad-descriptor"
    BUSY = "busy"
    DEADLOCK = "deadlock"
    QUOTA = "quota"
    EXIST = "exist"
    FILE_TOO_LARGE = "file-too-large"
    ILLEGAL_BYTE_SEQUENCE = "illegal-byte-sequence"
    IN_PROGRESS = "in-progress"
    INTERRUPTED = "interrupted"
    INVALID = "invalid"
    IO = "io"
    IS_DIRECTORY = "is-directory"
    LOOP = "loop"
    TOO_MANY_LINKS = "too-many-links"
    MESSAGE_SIZE = "message-size"
    NAME_TOO_LONG = "name-too-long"
    NO_DEVICE = "no-device"
    NO_ENTRY = "no-entry"
    NO_LOCK = "no-lock"
    INSUFFICIENT_MEMORY = "insufficient-memory"
    INSUFFICIENT_SPACE = "insufficient-space"
    NOT_DIRECTORY = "not-directory"
    NOT_EMPTY = "not-empty"
    NOT_RECOVERABLE = "not-recoverable"
    UNSUPPORTED = "unsupported"
    NO_TTY = "no-tty"
    NO_SUCH_DEVICE = "no-such-device"
    OVERFLOW = "overflow"
    NOT_PERMITTED = "not-permitted"
    PIPE = "pipe"
    READ_ONLY = "read-only"
    INVALID_SEEK = "invalid-seek"
    TEXT_FILE_BUSY = "text-file-busy"
    CROSS_DEVICE = "cross-device"
    # Preview 1's EMFILE. WASI 0.2 has no such case: there it reads as ``quota``.
    TOO_MANY_OPEN_FILES = "too-many-open-files"

    @property
    def wit_name(self) -> str:
        """The case of ``wasi:filesystem/types.error-code``."""
        return "quota" if self is ErrorCode.TOO_MANY_OPEN_FILES else self.value


_BY_ERRNO_NAME = {
    "EACCES": ErrorCode.ACCESS,
    "EAGAIN": ErrorCode.WOULD_BLOCK,
    "EWOULDBLOCK": ErrorCode.WOULD_BLOCK,
    "EALREADY": ErrorCode.ALREADY,
    "EBADF": ErrorCode.BAD_DESCRIPTOR,
    "EBUSY": ErrorCode.BUSY,
    "EDEADLK": ErrorCode.DEADLOCK,
    "EDQUOT": ErrorCode.QUOTA,
    "EEXIST": ErrorCode.EXIST,
    "EFBIG": ErrorCode.FILE_TOO_LARGE,
    "EILSEQ": ErrorCode.ILLEGAL_BYTE_SEQUENCE,
    "EINPROGRESS": ErrorCode.IN_PROGRESS,
    "EINTR": ErrorCode.INTERRUPTED,
    "EINVAL": ErrorCode.INVALID,
    "EIO": ErrorCode.IO,
    "EISDIR": ErrorCode.IS_DIRECTORY,
    "ELOOP": ErrorCode.LOOP,
    "EMFILE": ErrorCode.TOO_MANY_OPEN_FILES,
    "EMLINK": ErrorCode.TOO_MANY_LINKS,
    "EMSGSIZE": ErrorCode.MESSAGE_SIZE,
    "ENAMETOOLONG": ErrorCode.NAME_TOO_LONG,
    "ENFILE": ErrorCode.TOO_MANY_OPEN_FILES,
    "ENODEV": ErrorCode.NO_DEVICE,
    "ENOENT": ErrorCode.NO_ENTRY,
    "ENOLCK": ErrorCode.NO_LOCK,
    "ENOMEM": ErrorCode.INSUFFICIENT_MEMORY,
    "ENOSPC": ErrorCode.INSUFFICIENT_SPACE,
    "ENOSYS": ErrorCode.UNSUPPORTED,
    "ENOTDIR": ErrorCode.NOT_DIRECTORY,
    "ENOTEMPTY": ErrorCode.NOT_EMPTY,
    "ENOTRECOVERABLE": ErrorCode.NOT_RECOVERABLE,
    "ENOTSUP": ErrorCode.UNSUPPORTED,
    "EOPNOTSUPP": ErrorCode.UNSUPPORTED,
    "ENOTTY": ErrorCode.NO_TTY,
    "ENXIO": ErrorCode.NO_SUCH_DEVICE,
    "EOVERFLOW": ErrorCode.OVERFLOW,
    "EPERM": ErrorCode.NOT_PERMITTED,
    "EPIPE": ErrorCode.PIPE,
    "EROFS": ErrorCode.READ_ONLY,
    "ESPIPE": ErrorCode.INVALID_SEEK,
    "ETXTBSY": ErrorCode.TEXT_FILE_BUSY,
    "EXDEV": ErrorCode.CROSS_DEVICE,
}
_BY_ERRNO = {
    getattr(errno, name): code for name, code in _BY_ERRNO_NAME.items() if hasattr(errno, name)
}


class FilesystemError(OperationError):
    """A file operation failed; ``code`` says why."""

    def __init__(self, code: ErrorCode, message: str = "") -> None:
        super().__init__(f"{code}: {message}" if message else str(code), code=str(code))
        self.code = code

    @classmethod
    def from_os_error(cls, error: OSError) -> FilesystemError:
        """What the operating system said; an unknown ``errno`` is ``io``."""
        code = _BY_ERRNO.get(error.errno, ErrorCode.IO) if error.errno else ErrorCode.IO
        return cls(code, error.strerror or "")
