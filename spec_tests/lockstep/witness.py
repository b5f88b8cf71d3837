"""Who looks at snapshots while an execution goes on in both engines.

At some cuts the snapshots of both must be the same bytes. Of some of them *shadows* are made: each
snapshot is restored in the other engine, in a store of its own. When the execution has ended, its
shadows are run to their end too, cut elsewhere and given the same answers by the host; the state
that they leave must be the same to the last byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from pywasm_rt.engine.interface import Event, HostCall, Limits, Paused
from pywasm_rt.engine.snapshot import Snapshot
from pywasm_rt.errors import GuestException, SnapshotError, WasmError
from spec_tests.lockstep.pairs import Difference, Pair, same

if TYPE_CHECKING:
    from spec_tests.lockstep.engine import LockstepEngine

__all__ = ["Witness", "differences"]

_LONGEST_PIECE = 100_000


@dataclass
class _Shadow:
    """An execution that was restored; ``replies`` answer the host calls that it will make."""

    execution: Any
    event: Event | None
    restored: Any
    replies: list[Any] = field(default_factory=list)


class Witness:
    """Looks at one execution."""

    def __init__(self, engine: LockstepEngine, both: list[Any], limits: Limits) -> None:
        self.engine = engine
        self.both = both
        self.limits = limits
        self.left = engine.snapshots
        self.shadows: list[_Shadow] = []
        # The cut from which on shadows are made; few executions have many.
        self.makes_shadows = engine.random.random() < engine.shadows
        self.shadow_cut = int(engine.random.expovariate(0.5))
        engine.counts["executions"] += 1

    def disturbed(self) -> None:
        """Others may change what the execution uses: shadows are of no use any more."""
        self.shadows = []
        self.makes_shadows = False

    def answered(self, values: object) -> None:
        """The host has answered."""
        if any(isinstance(value, Pair) for value in _several(values)):
            self.disturbed()
        for shadow in self.shadows:
            shadow.replies.append(values)

    def threw(self, error: WasmError) -> None:
        """The host has answered with an error."""
        if isinstance(error, GuestException):
            self.disturbed()
        for shadow in self.shadows:
            shadow.replies.append(error)

    def look(self, event: Any) -> None:
        """A cut, or the end."""
        counts, random = self.engine.counts, self.engine.random
        counts["cuts"] += 1
        has_ended = not isinstance(event, Paused | HostCall)
        is_due = self.makes_shadows and self.shadow_cut <= 0 and not has_ended
        self.shadow_cut -= 1
        if not (is_due or (has_ended and self.shadows) or (self.left and random.random() < 0.6)):
            return
        self.left = max(0, self.left - 1)
        taken = self.compare()
        if taken is None:
            return
        if is_due:
            self.makes_shadows = False
            self.make_shadows(*taken)
        if has_ended:
            for shadow in self.shadows:
                self.finish(shadow, *taken)
            self.shadows = []

    def compare(self) -> tuple[Snapshot, bytes] | None:
        """Take a snapshot in both engines: it, and its bytes. None if it is refused."""
        taken: list[Snapshot] = []
        errors: list[SnapshotError] = []
        for execution in self.both:
            try:
                taken.append(execution.snapshot())
            except SnapshotError as error:
                errors.append(error)
        if errors:
            if len(errors) != len(self.both):
                raise Difference(f"only one engine refuses a snapshot: {errors[0]}")
            same("refusal", *(error.message for error in errors))
            self.engine.counts[f"refused: {errors[0].message}"] += 1
            return None
        first, second = (self.bytes_of(snapshot) for snapshot in taken)
        if first != second:
            raise Difference("snapshots: " + "; ".join(list(differences("", *taken))[:5]))
        self.engine.counts["snapshots"] += 1
        return taken[0], first

    def bytes_of(self, snapshot: Snapshot) -> bytes:
        """A snapshot as bytes."""
        return snapshot.to_bytes(self.engine.name_of, compress=False)

    def make_shadows(self, snapshot: Snapshot, data: bytes) -> None:
        """Restore a snapshot in both engines, each of which could have taken it."""
        imports: list[dict[tuple[str, str], Any]] = [{} for _ in snapshot.instances]
        for state in snapshot.host_functions:
            if state.importer >= 0:
                imports[state.importer][state.module, state.name] = state.function
        for side, engine in enumerate(self.engine.both):
            modules = [self.engine.modules[digest][side] for digest in snapshot.modules]
            restored = engine.restore(
                Snapshot.from_bytes(data),
                modules,
                imports,
                self.limits,
                persistent_load=self.engine.thing,
            )
            self.expect("restored at once", restored, data, snapshot)
            self.shadows.append(_Shadow(restored.execution, restored.event, restored))
            self.engine.counts["shadows"] += 1

    def finish(self, shadow: _Shadow, snapshot: Snapshot, data: bytes) -> None:
        """Run a shadow to its end; then it must be like the original."""
        replies = iter(shadow.replies)
        event, execution = shadow.event, shadow.execution
        while event is None or isinstance(event, Paused | HostCall):
            if isinstance(event, HostCall):
                reply = next(replies)
                if isinstance(reply, WasmError):
                    execution.throw(reply)
                else:
                    execution.resume(reply)
            piece = self.engine.random.randrange(_LONGEST_PIECE)
            is_exact = self.engine.random.random() < 0.3
            event = execution.step(piece) if is_exact else execution.run(piece)
        self.expect("gone on with elsewhere", shadow.restored, data, snapshot)

    def expect(self, what: str, restored: Any, data: bytes, snapshot: Snapshot) -> None:
        """Compare what was restored with what it should be."""
        found = restored.execution.snapshot()
        if self.bytes_of(found) != data:
            first = list(differences("", snapshot, found))[:5]
            raise Difference(f"{what} ({type(restored.execution).__module__}): {'; '.join(first)}")


def _several(values: object) -> tuple[object, ...]:
    return tuple(values) if isinstance(values, tuple | list) else (values,)


def differences(path: str, first: Any, second: Any) -> Iterator[str]:
    """Where two states differ, in words."""
    if type(first) is not type(second):
        yield f"{path}: {first!r:.120} and {second!r:.120}"
    elif is_dataclass(first):
        for item in fields(first):
            if item.compare:
                yield from differences(
                    f"{path}.{item.name}", getattr(first, item.name), getattr(second, item.name)
                )
    elif isinstance(first, tuple) and len(first) == len(second):
        for index, pair in enumerate(zip(first, second, strict=True)):
            yield from differences(f"{path}[{index}]", *pair)
    elif first != second:
        yield f"{path}: {first!r:.120} and {second!r:.120}"
