"""Control tables: where branches go."""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.wasm.instructions import Catch
from pywasm_rt.wasm.validate import Branch, ControlTable, TryRegion, ValidModule

Valid = Callable[..., ValidModule]


def control(valid: Valid, body: str) -> ControlTable:
    """The control table of a function ``(param i32) (result i32)``."""
    return valid(f"(module (tag $t (param i32)) (func (param i32) (result i32) {body}))").controls[
        0
    ]


def test_block_goes_behind_its_end_and_loop_to_itself(valid: Valid) -> None:
    table = control(
        valid,
        """i64.const 9           ;; 0
        block (result i32)       ;; 1
          i32.const 1            ;; 2
          loop (param i32) (result i32) ;; 3
            local.get 0          ;; 4
            br_if 0              ;; 5
            br 1                 ;; 6
          end                    ;; 7
        end                      ;; 8
        return                   ;; 9
        """,
    )
    assert table.targets == {5: Branch(3, 1, 1), 6: Branch(9, 1, 1)}
    assert table.regions == ()
    assert table.region_at(5) == -1


def test_the_label_of_the_function_is_its_last_end(valid: Valid) -> None:
    table = control(valid, "i32.const 5 i32.const 6 local.get 0 br_if 0 br 0 (block) nop")
    assert table.targets == {3: Branch(8, 1, 0), 4: Branch(8, 1, 0)}


def test_if_and_else(valid: Valid) -> None:
    table = control(
        valid,
        """local.get 0          ;; 0
        if (result i32)         ;; 1
          i32.const 1           ;; 2
          br 0                  ;; 3
        else                    ;; 4
          local.get 0           ;; 5
          if                    ;; 6
            nop                 ;; 7
          end                   ;; 8
          i32.const 2           ;; 9
        end                     ;; 10
        """,
    )
    assert table.targets == {1: 5, 3: Branch(11, 1, 0), 4: 11, 6: 9}


def test_br_table(valid: Valid) -> None:
    table = control(
        valid,
        """block                ;; 0
          loop                  ;; 1
            local.get 0         ;; 2
            br_table 1 0 1 0 1  ;; 3
          end                   ;; 4
        end                     ;; 5
        i32.const 0             ;; 6
        """,
    )
    out, again = Branch(6, 0, 0), Branch(1, 0, 0)
    assert table.targets == {3: (out, again, out, again, out)}


def test_branches_on_references(valid: Valid) -> None:
    table = valid(
        """(module (func (param anyref) (result anyref)
          (block (result (ref any))         ;; 0
            local.get 0                     ;; 1
            br_on_non_null 0                ;; 2
            unreachable)                    ;; 3, end 4
          br_on_cast 0 anyref (ref i31)     ;; 5
          br_on_cast_fail 0 anyref (ref eq) ;; 6
          (block local.get 0                ;; 7 8
            br_on_null 0                    ;; 9
            drop)))                         ;; 10, end 11
        """
    ).controls[0]
    to_end = Branch(12, 1, 0)
    assert table.targets == {2: Branch(5, 1, 0), 5: to_end, 6: to_end, 9: Branch(12, 0, 1)}


def test_heights_are_those_below_the_label(valid: Valid) -> None:
    table = control(
        valid,
        "i64.const 1 i64.const 2 (block (result i32) f32.const 1 i32.const 3 br 0) return",
    )
    assert table.targets == {5: Branch(7, 1, 2)}


def test_try_table(valid: Valid) -> None:
    table = control(
        valid,
        """i64.const 0                  ;; 0
        (block (result i32)             ;; 1
          (try_table (catch $t 0)       ;; 2
            (try_table (catch $t 1)     ;; 3
              nop))                     ;; 4, end 5, end 6
          i32.const 1)                  ;; 7, end 8
        return""",
    )
    to_block = Branch(9, 1, 1)
    assert table.regions == (
        TryRegion(3, 5, 1, ((Catch("catch", 0, 1), to_block),), 1, is_legacy=False),
        TryRegion(2, 6, 1, ((Catch("catch", 0, 0), to_block),), -1, is_legacy=False),
    )
    assert [table.region_at(pc) for pc in (1, 2, 3, 4, 5, 6, 7)] == [-1, -1, 1, 0, 1, -1, -1]


def test_handlers_may_jump_to_loops_and_to_the_end(valid: Valid) -> None:
    table = valid(
        "(module (tag) (func loop (try_table (catch_all 0) (catch 0 1) nop) end))"
    ).controls[0]
    (region,) = table.regions
    assert [branch for _, branch in region.handlers] == [Branch(0, 0, 0), Branch(5, 0, 0)]


def test_try_table_without_handlers_is_a_block(valid: Valid) -> None:
    table = control(valid, "(try_table (result i32) i32.const 1 br 0)")
    assert table.regions == ()
    assert table.targets == {2: Branch(4, 1, 0)}


def test_legacy_try(valid: Valid) -> None:
    table = control(
        valid,
        """i64.const 0          ;; 0
        try (result i32)        ;; 1
          i32.const 1           ;; 2
        catch $t                ;; 3
          nop                   ;; 4
        catch_all               ;; 5
          rethrow 0             ;; 6
        end                     ;; 7
        return""",
    )
    assert table.targets == {3: 8, 5: 8, 6: 1}
    assert table.regions == (
        TryRegion(
            1,
            3,
            1,
            (
                (Catch("catch", 0, 0), Branch(4, 1, 1)),
                (Catch("catch_all", None, 0), Branch(6, 0, 1)),
            ),
            -1,
            is_legacy=True,
        ),
    )
    # A handler is not covered by its own try.
    assert table.region_at(4) == -1


def test_delegate_skips_what_lies_between(valid: Valid) -> None:
    table = control(
        valid,
        """try            ;; 0
          try             ;; 1
            try           ;; 2
              nop         ;; 3
            delegate 1    ;; 4
          catch_all       ;; 5
            try           ;; 6
            delegate 1    ;; 7
            try           ;; 8
            delegate 0    ;; 9
            try           ;; 10
            delegate 2    ;; 11
          end             ;; 12
        catch_all         ;; 13
        end               ;; 14
        i32.const 0""",
    )
    begins = [region.begin_pc for region in table.regions]
    assert begins == [2, 6, 8, 10, 1, 0]
    outer = {
        region.begin_pc: begins[region.outer] if region.outer >= 0 else None
        for region in table.regions
    }
    # Delegating to a try that is in its handler goes to what is around that try.
    assert outer == {2: 0, 6: 0, 8: 0, 10: None, 1: 0, 0: None}
    assert all(not region.handlers for region in table.regions[:4])


def test_delegate_to_a_try_goes_to_its_handlers(valid: Valid) -> None:
    table = control(valid, "try try nop delegate 0 catch_all end i32.const 0")
    inner, outer = table.regions
    assert (inner.begin_pc, inner.end_pc, inner.outer) == (1, 3, 1)
    assert (outer.begin_pc, outer.end_pc, outer.outer) == (0, 4, -1)


def test_unreachable_code_has_entries_too(valid: Valid) -> None:
    table = control(valid, "unreachable (block br 0) br 0")
    assert table.targets == {2: Branch(4, 0, 0), 4: Branch(5, 1, 0)}
