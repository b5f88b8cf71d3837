"""What a running application says, for people and for machines."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator

import pytest

from pywasm_rt.cli.logs import LogFormat, set_up_logs

ROOT = logging.getLogger("pywasm_rt")
LOGGER = logging.getLogger("pywasm_rt.tests")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The package's logger is everybody's."""
    before = ROOT.handlers, ROOT.level, ROOT.propagate
    raises = logging.raiseExceptions
    yield
    ROOT.handlers, ROOT.propagate = before[0], before[2]
    ROOT.setLevel(before[1])
    logging.raiseExceptions = raises


def test_a_line_of_text_ends_with_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("text", "info")
    LOGGER.info("%s listens", "app:web", extra={"entry": "app:web", "port": 80})
    LOGGER.debug("not told")
    line = capsys.readouterr().err
    assert re.fullmatch(r"\d\d:\d\d:\d\d INFO    app:web listens entry=app:web port=80\n", line)


def test_a_line_of_json_has_the_fields_as_keys(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("json", "debug")
    LOGGER.debug('"two"\nlines', extra={"pid": 7, "error": ValueError("x")})
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT[\d:]+\.\d{3}\+00:00", told.pop("time"))
    assert told == {
        "level": "debug",
        "logger": "pywasm_rt.tests",
        "message": '"two"\nlines',
        "pid": 7,
        "error": "x",
    }


@pytest.mark.parametrize("format", ["text", "json"])
def test_what_was_raised_is_told_too(format: LogFormat, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(format, "error")
    try:
        raise ZeroDivisionError("again")
    except ZeroDivisionError:
        LOGGER.exception("it failed")
    told = capsys.readouterr().err
    assert "it failed" in told
    assert "ZeroDivisionError: again" in told


def test_what_a_guest_says_does_not_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("text", "warning")
    LOGGER.warning("%s", "a\x1b[2Jb", extra={"field": "\x1b]0;title\a"})
    assert "\x1b" not in capsys.readouterr().err
