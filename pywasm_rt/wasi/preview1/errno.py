"""Preview 1's error numbers, and how failures of ours become them."""

from __future__ import annotations

import enum

from pywasm_rt.errors import OperationError
from pywasm_rt.wasi.capabilities.error_code import ErrorCode

__all__ = ["Errno", "Failure", "errno_of"]


class Errno(enum.IntEnum):
    """``errno`` of ``typenames.witx``."""

    SUCCESS = 0
    TOOBIG = 1
    ACCES = 2
    ADDRINUSE = 3
    ADDRNOTAVAIL = 4
    AFNOSUPPORT = 5
    AGAIN = 6
    ALREADY = 7
    BADF = 8
    BADMSG = 9
    BUSY = 10
    CANCELED = 11
    CHILD = 12
    CONNABORTED = 13
    CONNREFUSED = 14
    CONNRESET = 15
    DEADLK = 16
    DESTADDRREQ = 17
    DOM = 18
    DQUOT = 19
    EXIST = 20
    FAULT = 21
    FBIG = 22
    HOSTUNREACH = 23
    IDRM = 24
    ILSEQ = 25
    INPROGRESS = 26
    INTR = 27
    INVAL = 28
    IO = 29
    ISCONN = 30
    ISDIR = 31
    LOOP = 32
    MFILE = 33
    MLINK = 34
    MSGSIZE = 35
    MULTIHOP = 36
    NAMETOOLONG = 37
    NETDOWN = 38
    NETRESET = 39
    NETUNREACH = 40
    NFILE = 41
    NOBUFS = 42
    NODEV = 43
    NOENT = 44
    NOEXEC = 45
    NOLCK = 46
    NOLINK = 47
    NOMEM = 48
    NOMSG = 49
    NOPROTOOPT = 50
    NOSPC = 51
    NOSYS = 52
    NOTCONN = 53
    NOTDIR = 54
    NOTEMPTY = 55
    NOTRECOVERABLE = 56
    NOTSOCK = 57
    NOTSUP = 58
    NOTTY = 59
    NXIO = 60
    OVERFLOW = 61
    OWNERDEAD = 62
    PERM = 63
    PIPE = 64
    PROTO = 65
    PROTONOSUPPORT = 66
    PROTOTYPE = 67
    RANGE = 68
    ROFS = 69
    SPIPE = 70
    SRCH = 71
    STALE = 72
    TIMEDOUT = 73
    TXTBSY = 74
    XDEV = 75
    NOTCAPABLE = 76


_BY_CODE = {
    ErrorCode.ACCESS: Errno.ACCES,
    ErrorCode.WOULD_BLOCK: Errno.AGAIN,
    ErrorCode.ALREADY: Errno.ALREADY,
    ErrorCode.BAD_DESCRIPTOR: Errno.BADF,
    ErrorCode.BUSY: Errno.BUSY,
    ErrorCode.DEADLOCK: Errno.DEADLK,
    ErrorCode.QUOTA: Errno.DQUOT,
    ErrorCode.EXIST: Errno.EXIST,
    ErrorCode.FILE_TOO_LARGE: Errno.FBIG,
    ErrorCode.ILLEGAL_BYTE_SEQUENCE: Errno.ILSEQ,
    ErrorCode.IN_PROGRESS: Errno.INPROGRESS,
    ErrorCode.INTERRUPTED: Errno.INTR,
    ErrorCode.INVALID: Errno.INVAL,
    ErrorCode.IO: Errno.IO,
    ErrorCode.IS_DIRECTORY: Errno.ISDIR,
    ErrorCode.LOOP: Errno.LOOP,
    ErrorCode.TOO_MANY_LINKS: Errno.MLINK,
    ErrorCode.MESSAGE_SIZE: Errno.MSGSIZE,
    ErrorCode.NAME_TOO_LONG: Errno.NAMETOOLONG,
    ErrorCode.NO_DEVICE: Errno.NODEV,
    ErrorCode.NO_ENTRY: Errno.NOENT,
    ErrorCode.NO_LOCK: Errno.NOLCK,
    ErrorCode.INSUFFICIENT_MEMORY: Errno.NOMEM,
    ErrorCode.INSUFFICIENT_SPACE: Errno.NOSPC,
    ErrorCode.NOT_DIRECTORY: Errno.NOTDIR,
    ErrorCode.NOT_EMPTY: Errno.NOTEMPTY,
    ErrorCode.NOT_RECOVERABLE: Errno.NOTRECOVERABLE,
    ErrorCode.UNSUPPORTED: Errno.NOTSUP,
    ErrorCode.NO_TTY: Errno.NOTTY,
    ErrorCode.NO_SUCH_DEVICE: Errno.NXIO,
    ErrorCode.OVERFLOW: Errno.OVERFLOW,
    ErrorCode.NOT_PERMITTED: Errno.PERM,
    ErrorCode.PIPE: Errno.PIPE,
    ErrorCode.READ_ONLY: Errno.ROFS,
    ErrorCode.INVALID_SEEK: Errno.SPIPE,
    ErrorCode.TEXT_FILE_BUSY: Errno.TXTBSY,
    ErrorCode.CROSS_DEVICE: Errno.XDEV,
    ErrorCode.TOO_MANY_OPEN_FILES: Errno.MFILE,
}


def errno_of(code: ErrorCode | None) -> Errno:
    """The error number of a file operation's error; ``IO`` if there is no better one."""
    return Errno.IO if code is None else _BY_CODE[code]


class Failure(OperationError):
    """A preview 1 function fails with ``errno``."""

    def __init__(self, errno: Errno) -> None:
        super().__init__(f"preview 1: {errno.name}", errno=int(errno))
        self.errno = errno
