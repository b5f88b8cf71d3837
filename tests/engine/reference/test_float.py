"""Float meanings against exact fractions, rounded by hand, and the bits of NaNs."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.engine.float_bits import f32_from_bits, f32_to_bits, f64_from_bits, f64_to_bits
from pywasm_rt.engine.reference import float as floats
from pywasm_rt.engine.reference.float import round_to_f32

F32_BITS = st.integers(0, 2**32 - 1) | st.sampled_from(
    [0, 1 << 31, 1, 0x7FFFFF, 0x800000, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x3F800000, 0x4B000001]
)
F64_BITS = st.integers(0, 2**64 - 1)
QUIET_32, QUIET_64 = 1 << 22, 1 << 51


def nearest_f32(exact: Fraction) -> float:
    """The f32 nearest to an exact number, ties to even, found by its own definition."""
    if exact == 0:
        return 0.0
    magnitude = abs(exact)
    exponent = max(-149, math.floor(math.log2(magnitude)) - 24)
    while magnitude / Fraction(2) ** exponent >= 1 << 24:
        exponent += 1
    scaled = round(magnitude / Fraction(2) ** exponent)  # round is half to even on fractions
    if scaled * Fraction(2) ** exponent >= 1 << 128:
        return math.copysign(math.inf, exact)
    return math.copysign(float(scaled * Fraction(2) ** exponent), exact)


@given(F32_BITS, F32_BITS, st.sampled_from("add sub mul div".split()))
def test_f32_arithmetic_is_rounded_once(x: int, y: int, name: str) -> None:
    a, b = f32_from_bits(x), f32_from_bits(y)
    if not (math.isfinite(a) and math.isfinite(b)) or (name == "div" and b == 0.0):
        return
    first, second = Fraction(a), Fraction(b)
    exact = {
        "add": lambda: first + second,
        "sub": lambda: first - second,
        "mul": lambda: first * second,
        "div": lambda: first / second,
    }[name]()
    result = getattr(floats, f"f32_{name}")(a, b)
    assert result == nearest_f32(exact)
    assert f32_from_bits(f32_to_bits(result)) == result


@given(F32_BITS)
def test_f32_square_root(x: int) -> None:
    a = f32_from_bits(x)
    root = floats.f32_sqrt(a)
    if math.isnan(a) or a < 0:
        assert math.isnan(root)
    elif a == 0.0 or math.isinf(a):
        assert f32_to_bits(root) == x
    else:
        # The exact root lies between the middles of the neighbouring floats.
        below, above = (f32_from_bits(f32_to_bits(root) + step) for step in (-1, 1))
        assert ((Fraction(below) + Fraction(root)) / 2) ** 2 <= Fraction(a)
        assert Fraction(a) <= ((Fraction(above) + Fraction(root)) / 2) ** 2


@given(st.floats())
def test_rounding_to_f32(a: float) -> None:
    rounded = round_to_f32(a)
    if math.isnan(a):
        assert math.isnan(rounded)
    elif math.isinf(a):
        assert rounded == a
    else:
        assert rounded == nearest_f32(Fraction(a))
        assert math.copysign(1, rounded) == math.copysign(1, a)


@given(F64_BITS, st.sampled_from([32, 64]))
def test_sign_operations_move_bits_only(bits: int, width: int) -> None:
    bits &= (1 << width) - 1
    sign = 1 << width - 1
    to_bits, from_bits = (
        (f32_to_bits, f32_from_bits) if width == 32 else (f64_to_bits, f64_from_bits)
    )
    value = from_bits(bits)
    meaning = {name: getattr(floats, f"f{width}_{name}") for name in ("neg", "abs", "copysign")}
    assert to_bits(meaning["neg"](value)) == bits ^ sign
    assert to_bits(meaning["abs"](value)) == bits & ~sign
    assert to_bits(meaning["copysign"](value, -1.0)) == bits | sign
    assert to_bits(meaning["copysign"](value, from_bits(0))) == bits & ~sign
    assert to_bits(getattr(floats, f"f{width}_const")(bits)) == bits


UNARY = "ceil floor trunc nearest sqrt".split()
BINARY = "add sub mul div min max".split()


@pytest.mark.parametrize("name", UNARY + BINARY)
@given(payload=st.integers(1, 2**22 - 1), sign=st.integers(0, 1))
def test_a_nan_comes_out_quiet(name: str, payload: int, sign: int) -> None:
    nan_32 = f32_from_bits(0x7F800000 | payload | sign << 31)
    nan_64 = f64_from_bits(0x7FF << 52 | payload | sign << 63)
    for operands in [(nan_32,), (nan_64,)] if name in UNARY else [(nan_32, 1.0), (1.0, nan_64)]:
        width = 32 if nan_32 is operands[0] else 64
        result = getattr(floats, f"f{width}_{name}")(*operands)
        if width == 32:
            assert f32_to_bits(result) & (0x7F800000 | QUIET_32) == 0x7F800000 | QUIET_32
        else:
            assert f64_to_bits(result) & (0x7FF << 52 | QUIET_64) == 0x7FF << 52 | QUIET_64


@pytest.mark.parametrize("width", [32, 64])
def test_special_values(width: int) -> None:
    def meaning(name: str, *operands: float) -> float:
        result: float = getattr(floats, f"f{width}_{name}")(*operands)
        return result

    inf = math.inf
    assert math.isnan(meaning("sub", inf, inf))
    assert math.isnan(meaning("mul", 0.0, inf))
    assert math.isnan(meaning("div", 0.0, 0.0))
    assert math.isnan(meaning("div", inf, inf))
    assert math.isnan(meaning("sqrt", -1.0))
    assert meaning("div", 1.0, 0.0) == inf
    assert meaning("div", 1.0, -0.0) == -inf
    assert meaning("div", -inf, 0.0) == -inf
    assert repr(meaning("sqrt", -0.0)) == "-0.0"
    assert repr(meaning("min", 0.0, -0.0)) == repr(meaning("min", -0.0, 0.0)) == "-0.0"
    assert repr(meaning("max", 0.0, -0.0)) == repr(meaning("max", -0.0, 0.0)) == "0.0"
    assert meaning("min", -inf, 1.0) == -inf
    assert meaning("max", inf, 1.0) == inf
    assert meaning("mul", 3e38, 10.0) == (inf if width == 32 else 3e38 * 10.0)


@pytest.mark.parametrize(
    ("a", "results"),
    [
        ("0.5", ("1.0", "0.0", "0.0", "0.0")),
        ("-0.5", ("-0.0", "-1.0", "-0.0", "-0.0")),
        ("1.5", ("2.0", "1.0", "1.0", "2.0")),
        ("2.5", ("3.0", "2.0", "2.0", "2.0")),
        ("-2.5", ("-2.0", "-3.0", "-2.0", "-2.0")),
        ("-0.0", ("-0.0", "-0.0", "-0.0", "-0.0")),
        (
            "2251799813685249.5",
            (
                "2251799813685250.0",
                "2251799813685249.0",
                "2251799813685249.0",
                "2251799813685250.0",
            ),
        ),
        ("inf", ("inf", "inf", "inf", "inf")),
        ("-1e300", ("-1e+300", "-1e+300", "-1e+300", "-1e+300")),
    ],
)
def test_rounding_to_integral_numbers(a: str, results: tuple[str, ...]) -> None:
    for name, result in zip(("ceil", "floor", "trunc", "nearest"), results, strict=True):
        assert repr(getattr(floats, f"f64_{name}")(float(a))) == result


@given(st.floats(), st.floats())
def test_comparisons(a: float, b: float) -> None:
    for width in (32, 64):
        for name, result in {
            "eq": a == b,
            "ne": a != b,
            "lt": a < b,
            "gt": a > b,
            "le": a <= b,
            "ge": a >= b,
        }.items():
            assert getattr(floats, f"f{width}_{name}")(a, b) is int(result)
