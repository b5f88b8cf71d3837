"""``meta``: what is said about an entry rather than to it. Unknown keys are kept."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from pywasm_rt.app.kinds.configuration import Configuration, Reference, Text, fault
from pywasm_rt.app.kinds.security import Security

__all__ = ["Command", "Meta"]

_COMMAND = re.compile(r"[^\s/\\-][^\s/\\]*")


def _command_name(value: str) -> str:
    if value == "list":
        raise fault('the command name "list" is taken by "run list"')
    if not _COMMAND.fullmatch(value) or value.endswith((".wasm", ".wat")):
        hint = "one word, not a path and not an option"
        raise fault(f'not a command name: "{value[:40]}"', hint)
    return value


class Command(Configuration):
    """``meta.command``: the entry can be run from the command line under ``name``."""

    name: Annotated[Text, AfterValidator(_command_name)]
    short: str = ""
    main: bool = False
    use_case: str = "run"
    security: Security | None = None


class Meta(Configuration):
    """The keys of ``meta`` that mean something here; ``router`` and ``server`` are entry IDs."""

    model_config = ConfigDict(extra="allow")

    command: Command | None = None
    depends_on: list[str] = Field(default_factory=list)
    router: Reference | None = None
    server: Reference | None = None
