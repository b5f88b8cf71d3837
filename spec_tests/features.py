"""Which rules a folder of suites is written for.

The longest matching folder decides; a folder that is not listed gets WebAssembly 3.0.
"""

from __future__ import annotations

from pathlib import Path

from pywasm_rt.component.features import DEFAULT as COMPONENT_DEFAULT
from pywasm_rt.component.features import ComponentFeatures
from pywasm_rt.wasm.features import DEFAULT, WASM_2, Features

__all__ = ["COMPONENT_FOLDERS", "FOLDERS", "component_features_for", "features_for"]

# Folder, relative to the folder of suites: (features, reason for the difference).
FOLDERS: dict[str, tuple[Features, str]] = {
    "spec/core": (DEFAULT, "WebAssembly 3.0"),
    "spec/custom": (DEFAULT, "3.0 with the custom annotations, which are on by default"),
    "spec/legacy": (
        DEFAULT.with_(legacy_exceptions=True),
        "the exception instructions that were shipped before 3.0",
    ),
    "proposals/threads": (
        WASM_2.with_(threads=True),
        "the proposal builds on 2.0, and 19 of its assertions contradict 3.0",
    ),
    "proposals/custom-page-sizes": (
        DEFAULT.with_(custom_page_sizes=True),
        "3.0 and the proposal",
    ),
    "proposals/wide-arithmetic": (DEFAULT.with_(wide_arithmetic=True), "3.0 and the proposal"),
}

# The same for folders of component scripts.
COMPONENT_FOLDERS: dict[str, tuple[ComponentFeatures, str]] = {
    "component-model/test": (
        COMPONENT_DEFAULT.with_(
            fixed_length_lists=True,
            async_=True,
            threading=True,
            core=DEFAULT.with_(threads=True),
        ),
        "upstream's command line switches these on, and modules with shared memories occur",
    ),
}


def component_features_for(path: Path) -> ComponentFeatures | None:
    """The features for a suite's component script; None for other scripts."""
    text = path.resolve().as_posix()
    for folder, (features, _) in COMPONENT_FOLDERS.items():
        if f"/{folder}/" in text:
            return features
    return None


def features_for(path: Path) -> Features:
    """The features for a suite's file, by the folders that it lies in."""
    text = path.resolve().as_posix()
    matches = [folder for folder in FOLDERS if f"/{folder}/" in f"{text}/"]
    return FOLDERS[max(matches, key=len)][0] if matches else DEFAULT
