"""Policies of an application, and whether what goes by them names what is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pywasm_rt.app.entry import Entry
from pywasm_rt.app.kinds import Security, SecurityPolicy
from pywasm_rt.app.yaml_source import PathStep
from pywasm_rt.component.suggestion import hint
from pywasm_rt.errors import Fault
from pywasm_rt.process.security import Policies, Policy

if TYPE_CHECKING:
    from pywasm_rt.app.application import Application

__all__ = ["check_security", "policies_of"]


def policies_of(application: Application) -> Policies:
    """The policies of the usable entries."""
    return Policies(
        Policy(
            entry.id,
            tuple(entry.config.policy.actions),
            tuple(entry.config.policy.resources),
            entry.config.policy.effect == "allow",
            tuple(entry.config.groups),
        )
        for entry in application.of_kind("security.policy")
        if isinstance(entry.config, SecurityPolicy)
    )


def check_security(application: Application) -> Iterator[Fault]:
    """A fault for each policy and group that an entry names and that there is not."""
    policies = {entry.id for entry in application.of_kind("security.policy")}
    groups = {
        group
        for entry in application.of_kind("security.policy")
        if isinstance(entry.config, SecurityPolicy)
        for group in entry.config.groups
    }
    for entry in application.entries.values():
        for path, security in _blocks(entry):
            for index, name in enumerate(security.policies):
                if name not in policies:
                    place = (*path, "policies", index)
                    advice = hint(name, policies)
                    yield entry.raw.fault(f"policy not found: {name}", place, advice)
            for index, name in enumerate(security.groups):
                if name not in groups:
                    place = (*path, "groups", index)
                    yield entry.raw.fault(f"group not found: {name}", place, hint(name, groups))


def _blocks(entry: Entry) -> Iterator[tuple[tuple[PathStep, ...], Security]]:
    """The ``security`` of an entry, wherever it is."""
    lifecycle = getattr(entry.config, "lifecycle", None)
    options = getattr(entry.config, "options", None)
    found: list[tuple[tuple[PathStep, ...], object]] = [
        (("lifecycle", "security"), getattr(lifecycle, "security", None)),
        (("options", "security"), getattr(options, "security", None)),
        (("security",), getattr(entry.config, "security", None)),
    ]
    if entry.command is not None:
        found.append((("meta", "command", "security"), entry.command.security))
    for path, block in found:
        if isinstance(block, Security):
            yield path, block
