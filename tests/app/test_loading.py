"""What is told of loading."""

from __future__ import annotations

from pywasm_rt.app.application import Application
from pywasm_rt.app.loading import LoadStep, Phase, tell, telling
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

from .conftest import Write, digest

APP = """\
namespace: app
entries:
  - {name: bin, kind: fs.directory, directory: .}
  - {name: a, kind: process.wasm, fs: bin, path: t.wasm, method: run, hash: "HASH"}
  - {name: b, kind: process.wasm, fs: bin, path: t.wasm, method: run, hash: "sha256:no"}
  - {name: c, kind: process.wasm, fs: bin, path: none.wasm, method: run, hash: "HASH"}
"""


def test_each_phase_of_each_binary_is_told(write: Write) -> None:
    data = encode(parse('(module (func (export "run")))'))
    folder = write({"app.yaml": APP.replace("HASH", digest(data)), "t.wasm": data})
    steps: list[LoadStep] = []
    with telling(steps.append):
        assert len(Application.load(folder).faults) == 2
    size = len(data)
    assert steps == [
        LoadStep(Phase.READING, "app:a", 0, 1, 3),
        LoadStep(Phase.HASHING, "app:a", size, 1, 3),
        LoadStep(Phase.COMPILING, "app:a", size, 1, 3),
        LoadStep(Phase.READING, "app:b", 0, 2, 3),
        LoadStep(Phase.HASHING, "app:b", size, 2, 3),
        LoadStep(Phase.READING, "app:c", 0, 3, 3),
    ]
    Application.load(folder)
    tell(LoadStep(Phase.READING, "app:d"))
    assert len(steps) == 6
