"""Who watches whom: monitors, which point one way, and links, which point both ways.

A plain graph over PIDs. It does not know what a process is, nor what is done with the answers.
Everything is told in the order in which the relations were made.
"""

from __future__ import annotations

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.pid import PID

__all__ = ["Relations"]

_Graph = dict[PID, dict[PID, None]]


class Relations:
    """Monitors and links between living processes."""

    def __init__(self) -> None:
        self._observers: _Graph = {}
        self._observed: _Graph = {}
        self._links: _Graph = {}

    def __len__(self) -> int:
        graphs = (self._observers, self._observed, self._links)
        return sum(len(targets) for graph in graphs for targets in graph.values())

    def monitor(self, observer: PID, target: PID) -> None:
        """Let ``observer`` be told of the end of ``target``. Raises ProcessError."""
        if observer == target:
            raise ProcessError("a process cannot monitor itself", ProcessErrorKind.INVALID)
        if observer in self._observers.get(target, ()):
            raise ProcessError(
                "already monitoring pid", ProcessErrorKind.ALREADY_EXISTS, pid=str(target)
            )
        _connect(self._observers, target, observer)
        _connect(self._observed, observer, target)

    def unmonitor(self, observer: PID, target: PID) -> bool:
        """Take that back; whether there was such a monitor."""
        _disconnect(self._observed, observer, target)
        return _disconnect(self._observers, target, observer)

    def link(self, one: PID, other: PID) -> None:
        """Let two processes share their fate. Raises ProcessError."""
        if one == other:
            raise ProcessError("a process cannot link to itself", ProcessErrorKind.INVALID)
        _connect(self._links, one, other)
        _connect(self._links, other, one)

    def unlink(self, one: PID, other: PID) -> bool:
        """Take that back; whether they were linked."""
        _disconnect(self._links, other, one)
        return _disconnect(self._links, one, other)

    def observers(self, target: PID) -> tuple[PID, ...]:
        """Who monitors ``target``."""
        return tuple(self._observers.get(target, ()))

    def linked(self, pid: PID) -> tuple[PID, ...]:
        """Who is linked to ``pid``."""
        return tuple(self._links.get(pid, ()))

    def remove(self, pid: PID) -> tuple[tuple[PID, ...], tuple[PID, ...]]:
        """Forget ``pid`` altogether; its observers and those it was linked to."""
        observers = self.observers(pid)
        linked = self.linked(pid)
        for observer in observers:
            self.unmonitor(observer, pid)
        for target in tuple(self._observed.get(pid, ())):
            self.unmonitor(pid, target)
        for other in linked:
            self.unlink(pid, other)
        return observers, linked


def _connect(graph: _Graph, source: PID, target: PID) -> None:
    graph.setdefault(source, {})[target] = None


def _disconnect(graph: _Graph, source: PID, target: PID) -> bool:
    targets = graph.get(source)
    if targets is None or target not in targets:
        return False
    del targets[target]
    if not targets:
        del graph[source]
    return True
