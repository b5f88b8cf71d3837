"""The JSON Schema for editors says what the models say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pywasm_rt.app.kinds import KINDS
from pywasm_rt.app.schema import application_schema
from pywasm_rt.app.source_files import read_sources

DEMO = Path(__file__).parents[2] / "pywasm_rt" / "examples" / "demo"


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_kind_is_there_and_every_reference_leads_somewhere() -> None:
    schema = application_schema()
    assert json.loads(json.dumps(schema)) == schema
    definitions = schema["$defs"]
    assert set(definitions["entry"]["properties"]["kind"]["enum"]) == set(KINDS)
    for reference in references(schema):
        assert reference.removeprefix("#/$defs/") in definitions, reference


def test_the_demo_has_only_what_the_schema_knows() -> None:
    definitions: dict[str, Any] = application_schema()["$defs"]
    for entry in read_sources(DEMO).entries:
        known = definitions[f"kind.{entry.kind}"]
        assert set(entry.data) <= set(known["properties"])
        assert set(known["required"]) <= {*entry.data, "name", "kind"}


def test_required_and_unknown_fields_are_told() -> None:
    known = application_schema()["$defs"]["kind.process.wasm"]
    assert {"fs", "path", "hash", "method"} <= set(known["required"])
    assert known["additionalProperties"] is False
