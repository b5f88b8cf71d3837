"""Where a process reads and writes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pywasm_rt.operations import ByteSink, ByteSource
from pywasm_rt.wasi.capabilities.stdio import BytesSource, NullSink
from pywasm_rt.wasi.context import Terminals

__all__ = ["StandardStreams"]


@dataclass(frozen=True, slots=True)
class StandardStreams:
    """Where a process reads and writes."""

    stdin: ByteSource = field(default_factory=BytesSource)
    stdout: ByteSink = field(default_factory=NullSink)
    stderr: ByteSink = field(default_factory=NullSink)
    terminals: Terminals = field(default_factory=Terminals)

    def without_input(self) -> StandardStreams:
        """The same for a process in the background, which has nothing to read."""
        terminals = replace(self.terminals, stdin=False)
        return StandardStreams(stdout=self.stdout, stderr=self.stderr, terminals=terminals)
