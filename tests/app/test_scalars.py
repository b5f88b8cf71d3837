"""The core schema of YAML 1.2."""

from __future__ import annotations

import math

import pytest

from pywasm_rt.app.scalars import TAG_PREFIX, resolve_tag, scalar_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("+5", 5),
        ("-0", 0),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2026-01-01", "2026-01-01"),
        ("true", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("", None),
        ("~", None),
        ("Null", None),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.", 1.0),
        ("-.INF", -math.inf),
        ("inf", "inf"),
        ("=", "="),
        ("0b1", "0b1"),
    ],
)
def test_plain_scalars(text: str, value: object) -> None:
    result = scalar_value(resolve_tag(text), text)
    assert result == value
    assert type(result) is type(value)


def test_not_a_number() -> None:
    assert math.isnan(float(str(scalar_value(resolve_tag(".nan"), ".nan"))))


@pytest.mark.parametrize(
    ("tag", "text", "message"),
    [
        (TAG_PREFIX + "int", "x", "not a valid !!int: 'x'"),
        (TAG_PREFIX + "binary", "x", "unknown tag !!binary"),
        ("!mine", "x", "unknown tag !mine"),
        (TAG_PREFIX + "int", "9" * 5000, "a number of more than 1000 digits"),
    ],
)
def test_what_does_not_agree(tag: str, text: str, message: str) -> None:
    with pytest.raises(ValueError, match="^" + message.replace("!", "[!]")):
        scalar_value(tag, text)
