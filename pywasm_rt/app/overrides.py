"""Overrides: ``namespace:entry:field=value`` in place of what a file says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pywasm_rt.app.source_files import RawEntry
from pywasm_rt.app.yaml_source import read_yaml
from pywasm_rt.component.suggestion import hint
from pywasm_rt.errors import ConfigError, Fault

__all__ = ["Override", "apply_overrides", "parse_override"]

EXAMPLE = "for example app:web:addr=:9090"


@dataclass(frozen=True, slots=True)
class Override:
    """One of them; ``path`` is what stands between the entry and ``=``, taken apart at dots."""

    text: str
    entry_id: str
    path: tuple[str, ...]
    value: object


def parse_override(text: str) -> Override:
    """Take an override apart; its value is read as YAML. Raises ConfigError."""
    target, equals, written = text.partition("=")
    namespace, _, rest = target.partition(":")
    name, _, field = rest.partition(":")
    if not (equals and namespace and name and field) or "" in field.split("."):
        raise ConfigError([Fault(f'not an override: "{text[:80]}"', None, EXAMPLE)])
    # A text that only looks like YAML (an address with a colon) is a text.
    document = read_yaml(written.encode(), "--override")
    root = document.root
    value: object = written
    if root is not None and not document.faults and (written[:1] in "[{" or not _is_mapping(root)):
        value = root.plain()
    return Override(text, f"{namespace}:{name}", tuple(field.split(".")), value)


def _is_mapping(root: object) -> bool:
    return isinstance(getattr(root, "value", None), dict)


def apply_overrides(
    entries: Iterable[RawEntry], overrides: Sequence[Override]
) -> tuple[RawEntry, ...]:
    """The entries with their overridden fields. Raises ConfigError for entries that are not there
    and for paths into what is no mapping.
    """
    found = {entry.id: entry for entry in entries}
    faults: list[Fault] = []
    for override in overrides:
        entry = found.get(override.entry_id)
        if entry is None:
            message = f"--override {override.text}: entry not found: {override.entry_id}"
            faults.append(Fault(message, None, hint(override.entry_id, found)))
            continue
        try:
            found[entry.id] = _overridden(entry, override)
        except ValueError as error:
            faults.append(Fault(f"--override {override.text}: {error}"))
    if faults:
        raise ConfigError(faults)
    return tuple(found.values())


def _overridden(entry: RawEntry, override: Override) -> RawEntry:
    path = override.path
    if path == ("kind",):
        return replace(entry, kind=str(override.value))
    if path[0] == "meta" and len(path) > 1:
        return replace(entry, meta=_with(entry.meta, path[1:], override.value))
    return replace(entry, data=_with(entry.data, path, override.value))


def _with(data: Mapping[str, object], path: tuple[str, ...], value: object) -> dict[str, object]:
    """A copy of ``data`` with a value at a path. Raises ValueError."""
    first, rest = path[0], path[1:]
    if not rest:
        return {**data, first: value}
    inner = data.get(first)
    if inner is None:
        inner = {}
    if not isinstance(inner, Mapping):
        raise ValueError(f"{first} is no mapping")
    return {**data, first: _with(inner, rest, value)}
