"""How options are read."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from pywasm_rt.cli.parameters import (
    FolderMapping,
    duration_ms,
    environment_setting,
    folder_mapping,
    network_grant,
    server_address,
    size_bytes,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("65536", 65_536),
        ("64KiB", 65_536),
        ("64 kb", 65_536),
        ("16M", 16 << 20),
        ("1GiB", 1 << 30),
        ("2T", 2 << 40),
        ("12B", 12),
    ],
)
def test_sizes(text: str, value: int) -> None:
    assert size_bytes(text) == value


@pytest.mark.parametrize("text", ["", "K", "-1", "1.5M", "1X", "1" * 16])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a size such as 65536, 64KiB or 1G"):
        size_bytes(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("2", 2000), ("2s", 2000), ("500ms", 500), ("1.5s", 1500), ("0.001", 1), ("2m", 120_000)],
)
def test_durations(text: str, value: int) -> None:
    assert duration_ms(text) == value


@pytest.mark.parametrize("text", ["", "s", "-1", "1d", "0", "0.5ms", "nan"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(click.BadParameter):
        duration_ms(text)


def test_environment_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYWASM_RT_TEST", "here")
    monkeypatch.delenv("PYWASM_RT_GONE", raising=False)
    assert environment_setting("A=b=c") == ("A", "b=c")
    assert environment_setting("A=") == ("A", "")
    assert environment_setting("PYWASM_RT_TEST") == ("PYWASM_RT_TEST", "here")
    for text in ("", "=x", "PYWASM_RT_GONE"):
        with pytest.raises(click.BadParameter):
            environment_setting(text)


def test_folder_mappings(tmp_path: Path) -> None:
    assert folder_mapping(f"{tmp_path}::/data") == FolderMapping(tmp_path, "/data")
    assert folder_mapping(str(tmp_path)) == FolderMapping(tmp_path, str(tmp_path))
    for text in ("", "::/data", f"{tmp_path}::"):
        with pytest.raises(click.BadParameter):
            folder_mapping(text)


@pytest.mark.parametrize("text", ["a.example:443", "127.0.0.1", "[::1]:80", "*:80", "*"])
def test_grants(text: str) -> None:
    assert network_grant(text) == text


@pytest.mark.parametrize("text", ["", "http://a", "a:0", "a:b", "10.0.0.1/8"])
def test_what_is_no_grant(text: str) -> None:
    with pytest.raises(click.BadParameter):
        network_grant(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:80", ("::1", 80)),
        (":80", ("127.0.0.1", 80)),
    ],
)
def test_addresses_of_servers(text: str, address: tuple[str, int]) -> None:
    assert server_address(text) == address


@pytest.mark.parametrize(
    "text", ["", "a", "8080", "::1", "a:", "a:65536", "a:-1", "[a]:1", "a:b:1"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not HOST:PORT"):
        server_address(text)
