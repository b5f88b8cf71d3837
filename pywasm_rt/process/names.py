"""Names of processes: each belongs to at most one living process, which may have several."""

from __future__ import annotations

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.pid import PID

__all__ = ["MAX_NAME_LENGTH", "Names", "check_name"]

MAX_NAME_LENGTH = 255


def check_name(name: str) -> None:
    """Raises ProcessError (Invalid) for what cannot be a name: it would be taken for a PID."""
    if not name or len(name) > MAX_NAME_LENGTH or name[0] in "{@":
        message = f"not a process name: {name[:MAX_NAME_LENGTH]!r}"
        raise ProcessError(message, ProcessErrorKind.INVALID)


class Names:
    """Who has which name."""

    def __init__(self) -> None:
        self._owners: dict[str, PID] = {}
        self._names: dict[PID, dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._owners)

    def register(self, name: str, pid: PID) -> None:
        """Give a name to a process; again to the same one changes nothing.

        Raises ProcessError: Invalid for what is no name, AlreadyExists if another has it.
        """
        check_name(name)
        owner = self._owners.setdefault(name, pid)
        if owner != pid:
            message = f"name already registered: {name}"
            raise ProcessError(message, ProcessErrorKind.ALREADY_EXISTS, name=name, pid=str(owner))
        self._names.setdefault(pid, {})[name] = None

    def unregister(self, name: str) -> PID:
        """Take a name back; whose it was. Raises ProcessError (NotFound)."""
        pid = self.lookup(name)
        del self._owners[name]
        del self._names[pid][name]
        if not self._names[pid]:
            del self._names[pid]
        return pid

    def find(self, name: str) -> PID | None:
        """Whose name it is; None if nobody's."""
        return self._owners.get(name)

    def lookup(self, name: str) -> PID:
        """Whose name it is. Raises ProcessError (NotFound)."""
        pid = self._owners.get(name)
        if pid is None:
            message = f"name not registered: {name}"
            raise ProcessError(message, ProcessErrorKind.NOT_FOUND, name=name)
        return pid

    def names_of(self, pid: PID) -> tuple[str, ...]:
        """The names of a process, in the order in which it got them."""
        return tuple(self._names.get(pid, ()))

    def release(self, pid: PID) -> None:
        """Take all names of a process back."""
        for name in self._names.pop(pid, ()):
            del self._owners[name]
