"""Trees as text: the round trip, and that wasm-tools understands it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pywasm_rt.component.types import U8
from pywasm_rt.component.wit import parse, print_wit
from pywasm_rt.component.wit.printer import print_signature, print_type
from pywasm_rt.component.wit.syntax import Constructed, FunctionSignature, Named


def test_layout() -> None:
    text = """/// The package.
package a:b@1.0.0;

use c:d/e as f;

/// Things.
@since(version = 1.0.0)
interface i {
  use f.{t, u as v};
  type x = list<t>;

  /// A record.
  record r {
    /// The first.
    %type: u8,
    b: option<x>,
  }

  resource q;

  resource s {
    constructor(a: u8);
    m: async func() -> result<_, v>;
    n: static func();
  }

  f: func();
  g: func(a: borrow<s>) -> q;
}

interface none {
}

world w {
  import i;
  import c:d/e@0.1.0;

  export x: interface {
    f: func();
  }

  include v with { a as b }
}

package a:c {
  interface j {
  }
}
"""
    assert print_wit(parse(text)) == text


def test_own_file_comes_back(files: Path) -> None:
    document = parse((files / "everything.wit").read_text())
    assert parse(print_wit(document)) == document


def test_wasm_tools_reads_what_is_printed(
    files: Path, tmp_path: Path, oracle: Callable[..., dict[str, Any]]
) -> None:
    path = tmp_path / "everything.wit"
    path.write_text(print_wit(parse((files / "everything.wit").read_text())))
    assert oracle(path, "--all-features") == oracle(files / "everything.wit", "--all-features")


@pytest.mark.guests
def test_all_of_wasi_comes_back(wasi_packages: Path) -> None:
    paths = sorted(wasi_packages.rglob("*.wit"))
    assert len(paths) > 20
    for path in paths:
        document = parse(path.read_text(), str(path))
        assert parse(print_wit(document)) == document


@pytest.mark.parametrize(
    ("type", "text"),
    [
        (Constructed("result", (None, None)), "result"),
        (Constructed("result", (U8, None)), "result<u8>"),
        (Constructed("result", (None, U8)), "result<_, u8>"),
        (Constructed("stream", (None,)), "stream"),
        (Constructed("list", (Named("list"),), 4), "list<%list, 4>"),
        (Constructed("map", (U8, Named("x"))), "map<u8, x>"),
    ],
)
def test_types(type: Constructed, text: str) -> None:
    assert print_type(type) == text


def test_signature() -> None:
    signature = FunctionSignature((("a", U8), ("from", Named("b"))), U8, is_async=True)
    assert print_signature(signature) == "async func(a: u8, %from: b) -> u8"
