"""The runner notices: whatever expected value of a suite is changed, that assertion fails, and no
other does.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pywasm_rt.engine import get_engine
from pywasm_rt.wasm.text.lexer import Tokens, tokenize
from pywasm_rt.wasm.text.literals import integer
from spec_tests.features import FOLDERS, features_for
from spec_tests.modules import script_files
from spec_tests.runner import ROUTES, run_file

pytestmark = pytest.mark.suite

COUNT = 50
LARGEST_FILE_BYTES = 200_000
UNLIKELY_FLOAT = "0x1.234p+3"
OTHER_REFERENCE = {
    "ref.null": "(ref.func)",
    "ref.func": "(ref.null)",
    "ref.i31": "(ref.struct)",
    "ref.struct": "(ref.array)",
    "ref.array": "(ref.i31)",
    "ref.any": "(ref.func)",
    "ref.eq": "(ref.extern)",
    "ref.exn": "(ref.null)",
    "either": "(ref.func)",
}
# A refusal in one phase is none in another, and so on.
OTHER_ASSERTION = {
    "assert_malformed": "assert_invalid",
    "assert_invalid": "assert_malformed",
    "assert_unlinkable": "assert_invalid",
    "assert_trap": "assert_exhaustion",
    "assert_exhaustion": "assert_trap",
    "assert_exception": "assert_trap",
}


@dataclass(frozen=True)
class Change:
    """Replace the text from ``begin`` to ``end``; the assertion at ``line`` must fail then."""

    kind: str
    path: Path
    line: int
    begin: int
    end: int
    replacement: str


def token_end(tokens: Tokens, index: int) -> int:
    """Where a token that holds no space ends in the source."""
    end = tokens.starts[index]
    while tokens.source[end] not in " \t\r\n()":
        end += 1
    return end


class Script:
    """The expectations of a script, by its tokens."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tokens = tokenize(path.read_bytes())
        self.line = 0

    def changes(self, begin: int = 0, end: int | None = None) -> Iterator[Change]:
        """A change for each expectation among the commands from token ``begin`` on."""
        tokens = self.tokens
        index, end = begin, len(tokens.kinds) if end is None else end
        while index < end:
            if tokens.kinds[index] != "(":
                index += 1
                continue
            word = str(tokens.values[index + 1])
            close = tokens.closes[index]
            if word == "thread":
                yield from self.changes(index + 2, close)
            elif word.startswith("assert_"):
                self.line = tokens.line_column(tokens.starts[index])[0]
                yield from self._assertion(word, index, close)
            index = close + 1

    def _change(self, kind: str, index: int, replacement: str, last: int = -1) -> Change:
        end = token_end(self.tokens, index) if last < 0 else self.tokens.starts[last] + 1
        return Change(kind, self.path, self.line, self.tokens.starts[index], end, replacement)

    def _assertion(self, word: str, index: int, close: int) -> Iterator[Change]:
        tokens = self.tokens
        if word in OTHER_ASSERTION:
            other = OTHER_ASSERTION[word]
            yield self._change(f"{word} as {other}", index + 1, other)
        at = tokens.closes[index + 2] + 1  # behind the action or module
        while at < close:
            if tokens.kinds[at] == "(":
                yield from self._pattern(at)
                at = tokens.closes[at] + 1
                continue
            assert tokens.kinds[at] == "string"
            end = tokens.source.index('"', tokens.starts[at] + 1) + 1
            start = tokens.starts[at]
            yield Change(f"{word} text", self.path, self.line, start, end, '"another text"')
            at += 1

    def _pattern(self, index: int) -> Iterator[Change]:
        tokens = self.tokens
        word, close = str(tokens.values[index + 1]), tokens.closes[index]
        last = close - 1
        text = str(tokens.values[last])
        if word in ("ref.extern", "ref.host") and tokens.kinds[last] == "number":
            yield self._change(f"{word} N", last, str(int(text, 0) + 1))
        elif word in OTHER_REFERENCE or word.startswith("ref."):
            other = OTHER_REFERENCE.get(word, "(ref.null)")
            yield self._change(word, index, other, close)
        elif word.endswith(".const"):
            shape = str(tokens.values[index + 2]) if word == "v128.const" else ""
            yield from self._number(f"{word} {shape}".strip(), shape or word, last, text)

    def _number(self, kind: str, shape: str, index: int, text: str) -> Iterator[Change]:
        if shape[0] == "i":
            bits = int(shape[1:3].removesuffix("x"))
            value = integer(text, bits)
            assert value is not None
            yield self._change(kind, index, str((value + 1) % (1 << bits)))
        elif text.startswith("nan:"):
            sort = text if text in ("nan:canonical", "nan:arithmetic") else "nan:bits"
            yield self._change(f"{kind} {sort}", index, UNLIKELY_FLOAT)
        else:
            yield self._change(kind, index, UNLIKELY_FLOAT)
            if "nan" not in text:
                yield self._change(f"{kind} to NaN", index, "nan:canonical")


def choose(changes: list[Change]) -> list[Change]:
    """Changes of all kinds, from as many files as there are."""
    choice = random.Random(3)
    by_kind: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_kind[change.kind].append(change)
    used: Counter[Path] = Counter()
    chosen: list[Change] = []
    while len(chosen) < COUNT:
        for kind in sorted(by_kind):
            fewest = min(used[change.path] for change in by_kind[kind])
            change = choice.choice([c for c in by_kind[kind] if used[c.path] == fewest])
            used[change.path] += 1
            chosen.append(change)
    return chosen[: max(COUNT, len(by_kind))]


@pytest.fixture(scope="session")
def chosen(suites: Path) -> list[Change]:
    """What is changed, one place after the other."""
    return choose(
        [
            change
            for path in script_files(suites / folder for folder in FOLDERS)
            if path.stat().st_size <= LARGEST_FILE_BYTES
            for change in Script(path).changes()
        ]
    )


def test_all_kinds_of_expectations_are_changed(chosen: list[Change]) -> None:
    kinds = {change.kind for change in chosen}
    assert len(chosen) >= COUNT
    assert len({change.path for change in chosen}) >= 40
    assert {f"{kind} text" for kind in OTHER_ASSERTION if kind != "assert_exception"} < kinds
    for type_ in ("i32", "i64", "f32", "f64"):
        assert f"{type_}.const" in kinds
    for type_ in ("f32", "f64"):
        assert {f"{type_}.const nan:canonical", f"{type_}.const nan:arithmetic"} < kinds
    shapes = {kind for kind in kinds if kind.startswith("v128.const")}
    assert {shape.split()[1] for shape in shapes} == {
        "i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2"
    }  # fmt: skip
    assert {"ref.null", "ref.func", "ref.extern N", "ref.i31", "ref.struct", "either"} < kinds


@pytest.mark.parametrize("number", range(COUNT))
def test_exactly_the_changed_assertion_fails(
    suites: Path, chosen: list[Change], tmp_path: Path, number: int
) -> None:
    change = chosen[number]
    copy = tmp_path / change.path.relative_to(suites)
    copy.parent.mkdir(parents=True)
    source = change.path.read_bytes().decode()
    copy.write_bytes((source[: change.begin] + change.replacement + source[change.end :]).encode())
    route = ROUTES[number % len(ROUTES)]
    result = run_file(copy, get_engine("reference"), route, features_for(copy))
    failures = [(failure.line, failure.complaint) for failure in result.failures]
    assert [line for line, _ in failures] == [change.line], (change, failures)
