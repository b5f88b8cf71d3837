"""What the throwing instructions do before anybody looks for a handler."""

from __future__ import annotations

import pytest

from pywasm_rt.engine.reference.exception import Thrown, throw, throw_ref
from pywasm_rt.engine.reference.heap import ExceptionInstance, Tag
from pywasm_rt.errors import Trap, TrapCode
from pywasm_rt.wasm.types import I32, FunctionType
from pywasm_rt.wasm.validate import define_function


def test_throwing() -> None:
    tag = Tag(define_function(FunctionType((I32,), ())), "e")
    with pytest.raises(Thrown) as caught:
        throw(tag, 5)
    exception = caught.value.exception
    assert exception.tag is tag
    assert exception.values == (5,)
    assert "e" in repr(exception)


def test_throwing_again_keeps_the_exception() -> None:
    exception = ExceptionInstance(None, ())
    with pytest.raises(Thrown) as caught:
        throw_ref(exception)
    assert caught.value.exception is exception
    with pytest.raises(Trap) as trap:
        throw_ref(None)
    assert trap.value.code is TrapCode.NULL_EXCEPTION_REFERENCE
