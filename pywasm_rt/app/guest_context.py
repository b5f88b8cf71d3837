"""What a guest gets to see of the world: its entry's ``wasi`` block, made real."""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.app.entry import Entry
from pywasm_rt.app.kinds import GuestConfiguration
from pywasm_rt.app.kinds.limits import LimitSettings
from pywasm_rt.app.resolution import Resources
from pywasm_rt.app.standard_streams import StandardStreams
from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.wasi.capabilities.clocks import MonotonicClock, SystemMonotonicClock
from pywasm_rt.wasi.capabilities.filesystem import Directory
from pywasm_rt.wasi.capabilities.host_directory import HostDirectory
from pywasm_rt.wasi.capabilities.network import Network, NetworkGrants
from pywasm_rt.wasi.context import WasiContext, WasiLimits

__all__ = ["StandardStreams", "make_wasi_context"]


def make_wasi_context(
    entry: Entry,
    resources: Resources,
    streams: StandardStreams,
    arguments: tuple[str, ...] = (),
    monotonic_clock: MonotonicClock | None = None,
    limits: LimitSettings | None = None,
    permits: Callable[[str, str], bool] = lambda _, __: True,
) -> WasiContext:
    """The capabilities of one run of a guest's entry. The preopens are its to close.

    ``wasi.args`` are the guest's arguments; if there are none it gets ``arguments``.
    Variables have their present values, sorted by name; those without a value are left out.
    ``limits`` stand in for the entry's own. ``permits`` is asked for each mount, for the action
    ``fs.get``.

    Raises ProcessError (NotFound) for a required variable without a value, PermissionDenied for a
    mount that is not permitted, and ConfigError for a folder that is no longer there.
    """
    config = entry.config
    if not isinstance(config, GuestConfiguration):
        return WasiContext()
    limits = entry.limits if limits is None else limits
    return WasiContext(
        arguments=tuple(config.wasi.args) or arguments,
        environment=_environment(config, resources),
        cwd=config.wasi.cwd,
        stdin=streams.stdin,
        stdout=streams.stdout,
        stderr=streams.stderr,
        preopens=_preopens(config, resources, permits),
        monotonic_clock=monotonic_clock or SystemMonotonicClock(),
        network=_network(config),
        terminals=streams.terminals,
        limits=WasiLimits(
            open_handles=limits.open_handles or WasiLimits().open_handles,
            output_bytes=limits.output_bytes or None,
            file_bytes=limits.file_bytes or None,
            open_sockets=limits.max_open_sockets or None,
            socket_timeout_ms=limits.socket_timeout_ms or None,
        ),
    )


def _network(config: GuestConfiguration) -> Network:
    """What ``wasi.network`` allows; without it HTTP requests to any host, and no sockets."""
    settings = config.wasi.network
    if settings is None:
        return Network(http=NetworkGrants.parse(["*"]))
    return Network.allow(*settings.allow)


def _environment(config: GuestConfiguration, resources: Resources) -> tuple[tuple[str, str], ...]:
    values: dict[str, str] = {}
    for needed in config.wasi.env:
        variable = resources.variable(needed.id)
        value = variable.value() if variable is not None else None
        if value is not None:
            values[needed.name] = value
        elif needed.required:
            message = f"required wasi env variable not found: {needed.id}"
            raise ProcessError(message, ProcessErrorKind.NOT_FOUND)
    return tuple(sorted(values.items()))


def _preopens(
    config: GuestConfiguration, resources: Resources, permits: Callable[[str, str], bool]
) -> tuple[tuple[str, Directory], ...]:
    """The mounts, sorted by guest path; all are closed again if one cannot be opened."""
    opened: list[tuple[str, Directory]] = []
    try:
        for mount in sorted(config.wasi.mounts, key=lambda mount: mount.guest):
            if not permits("fs.get", mount.fs):
                message = f"not allowed to access filesystem: {mount.fs}"
                raise ProcessError(message, ProcessErrorKind.PERMISSION_DENIED)
            folder = resources.folders.get(mount.fs)
            if folder is None:
                message = f"wasi mount filesystem not found: {mount.fs}"
                raise ProcessError(message, ProcessErrorKind.NOT_FOUND)
            read_only = mount.read_only or not folder.writable
            opened.append((mount.guest, HostDirectory(folder.path, read_only=read_only)))
    except BaseException:
        for _, directory in opened:
            directory.close()
        raise
    return tuple(opened)
