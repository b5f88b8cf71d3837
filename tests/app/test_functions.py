"""Calling functions by their IDs."""

from __future__ import annotations

import pytest

from pywasm_rt.app.functions import call, check_function_id, pool_id
from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.operations import Exec


def test_a_call_is_a_process_in_the_functions_pool() -> None:
    assert call("app:f", (1, "x")) == Exec("app:f", "app:f#pool", (1, "x"))
    assert pool_id("app:f") == "app:f#pool"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the ID of a function is empty"),
        ("f", "function ID without a namespace: f"),
        (":f", "function ID without a namespace: :f"),
        ("app:", "function ID without a name: app:"),
        ("app:a b", "not a function ID: app:a b"),
        ("a..b:f", "not a function ID: a..b:f"),
    ],
)
def test_what_names_no_function(text: str, sentence: str) -> None:
    with pytest.raises(ProcessError) as caught:
        check_function_id(text)
    assert (caught.value.message, caught.value.kind) == (sentence, ProcessErrorKind.INVALID)
