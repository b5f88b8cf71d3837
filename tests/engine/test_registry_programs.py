"""Unchanged programs from the npm registry, on the engine alone, beside wasmtime."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import call
from pywasm_rt.engine.interface import HostFunction, Instance
from pywasm_rt.errors import Trap, TrapCode
from pywasm_rt.wasm.types import I32, FunctionType

pytestmark = pytest.mark.guests

PACKAGES = ("xxhash-wasm@1.1.0", "@chainsafe/as-sha256@1.2.5")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of installed packages."""
    if shutil.which("npm") is None:
        pytest.skip("npm is needed to install the programs")
    folder = tmp_path_factory.mktemp("npm")
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", *PACKAGES]
    subprocess.run(command, cwd=folder, check=True, timeout=300)
    return folder / "node_modules"


def run(instance: Instance, name: str, *arguments: object) -> Any:
    """Call an export; its one result, or None."""
    function: Any = instance.exports[name]
    results = call(instance, function, arguments)
    return results[0] if results else None


class InWasmtime:
    """A module of nothing but functions in wasmtime; its imports trap."""

    def __init__(self, file: Path) -> None:
        wasmtime: Any = pytest.importorskip("wasmtime")
        engine = wasmtime.Engine()
        self._store = wasmtime.Store(engine)
        module = wasmtime.Module.from_file(engine, str(file))
        linker = wasmtime.Linker(engine)
        linker.define_unknown_imports_as_traps(module)
        self._exports = linker.instantiate(self._store, module).exports(self._store)

    def run(self, name: str, *arguments: int) -> Any:
        """Call an export."""
        return self._exports[name](self._store, *arguments)

    def place(self, name: str) -> int:
        """The value of an exported global."""
        return int(self._exports[name].value(self._store))

    def write(self, memory: str, address: int, data: bytes) -> None:
        self._exports[memory].write(self._store, data, address)

    def read(self, memory: str, address: int, length: int) -> bytes:
        return bytes(self._exports[memory].read(self._store, address, address + length))


@pytest.fixture(scope="module")
def xxhash(packages: Path, engine_name: str) -> Instance:
    """The hash functions as they run on servers."""
    engine = get_engine(engine_name)
    binary = (packages / "xxhash-wasm" / "workerd" / "xxhash.wasm").read_bytes()
    return engine.instantiate(engine.load(binary))


def test_xxhash_gives_the_published_hashes(xxhash: Instance, packages: Path) -> None:
    memory: Any = xxhash.exports["mem"]
    memory.write(0, b"hello")
    assert run(xxhash, "xxh32", 0, 5, 0) == 0xFB0077F9
    memory.write(0, b"hello")
    assert run(xxhash, "xxh64", 0, 5, 0) == 0x26C7827D889F6DA3
    theirs = InWasmtime(packages / "xxhash-wasm" / "workerd" / "xxhash.wasm")
    for size in (0, 3, 4, 31, 32, 33, 1000):
        data = bytes(number * 7 % 256 for number in range(size))
        for function, bits in (("xxh32", 32), ("xxh64", 64)):
            memory.write(0, data)
            theirs.write("mem", 0, data)
            hashed = theirs.run(function, 0, size, 5) % 2**bits  # theirs are signed
            assert run(xxhash, function, 0, size, 5) == hashed


def _abort(*_places: object) -> None:
    raise Trap(TrapCode.HOST, "the guest called abort")


def sha256_file(packages: Path, name: str) -> Path:
    return packages / "@chainsafe" / "as-sha256" / "build" / name


def load_sha256(packages: Path, file: str, engine_name: str) -> Instance:
    """SHA-256 from AssemblyScript."""
    engine = get_engine(engine_name)
    binary = sha256_file(packages, file).read_bytes()
    abort = HostFunction(FunctionType((I32,) * 4), _abort, "abort")
    instance = engine.instantiate(engine.load(binary), {("env", "abort"): abort})
    if instance.start_function is not None:
        call(instance, instance.start_function)
    return instance


@pytest.fixture(scope="module", params=["optimized.wasm", "optimized.simd.wasm"])
def sha256(
    packages: Path, request: pytest.FixtureRequest, engine_name: str
) -> tuple[Instance, InWasmtime]:
    """The builds without and with vectors, here and in wasmtime."""
    ours = load_sha256(packages, request.param, engine_name)
    return ours, InWasmtime(sha256_file(packages, request.param))


def place(instance: Instance, name: str) -> int:
    """The value of an exported global."""
    item: Any = instance.exports[name]
    return int(item.value)


@pytest.mark.parametrize("message", [b"", b"abc", b"a" * 200], ids=["empty", "abc", "200 x a"])
def test_sha256_agrees_with_hashlib(sha256: tuple[Instance, InWasmtime], message: bytes) -> None:
    ours, theirs = sha256
    memory: Any = ours.exports["memory"]
    memory.write(place(ours, "input"), message)
    run(ours, "digest", len(message))
    digest = memory.read(place(ours, "output"), 32)
    assert digest == hashlib.sha256(message).digest()
    theirs.write("memory", theirs.place("input"), message)
    theirs.run("digest", len(message))
    assert digest == theirs.read("memory", theirs.place("output"), 32)


def test_the_build_with_vectors_hashes_four_at_once(packages: Path, engine_name: str) -> None:
    instance = load_sha256(packages, "optimized.simd.wasm", engine_name)
    messages = [bytes([number]) * 64 for number in range(4)]
    memory: Any = instance.exports["memory"]
    memory.write(place(instance, "input"), b"".join(messages))
    run(instance, "batchHash4UintArray64s", place(instance, "output"))
    expected = b"".join(hashlib.sha256(message).digest() for message in messages)
    assert memory.read(place(instance, "output"), 128) == expected
    theirs = InWasmtime(sha256_file(packages, "optimized.simd.wasm"))
    theirs.write("memory", theirs.place("input"), b"".join(messages))
    theirs.run("batchHash4UintArray64s", theirs.place("output"))
    assert theirs.read("memory", theirs.place("output"), 128) == expected
