"""Tables and trees of what an application does."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console, RenderableType

from pywasm_rt.cli.ps import age, amount, process_table, service_tree


def process(pid: str, entry: str, **more: object) -> dict[str, Any]:
    return {
        "pid": pid,
        "entry": entry,
        "host": "app:h",
        "names": [],
        "state": "blocked",
        "waits_for": "Sleep",
        "fuel": 1_234_567,
        "memory_bytes": 65_536,
        "mailbox_messages": 3,
        "mailbox_bytes": 9,
        "age_seconds": 61.0,
        "parent": None,
        **more,
    }


def service(id: str, state: str, **more: object) -> dict[str, Any]:
    return {
        "id": id,
        "state": state,
        "restarts": 0,
        "supervisor": None,
        "strategy": None,
        "address": "",
        "error": None,
        "pids": [],
        **more,
    }


STATUS = {
    "processes": [
        process("{app:h|0x00001}", "app:a", names=["first"]),
        process("{app:h|0x00002}", "app:b", state="running", waits_for=""),
        process("{app:h|0x00003}", "app:c", parent="{app:h|0x00002}"),
    ],
    "services": [
        service("app:group", "running", strategy="rest_for_one"),
        service("app:s", "running", supervisor="app:group", restarts=2, pids=["{app:h|0x00001}"]),
        service("app:t", "failed", supervisor="app:group", error="disk is full\x1b[2J"),
        service("app:web", "running", address="http://127.0.0.1:80/"),
    ],
}


def shown(what: RenderableType) -> list[str]:
    console = Console(width=200, file=io.StringIO(), record=True)
    console.print(what)
    return [line.rstrip() for line in console.export_text().splitlines()]


def test_a_process_is_a_line_with_all_there_is_to_know() -> None:
    head, first, second, _ = shown(process_table(STATUS))
    columns = "PID ENTRY STATE FUEL MEMORY MAIL AGE RESTARTS WAITS FOR"
    assert " ".join(head.split()) == columns
    assert " ".join(first.split()) == "{app:h|0x00001} (first) app:a blocked 1.2M 66k 3 1m 2 Sleep"
    assert second.split()[-1] == "1m", "no service runs it, and it waits for nothing"


def test_services_are_below_their_supervisors_and_processes_below_both() -> None:
    tree = shown(service_tree(STATUS))
    assert [line.strip("│├└─ ") for line in tree] == [
        "application",
        "app:group running rest_for_one",
        "app:s running restarts 2",
        "{app:h|0x00001} app:a blocked waits for Sleep",
        "app:t failed disk is full\\x1b[2J",
        "app:web running http://127.0.0.1:80/",
        "other processes",
        "{app:h|0x00002} app:b running",
        "{app:h|0x00003} app:c blocked waits for Sleep",
    ]
    depths = [len(line) - len(line.lstrip("│├└─ ")) for line in tree]
    assert depths == [0, 4, 8, 12, 8, 4, 4, 8, 12]


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (999, "999"), (1_200, "1.2k"), (64e6, "64M"), (5e15, "5000T")]
)
def test_amounts_are_short(value: float, text: str) -> None:
    assert amount(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(12.3, "12s"), (300, "5m"), (10_800, "3h"), (777_600, "9d")]
)
def test_ages_are_short(seconds: float, text: str) -> None:
    assert age(seconds) == text
