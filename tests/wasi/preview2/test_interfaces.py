"""WASI 0.2.12 as a whole: which interfaces there are, and which functions they have."""

from __future__ import annotations

from typing import Any

from pywasm_rt.wasi.profiles import PROFILES

# Every function, but of the interfaces that guests export (cli/run, http/incoming-handler).
FUNCTIONS = {
    "io/error": "error.to-debug-string",
    "io/poll": "poll pollable.ready pollable.block",
    "io/streams": """input-stream.read input-stream.blocking-read input-stream.skip
        input-stream.blocking-skip input-stream.subscribe output-stream.check-write
        output-stream.write output-stream.blocking-write-and-flush output-stream.flush
        output-stream.blocking-flush output-stream.subscribe output-stream.write-zeroes
        output-stream.blocking-write-zeroes-and-flush output-stream.splice
        output-stream.blocking-splice""",
    "clocks/monotonic-clock": "now resolution subscribe-instant subscribe-duration",
    "clocks/wall-clock": "now resolution",
    "clocks/timezone": "display utc-offset",
    "random/random": "get-random-bytes get-random-u64",
    "random/insecure": "get-insecure-random-bytes get-insecure-random-u64",
    "random/insecure-seed": "insecure-seed",
    "filesystem/preopens": "get-directories",
    "filesystem/types": """descriptor.read-via-stream descriptor.write-via-stream
        descriptor.append-via-stream descriptor.advise descriptor.sync-data descriptor.get-flags
        descriptor.get-type descriptor.set-size descriptor.set-times descriptor.read
        descriptor.write descriptor.read-directory descriptor.sync descriptor.create-directory-at
        descriptor.stat descriptor.stat-at descriptor.set-times-at descriptor.link-at
        descriptor.open-at descriptor.readlink-at descriptor.remove-directory-at
        descriptor.rename-at descriptor.symlink-at descriptor.unlink-file-at
        descriptor.is-same-object descriptor.metadata-hash descriptor.metadata-hash-at
        directory-entry-stream.read-directory-entry filesystem-error-code""",
    "cli/environment": "get-environment get-arguments initial-cwd",
    "cli/exit": "exit exit-with-code",
    "cli/stdin": "get-stdin",
    "cli/stdout": "get-stdout",
    "cli/stderr": "get-stderr",
    "cli/terminal-input": "",
    "cli/terminal-output": "",
    "cli/terminal-stdin": "get-terminal-stdin",
    "cli/terminal-stdout": "get-terminal-stdout",
    "cli/terminal-stderr": "get-terminal-stderr",
    "sockets/network": "network-error-code",
    "sockets/instance-network": "instance-network",
    "sockets/ip-name-lookup": """resolve-addresses resolve-address-stream.resolve-next-address
        resolve-address-stream.subscribe""",
    "sockets/tcp-create-socket": "create-tcp-socket",
    "sockets/udp-create-socket": "create-udp-socket",
    "sockets/tcp": " ".join(
        f"tcp-socket.{name}"
        for name in """start-bind finish-bind start-connect finish-connect start-listen
        finish-listen accept local-address remote-address is-listening address-family
        set-listen-backlog-size keep-alive-enabled set-keep-alive-enabled keep-alive-idle-time
        set-keep-alive-idle-time keep-alive-interval set-keep-alive-interval keep-alive-count
        set-keep-alive-count hop-limit set-hop-limit receive-buffer-size set-receive-buffer-size
        send-buffer-size set-send-buffer-size subscribe shutdown""".split()
    ),
    "sockets/udp": """udp-socket.start-bind udp-socket.finish-bind udp-socket.stream
        udp-socket.local-address udp-socket.remote-address udp-socket.address-family
        udp-socket.unicast-hop-limit udp-socket.set-unicast-hop-limit
        udp-socket.receive-buffer-size udp-socket.set-receive-buffer-size
        udp-socket.send-buffer-size udp-socket.set-send-buffer-size udp-socket.subscribe
        incoming-datagram-stream.receive incoming-datagram-stream.subscribe
        outgoing-datagram-stream.check-send outgoing-datagram-stream.send
        outgoing-datagram-stream.subscribe""",
    "http/outgoing-handler": "handle",
    "http/types": """http-error-code fields fields.from-list fields.get fields.has fields.set
        fields.delete fields.append fields.entries fields.clone incoming-request.method
        incoming-request.path-with-query incoming-request.scheme incoming-request.authority
        incoming-request.headers incoming-request.consume outgoing-request outgoing-request.body
        outgoing-request.method outgoing-request.set-method outgoing-request.path-with-query
        outgoing-request.set-path-with-query outgoing-request.scheme outgoing-request.set-scheme
        outgoing-request.authority outgoing-request.set-authority outgoing-request.headers
        request-options request-options.connect-timeout request-options.set-connect-timeout
        request-options.first-byte-timeout request-options.set-first-byte-timeout
        request-options.between-bytes-timeout request-options.set-between-bytes-timeout
        response-outparam.send-informational response-outparam.set incoming-response.status
        incoming-response.headers incoming-response.consume incoming-body.stream
        incoming-body.finish future-trailers.subscribe future-trailers.get outgoing-response
        outgoing-response.status-code outgoing-response.set-status-code outgoing-response.headers
        outgoing-response.body outgoing-body.write outgoing-body.finish
        future-incoming-response.subscribe future-incoming-response.get""",
}


def test_all_interfaces_have_all_functions(guest: Any) -> None:
    assert {name.removeprefix("wasi:") for name in guest.interfaces} == set(FUNCTIONS)
    for name, functions in FUNCTIONS.items():
        interface = guest.interfaces[f"wasi:{name}"]
        plain = {key.rpartition("]")[2] for key in interface.functions}
        assert plain == set(functions.split()), name
        assert interface.version == "0.2.12"
    offered = sum(len(interface.functions) for interface in guest.interfaces.values())
    exported_by_guests = 2  # cli/run.run and http/incoming-handler.handle
    assert offered + exported_by_guests == 181


def test_interfaces_share_their_resources(guest: Any) -> None:
    identities: dict[str, set[int]] = {}
    for interface in guest.interfaces.values():
        for name, resource in interface.resources.items():
            name = name.removeprefix("io-")  # wasi:http/types uses wasi:io's error under this name
            assert resource.name == name
            identities.setdefault(name, set()).add(id(resource))
    assert set(identities) == {
        "descriptor",
        "directory-entry-stream",
        "error",
        "fields",
        "future-incoming-response",
        "future-trailers",
        "incoming-body",
        "incoming-datagram-stream",
        "incoming-request",
        "incoming-response",
        "input-stream",
        "network",
        "outgoing-body",
        "outgoing-datagram-stream",
        "outgoing-request",
        "outgoing-response",
        "output-stream",
        "pollable",
        "request-options",
        "resolve-address-stream",
        "response-outparam",
        "tcp-socket",
        "terminal-input",
        "terminal-output",
        "udp-socket",
    }
    assert all(len(found) == 1 for found in identities.values())


def test_profiles_grant_exactly_what_there_is(guest: Any) -> None:
    granted = {
        interface
        for profile in PROFILES
        if profile.available
        for interface in profile.interfaces
        if interface.startswith("wasi:")
    }
    assert granted == set(guest.interfaces)
