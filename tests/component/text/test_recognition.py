"""Telling a component's text from a module's."""

from __future__ import annotations

import pytest

from pywasm_rt.component.text.recognition import is_component_text


@pytest.mark.parametrize(
    "text",
    [
        "(component)",
        " \n( component $c",
        ";; (module\n(component",
        "(; (; (module ;) ;)\t(component",
    ],
)
def test_a_component_is_recognised(text: str) -> None:
    assert is_component_text(text)
    assert is_component_text(text.encode())


@pytest.mark.parametrize(
    "text",
    ["", "(module)", "(componentes)", "(func)", "(; (component", ";; (component", "component"],
)
def test_other_texts_are_none(text: str) -> None:
    assert not is_component_text(text)
    assert not is_component_text(b"\0asm\x0d\0\1\0" + text.encode())
