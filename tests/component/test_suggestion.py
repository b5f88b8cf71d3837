"""Hints behind messages about unknown names."""

from __future__ import annotations

import pytest

from pywasm_rt.component.suggestion import did_you_mean, hint


@pytest.mark.parametrize(
    ("name", "choices", "said"),
    [
        ("exit_code", ["exit-code", "entry"], 'did you mean "exit-code"?'),
        ("READ", ["read", "write"], 'did you mean "read"?'),
        ("zzz", ["read", "write"], "known: read, write"),
        ("zzz", [], "there are none"),
        ("zzz", [f"n{number}" for number in range(20)], "n11, ... (20 in all)"),
    ],
)
def test_hint(name: str, choices: list[str], said: str) -> None:
    assert said in hint(name, choices)


def test_nothing_is_like_it() -> None:
    assert did_you_mean("zzz", ["read"]) is None
