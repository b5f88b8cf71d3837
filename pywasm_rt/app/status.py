"""The state of a running application as plain data, and a local socket that tells it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.lifecycle import ServiceInformation
from pywasm_rt.process.task import ProcessInformation

if TYPE_CHECKING:
    from pywasm_rt.app.app import App
    from pywasm_rt.app.services import ServiceContext

__all__ = ["StatusServer", "ask", "socket_path", "status_of"]

_NANOSECONDS = 1e9
_MAX_REQUEST_BYTES = 4_096
_PATIENCE_SECONDS = 5.0
# What a socket's address has room for is 108 bytes on Linux, 104 elsewhere.
_MAX_PATH_BYTES = 100


def status_of(app: App) -> dict[str, Any]:
    """Processes, services and hosts."""
    now_ns = app.now_ns()
    return {
        "processes": [_process(it, now_ns) for it in app.processes()],
        "services": [_service(it, now_ns, app.context) for it in app.services.services()],
        "hosts": sorted(it for it in app.node.hosts if not it.startswith("system:")),
    }


def _process(process: ProcessInformation, now_ns: int) -> dict[str, Any]:
    age_ns = 0 if process.begun_ns is None else now_ns - process.begun_ns
    return {
        "pid": str(process.pid),
        "entry": process.entry_id,
        "host": process.pid.host,
        "names": list(process.names),
        "state": process.state.value,
        "waits_for": process.waiting_for,
        "fuel": process.usage.fuel,
        "memory_bytes": process.usage.memory_bytes,
        "mailbox_messages": process.mailbox_length,
        "mailbox_bytes": process.mailbox_bytes,
        "age_seconds": round(age_ns / _NANOSECONDS, 3),
        "parent": None if process.parent is None else str(process.parent),
    }


def _service(service: ServiceInformation, now_ns: int, context: ServiceContext) -> dict[str, Any]:
    return {
        "id": service.id,
        "state": service.state.value,
        "since_seconds": round((now_ns - service.since_ns) / _NANOSECONDS, 3),
        "restarts": service.restarts,
        "attempts": service.attempts,
        "supervisor": service.supervisor,
        "strategy": None if service.strategy is None else service.strategy.value,
        "requires": list(service.requires),
        "error": None if service.error is None else str(service.error),
        "address": context.addresses.get(service.id, ""),
        "pids": [str(context.pids[service.id])] if service.id in context.pids else [],
    }


def socket_path(folder: Path) -> Path:
    """Where the application of a folder tells its state; only its user can get there."""
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16] + ".sock"
    given = os.environ.get("XDG_RUNTIME_DIR")
    if given:
        path = Path(given) / "pywasm-rt" / name
        if len(os.fsencode(path)) <= _MAX_PATH_BYTES:
            return path
    user = f"-{os.getuid()}" if hasattr(os, "getuid") else ""
    return Path(tempfile.gettempdir()) / f"pywasm-rt{user}" / name


class StatusServer:
    """Answers ``{"ask": "status"}`` and ``{"ask": "metrics"}``, a line of JSON each."""

    def __init__(self, app: App, path: Path) -> None:
        self._app = app
        self._path = path
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises OSError, and ProcessError (AlreadyExists) if another one does."""
        folder = self._path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or (
            hasattr(os, "getuid") and status.st_uid != os.getuid()
        ):
            message = f"{folder} belongs to somebody else"
            raise ProcessError(message, ProcessErrorKind.PERMISSION_DENIED)
        if self._path.exists():
            if await asyncio.to_thread(_is_answered, self._path):
                message = "the application runs already"
                raise ProcessError(message, ProcessErrorKind.ALREADY_EXISTS, path=str(self._path))
            self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._connected, self._path)

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._path.unlink(missing_ok=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                line = await reader.readuntil(b"\n")
                writer.write(json.dumps(self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return  # whoever asked is gone, or does not ask
        finally:
            writer.close()

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            wanted = json.loads(line[:_MAX_REQUEST_BYTES])["ask"]
        except (ValueError, KeyError, TypeError):
            return {"error": 'ask {"ask": "status"} or {"ask": "metrics"}'}
        if wanted == "status":
            return status_of(self._app)
        if wanted == "metrics":
            return {"metrics": self._app.metrics()}
        return {"error": f"unknown question: {wanted!r:.40}"}


def _is_answered(path: Path) -> bool:
    try:
        ask(path, "status")
    except (OSError, ProcessError, ValueError):
        return False
    return True


def ask(path: Path, question: str) -> dict[str, Any]:
    """Ask a running application. Raises ProcessError (NotFound) if there is none, OSError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_PATIENCE_SECONDS)
        try:
            connection.connect(str(path))
        except OSError as error:
            message = "the application is not running"
            raise ProcessError(message, ProcessErrorKind.NOT_FOUND) from error
        connection.sendall(json.dumps({"ask": question}).encode() + b"\n")
        with connection.makefile("rb") as stream:
            answer: dict[str, Any] = json.loads(stream.readline())
    if "error" in answer:
        raise ProcessError(str(answer["error"]))
    return answer
