"""Building guests, and what they compute: the same on every engine as on the machine itself."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks import guests
from benchmarks.contestants import Program
from benchmarks.guests import FOLDER, BuildError, Workshop
from benchmarks.workloads import WORKLOADS, Workload, select
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.driver import call
from pywasm_rt.wasm.binary import decode

pytestmark = pytest.mark.guests


def run(engine_name: str, binary: bytes, *arguments: int) -> list[object]:
    """The checksums of one instance, called several times."""
    engine = get_engine(engine_name)
    instance = engine.instantiate(engine.load(binary))
    function = instance.exports["run"]
    return [call(instance, function, (argument,))[0] for argument in arguments]  # type: ignore[arg-type]


def test_guest_is_built_once_and_needs_nothing(workshop: Workshop) -> None:
    path = workshop.module("fib")
    built = path.stat().st_mtime_ns
    module = decode(path.read_bytes())
    assert not module.imports
    assert "run" in [export.name for export in module.exports]
    assert workshop.module("fib").stat().st_mtime_ns == built


def test_program_says_result_and_seconds(workshop: Workshop) -> None:
    done = subprocess.run(
        [workshop.program("fib"), "1", "20"], capture_output=True, text=True, check=True
    )
    result, seconds = done.stdout.split()
    assert (int(result), float(seconds) > 0) == (6765, True)


def test_what_the_compiler_says_is_the_error(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.c").write_text("int run(int n) { return m; }")
    monkeypatch.setattr(guests, "FOLDER", tmp_path)
    with pytest.raises(BuildError, match=r"broken\.c.*undeclared"):
        Workshop(workshop.folder).module("broken")


def test_no_compiler_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(BuildError, match="no C compiler"):
        Workshop(tmp_path).program("fib")


def test_workloads_have_sources_and_growing_sizes() -> None:
    assert len({workload.name for workload in WORKLOADS}) == len(WORKLOADS) >= 15
    for workload in WORKLOADS:
        assert (FOLDER / f"{workload.name}.c").is_file()
        assert workload.tiny < workload.small < workload.size
    assert [workload.name for workload in select(["bulk", "fib"])] == ["bulk", "fib"]
    assert select(None) == WORKLOADS


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_checksums_are_those_of_gcc(
    workload: Workload, engine_name: str, workshop: Workshop
) -> None:
    """Also when the guest has run before: its second result is its first."""
    expected = Program(workshop).run(workload.name, 1, workload.tiny).result
    binary = workshop.module(workload.name).read_bytes()
    assert run(engine_name, binary, workload.tiny, workload.tiny) == [expected, expected]


def test_trees_survive_collections(engine_name: str, workshop: Workshop) -> None:
    """With so many trees the collector has had to work while the stack held the only reference."""
    expected = Program(workshop).run("gc_tree", 1, 2_000).result
    binary = workshop.module("gc_tree").read_bytes()
    assert run(engine_name, binary, 2_000) == [expected]
