"""Files within their filesystem, and hashes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pywasm_rt.app.binary_source import BinaryFault, check_hash, read_binary

EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.wasm").write_bytes(b"secret")
    inner = tmp_path / "wasm"
    (inner / "deep").mkdir(parents=True)
    (inner / "worker.wasm").write_bytes(b"worker")
    (inner / "deep" / "other.wasm").write_bytes(b"other")
    (inner / "link.wasm").symlink_to("../secret.wasm")
    (inner / "absolute.wasm").symlink_to(tmp_path / "secret.wasm")
    (inner / "out").symlink_to("..")
    (inner / "loop").symlink_to("loop")
    (inner / "fine.wasm").symlink_to("deep/other.wasm")
    return inner


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/worker.wasm", b"worker"),
        ("worker.wasm", b"worker"),
        ("//worker.wasm", b"worker"),
        ("/deep/../worker.wasm", b"worker"),
        ("/fine.wasm", b"other"),
    ],
)
def test_paths_inside(folder: Path, path: str, content: bytes) -> None:
    assert read_binary(folder, path) == content


@pytest.mark.parametrize(
    "path",
    [
        *("../secret.wasm", "/../secret.wasm", "/deep/../../secret.wasm", "/link.wasm"),
        *("/absolute.wasm", "/out/secret.wasm", "/../../../../../../etc/passwd"),
    ],
)
def test_nothing_leads_out(folder: Path, path: str) -> None:
    with pytest.raises(BinaryFault, match=r"^path leaves the filesystem: "):
        read_binary(folder, path)


def test_a_missing_file_is_told_with_what_is_there(folder: Path) -> None:
    with pytest.raises(BinaryFault) as caught:
        read_binary(folder, "/workr.wasm")
    assert caught.value.message == "failed to open file: /workr.wasm: no such file"
    assert caught.value.suggestion == 'did you mean "/worker.wasm"?'


@pytest.mark.parametrize(("path", "reason"), [("/deep", "not a file"), ("/loop", "")])
def test_what_is_no_file(folder: Path, path: str, reason: str) -> None:
    with pytest.raises(BinaryFault, match=f"^failed to open file: {path}: {reason}"):
        read_binary(folder, path)


def test_the_right_hash() -> None:
    assert check_hash(b"", EMPTY) == EMPTY


@pytest.mark.parametrize(
    ("given", "message", "suggestion"),
    [
        ("sha256:" + "0" * 64, "hash mismatch: expected sha256:000", ""),
        ("sha256:" + EMPTY[7:].upper(), "hash mismatch: expected", "write the hash in lower case"),
        (
            "sha256:12",
            "hash mismatch: expected sha256:12, got",
            "a sha256 hash has 64 digits 0-9 a-f",
        ),
        ("sha512:12", "unsupported hash algorithm: sha512", f"only sha256 is supported: {EMPTY}"),
        ("SHA256:12", "unsupported hash algorithm: SHA256", f"only sha256 is supported: {EMPTY}"),
        ("12ab", "invalid hash format: 12ab", "write sha256:12ab"),
    ],
)
def test_wrong_hashes(given: str, message: str, suggestion: str) -> None:
    with pytest.raises(BinaryFault) as caught:
        check_hash(b"", given)
    assert caught.value.message.startswith(f"hash verification failed: {message}")
    assert caught.value.suggestion == suggestion
    if "mismatch" in message:
        assert caught.value.message.endswith(f", got {EMPTY}")
