"""Services: what an application runs besides processes, for example HTTP servers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pywasm_rt.app.application import Application
    from pywasm_rt.app.deployment import Deployment

__all__ = ["Service", "ServiceContext"]


@dataclass(frozen=True, slots=True)
class ServiceContext:
    """What a service sees of its application while it runs."""

    deployment: Deployment

    @property
    def application(self) -> Application:
        """The entries as they are now."""
        return self.deployment.application


class Service(Protocol):
    """Something with a beginning and an end, on the application's event loop."""

    async def start(self) -> None:
        """Begin; it runs when this returns. Raises OSError, WasmError."""
        ...

    async def stop(self, grace_seconds: float) -> None:
        """End: at once what has nothing to do, the rest within the grace time."""
        ...

    def describe(self) -> str:
        """What a person wants to know of it while it runs, such as where it listens."""
        ...

    def update(self) -> None:
        """Entries have changed."""
        ...
