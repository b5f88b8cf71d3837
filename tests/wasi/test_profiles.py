"""Profiles: what an entry's imports grant."""

from __future__ import annotations

import pytest

from pywasm_rt.errors import ConfigError
from pywasm_rt.wasi.profiles import PROFILES, profile_of_interface, select_profiles


@pytest.mark.parametrize(
    ("imports", "granted"),
    [
        ([], set()),
        (["wasi:random"], {"random", "insecure", "insecure-seed"}),
        (["WASI:Random@0.2.3 "], {"random", "insecure", "insecure-seed"}),
        (["wasi:random/insecure"], {"random", "insecure", "insecure-seed"}),
        (["wasi:poll"], {"poll"}),
        (["wasi:io/poll@0.2.0"], {"poll"}),
        (["wasi:io/streams", "wasi:poll"], {"error", "streams", "poll"}),
        (["wasi:filesystem"], {"types", "preopens"}),
        (["wasi1", "app:preview1", "wasi_snapshot_preview1"], set()),
        (["wasi:clocks"], {"wall-clock", "monotonic-clock", "timezone"}),
        (["wasi:http/types@0.2.3"], {"types", "outgoing-handler"}),
        (
            ["wasi:sockets/tcp"],
            {
                "instance-network",
                "network",
                "tcp",
                "tcp-create-socket",
                "udp",
                "udp-create-socket",
                "ip-name-lookup",
            },
        ),
    ],
)
def test_what_imports_grant(imports: list[str], granted: set[str]) -> None:
    assert {name.rpartition("/")[2] for name in select_profiles(imports)} == granted


def test_functions_of_the_registry() -> None:
    assert select_profiles(["funcs"]) == {"wippy:runtime/funcs"}
    assert select_profiles(["app:FUNCS"]) == {"wippy:runtime/funcs"}
    assert select_profiles(["wippy:runtime/funcs@0.1.0"]) == {"wippy:runtime/funcs"}


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        select_profiles(["wasi:clock", "wasi:io", "socket", "nonsense"])
    messages = [str(fault) for fault in caught.value.faults]
    assert messages[0] == 'unsupported wasm host import: wasi:clock (did you mean "wasi:clocks"?)'
    assert messages[1] == "wasm host import is not available yet: socket"
    assert messages[2].startswith("unsupported wasm host import: nonsense (known: wasi:io,")
    assert len(messages) == 3


def test_processes_are_granted_to_components_and_core_modules() -> None:
    granted = {"wippy:actor/process", "pywasm-rt:actor/control"}
    for name in ("wippy:actor", "wippy:actor/process@0.1.0", "pywasm-rt:actor"):
        assert select_profiles([name]) == granted
        assert select_profiles([name], is_component=False) == granted


def test_core_modules_have_few() -> None:
    assert select_profiles(["wasi1"], is_component=False) == set()
    with pytest.raises(ConfigError, match="requires component module: wasi:io"):
        select_profiles(["wasi:io"], is_component=False)


def test_the_profile_to_ask_for() -> None:
    for interface, name in {
        "wasi:io/poll@0.2.8": "wasi:poll",
        "wasi:cli/terminal-output": "wasi:cli",
        "wasi:sockets/network@0.2.0": "wasi:sockets",
    }.items():
        profile = profile_of_interface(interface)
        assert profile is not None
        assert profile.name == name
    assert profile_of_interface("wasi:nn/graph") is None
    assert len({profile.name for profile in PROFILES}) == len(PROFILES)
