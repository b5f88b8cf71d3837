"""Mutants of components: only our errors may come of them, and another validator agrees.

``python -m spec_tests fuzz-components PATH... --count N --seed S`` takes the components of the
suites at PATH, changes a few nodes of one at a time, encodes the result, and decodes and validates
that. What is accepted must come out of both formats as it went in. With ``--oracle wasm-tools``
every verdict is compared with that of ``wasm-tools wast``; the differences that are known, and on
purpose, are counted by their reasons. Anything else is printed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pywasm_rt.component.binary import decode, encode
from pywasm_rt.component.features import DEFAULT
from pywasm_rt.component.script import ComponentAssertion, ComponentSource, DefineComponent
from pywasm_rt.component.syntax import (
    ComponentSyntax,
    CoreModule,
    Definition,
    NestedComponent,
)
from pywasm_rt.component.text import parse, parse_script, print_component
from pywasm_rt.component.validate import validate
from pywasm_rt.errors import DecodeError, UnsupportedFeature, ValidationError, WasmError
from pywasm_rt.wasm.binary import decode as decode_module
from pywasm_rt.wasm.binary import encode as encode_module
from pywasm_rt.wasm.features import DEFAULT as CORE_DEFAULT
from pywasm_rt.wasm.module import Names
from pywasm_rt.wasm.validate import validate as validate_module
from spec_tests.component_mutation import ComponentMutator
from spec_tests.modules import script_files
from spec_tests.mutation import mutate_binary

__all__ = ["ComponentFuzzer", "Oracle", "collect_components", "judge", "main"]

_CORE = CORE_DEFAULT.with_(threads=True)
_FEATURES = DEFAULT.with_(
    fixed_length_lists=True, async_=True, threading=True, error_context=True, core=_CORE
)
_REFUSALS = (DecodeError, ValidationError, UnsupportedFeature)
_LARGEST_SEED = 20_000
_BATCH = 500
# What one of the two has and the other has not.
_ORACLE_FEATURES = (
    *("all", "-cm-values", "-cm-gc", "-cm64", "-cm-canon-names", "-cm-forward", "-cm-accessors"),
    *("-cm-nested-names", "-shared-everything-threads", "-stack-switching", "-memory-control"),
    *("-custom-page-sizes", "-custom-descriptors", "-wide-arithmetic", "-compact-imports"),
    "-legacy-exceptions",
)
# Where the oracle refuses what the official suite, or the specification, has: words and reason.
_KNOWN = {
    "historically accepted as `cancellable`": "the suite has the operand, the oracle no longer",
    "conflicts with previous": "to the oracle names that differ in hyphens are the same",
    "for type (at offset": "non-final types in module types: the suite has a prefix before them",
    "resource types are not the same": "the oracle cannot ascribe (sub resource) to an export",
}
_FAILED = re.compile(r"failed directive on [^\n]*?:(\d+):\d+\n\nCaused by:\n((?:    .*\n?)+)")


@dataclass(frozen=True, slots=True)
class Oracle:
    """Another validator: the path of wasm-tools."""

    path: str

    def complaints(self, binaries: Sequence[bytes]) -> list[str]:
        """What the oracle says against each binary; "" for those that it accepts."""
        lines = [f'(component definition binary "{_escaped(binary)}")' for binary in binaries]
        command = [self.path, "wast", "--assert", "permissive", "-"]
        command += ["--features", ",".join(_ORACLE_FEATURES)]
        script = "\n".join(lines).encode()
        done = subprocess.run(command, input=script, capture_output=True, check=False)
        found = [""] * len(binaries)
        errors = done.stderr.decode(errors="replace")
        for failure in _FAILED.finditer(errors):
            complaint = " ".join(failure[2].split())
            # It also prints what it accepts, and reads that again, which is its own business.
            found[int(failure[1]) - 1] = "" if "did not roundtrip" in complaint else complaint
        if done.returncode and not _FAILED.search(errors):
            raise RuntimeError(f"{self.path} failed: {errors[:500]}")
        return found


def _escaped(data: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in data)


def judge(binary: bytes) -> str:
    """Why a component is refused, "" if it is not. Any other error is a fault of ours."""
    try:
        plan = validate(decode(binary), _FEATURES)
        for _, module in plan.modules:
            validate_module(decode_module(module, _CORE), _CORE)
    except _REFUSALS as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _check_again(binary: bytes) -> str:
    """What is wrong with an accepted component's other forms; "" if nothing is."""
    component = decode(binary)
    written = encode(component)
    if encode(decode(written)) != written:
        return "it is decoded from its own encoding as another"
    parsed = parse(print_component(component, _CORE), _CORE)
    if encode(_bare(parsed)) != encode(_bare(component)):
        return "it is parsed from its own text as another"
    return ""


def _bare(component: ComponentSyntax) -> ComponentSyntax:
    """The component without its core modules, whose names may be malformed."""
    return _with_modules(component, lambda _: b"")


def _with_modules(component: ComponentSyntax, change: Callable[[bytes], bytes]) -> ComponentSyntax:
    definitions: list[Definition] = []
    for definition in component.definitions:
        match definition:
            case CoreModule(data):
                definitions.append(CoreModule(change(data)))
            case NestedComponent(inner):
                definitions.append(NestedComponent(_with_modules(inner, change)))
            case _:
                definitions.append(definition)
    return ComponentSyntax(definitions, component.customs, component.name)


def _without_names(data: bytes) -> bytes:
    """A core module without the names of its functions, which the oracle checks, too."""
    try:
        module = decode_module(data, _CORE)
    except WasmError:
        return data  # it is malformed on purpose
    module.names, module.customs = Names(), []
    return encode_module(module)


@dataclass(slots=True)
class ComponentFuzzer:
    """Makes mutants of ``seeds`` and judges what comes of them."""

    seeds: Sequence[ComponentSyntax]
    random: random.Random
    oracle: Oracle | None = None
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[str, bytes]] = field(default_factory=list)

    def run(self, count: int) -> None:
        """Try ``count`` mutants: of ten, nine are changed as syntax and one as bytes."""
        mutator = ComponentMutator(self.random, self.seeds)
        binaries = [encode(seed) for seed in self.seeds]
        for begin in range(0, count, _BATCH):
            batch: list[bytes] = []
            while len(batch) < min(_BATCH, count - begin):
                if self.random.random() < 0.1:
                    batch.append(mutate_binary(self.random, binaries))
                else:
                    batch += mutator.encoded()
            oracle = self.oracle
            verdicts = oracle.complaints(batch) if oracle is not None else [None] * len(batch)
            for mutant, verdict in zip(batch, verdicts, strict=True):
                self._try(mutant, verdict)

    def _try(self, mutant: bytes, verdict: str | None) -> None:
        try:
            complaint = judge(mutant)
            again = _check_again(mutant) if not complaint else ""
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            self._fault(f"{type(error).__name__}: {error}", mutant)
            return
        if again:
            self._fault(again, mutant)
        elif verdict is not None and bool(verdict) != bool(complaint):
            self._differs(complaint, verdict, mutant)
        else:
            self.outcomes[complaint.partition(":")[0] or "accepted"] += 1

    def _differs(self, ours: str, theirs: str, mutant: bytes) -> None:
        reasons = [reason for words, reason in _KNOWN.items() if words in theirs and not ours]
        if reasons:
            self.outcomes[f"known difference: {reasons[0]}"] += 1
        else:
            self._fault(f"we say {ours or 'yes'!r}, the oracle {theirs or 'yes'!r}", mutant)

    def _fault(self, complaint: str, mutant: bytes) -> None:
        self.outcomes["FAULT"] += 1
        self.faults.append((complaint, mutant))


def collect_components(paths: Iterable[Path]) -> list[ComponentSyntax]:
    """The small components of scripts, the invalid ones too."""
    found: list[ComponentSyntax] = []
    for path in paths:
        for command in parse_script(path.read_bytes(), _CORE, str(path)):
            source = None
            if isinstance(command, DefineComponent):
                source = command.source
            elif isinstance(command, ComponentAssertion):
                source = command.subject
            if isinstance(source, ComponentSource):
                try:
                    component = source.load()
                except WasmError:
                    continue  # it is malformed on purpose
                if len(encode(component)) <= _LARGEST_SEED:
                    found.append(_with_modules(component, _without_names))
    return found


def main(command_line: list[str]) -> int:
    """Run the command line of ``fuzz-components``; the exit code is 1 if there was any fault."""
    name = "python -m spec_tests fuzz-components"
    parser = argparse.ArgumentParser(prog=name, description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, help="component scripts, folders of them")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--oracle", help="the path of wasm-tools, whose verdicts are compared")
    arguments = parser.parse_args(command_line)
    seeds = collect_components(script_files(arguments.paths))
    if not seeds:
        print("spec_tests: there are no components to start from", file=sys.stderr)
        return 2
    print(f"{len(seeds)} components to start from")
    oracle = Oracle(arguments.oracle) if arguments.oracle else None
    fuzzer = ComponentFuzzer(seeds, random.Random(arguments.seed), oracle)
    fuzzer.run(arguments.count)
    for outcome, number in sorted(fuzzer.outcomes.items()):
        print(f"{number:8}  {outcome}")
    for complaint, mutant in fuzzer.faults[:10]:
        print(f"fault: {complaint}\n  {mutant!r}")
    print(f"{arguments.count - len(fuzzer.faults)} passed, {len(fuzzer.faults)} failed, 0 skipped")
    return 1 if fuzzer.faults else 0
