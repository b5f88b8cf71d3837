"""Branch hints on instructions that do not branch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pywasm_rt.errors import LineColumn, ValidationError
from pywasm_rt.wasm.module import BranchHint
from pywasm_rt.wasm.validate import ValidModule, check_branch_hints

TEXT = """(module (import "" "" (func))
  (func (param i32)
    local.get 0          ;; 0
    if                   ;; 1
      (block             ;; 2
        local.get 0      ;; 3
        br_if 0)         ;; 4
    end))"""


def test_hints_belong_to_if_and_br_if(valid: Callable[..., ValidModule]) -> None:
    module = valid(TEXT).module
    module.branch_hints = {1: [BranchHint(1, likely=True), BranchHint(4, likely=False)]}
    check_branch_hints(module)


def test_other_instructions_take_no_hint(valid: Callable[..., ValidModule]) -> None:
    module = valid(TEXT).module
    module.branch_hints = {1: [BranchHint(4, likely=True), BranchHint(3, likely=True)]}
    with pytest.raises(ValidationError, match=r"annotation: invalid target local\.get") as caught:
        check_branch_hints(module)
    assert isinstance(caught.value.where, LineColumn)
    assert caught.value.where.line == 6
    assert caught.value.details["pc"] == 3
