"""The runner's answers, and its process as seen from the parent."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from benchmarks.contestants import CannotRun, EngineProcess
from benchmarks.cores import CORES
from benchmarks.engines import VARIANTS
from benchmarks.guests import Workshop
from benchmarks.runner import serve
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

DOUBLE = '(module (func (export "run") (param i32) (result i32) local.get 0 i32.const 2 i32.mul))'
TRAP = '(module (func (export "run") (param i32) (result i32) unreachable))'


class Doubling:
    """A guest that notes what it is asked."""

    def __init__(self, asked: list[int]) -> None:
        self.asked = asked

    def run(self, argument: int) -> int:
        self.asked.append(argument)
        if argument == 13:
            raise RuntimeError("bad\n  luck")
        return argument * 2

    def work(self) -> int | None:
        return 7


@pytest.fixture
def texts(tmp_path: Path) -> Workshop:
    """A workshop that finds two guests built already."""
    (tmp_path / "double.wasm").write_bytes(encode(parse(DOUBLE)))
    (tmp_path / "trap.wasm").write_bytes(encode(parse(TRAP)))
    return Workshop(tmp_path)


def test_each_request_has_an_answer(tmp_path: Path) -> None:
    module = tmp_path / "some.wasm"
    module.write_bytes(b"12345")
    requests = [{"module": str(module), "small": 1, "argument": n} for n in (21, 13, 4)]
    requests[2]["module"] = str(tmp_path / "none.wasm")
    answers = io.StringIO()
    asked: list[int] = []
    serve(
        lambda binary: Doubling(asked), io.StringIO("\n".join(map(json.dumps, requests))), answers
    )
    good, bad, absent = map(json.loads, answers.getvalue().splitlines())
    assert (good["result"], good["work"]) == (42, 7)
    assert good["seconds"] >= 0
    assert bad == {"error": "bad luck"}
    assert "none.wasm" in absent["error"]
    assert asked == [1, 21, 1, 13]


# Those with a core of their own are built only when they are measured: that takes long.
@pytest.mark.parametrize("name", ["reference", *(name for name in VARIANTS if name not in CORES)])
def test_engine_in_its_own_process(texts: Workshop, name: str) -> None:
    with EngineProcess(name, texts) as process:
        if process.missing is not None:
            pytest.skip(process.missing)
        sample = process.run("double", 1, 21)
        assert (sample.result, sample.work) == (42, 4)
        assert sample.seconds > 0
        with pytest.raises(CannotRun, match="unreachable"):
            process.run("trap", 1, 1)
        assert process.run("double", 1, 4).result == 8


def test_dead_process_is_begun_anew(texts: Workshop) -> None:
    with EngineProcess("reference", texts) as process:
        assert process._process is not None
        process._process.kill()
        process._process.wait()
        with pytest.raises(CannotRun, match="ended with -9"):
            process.run("double", 1, 21)
        assert process.run("double", 1, 21).result == 42


def test_engine_that_is_not_there_says_why(
    texts: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "wasm3.py").write_text("raise ImportError('it was not built')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with EngineProcess("pywasm3", texts) as process:
        assert process.missing == "it was not built"
        with pytest.raises(CannotRun, match="it was not built"):
            process.run("double", 1, 1)
