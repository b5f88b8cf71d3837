"""JSON Schema of an application's YAML files, for editors.

The schema is made of the same models that check entries. It knows each kind's fields and their
types; what needs more than a look at one field is for ``pywasm-rt check``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pywasm_rt.app.kinds import KINDS, Configuration, Meta

__all__ = ["application_schema"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def application_schema(kinds: Mapping[str, type[Configuration]] = KINDS) -> dict[str, Any]:
    """The schema of a file: ``version``, ``namespace``, ``meta`` and ``entries``."""
    definitions: dict[str, Any] = {}
    branches = []
    for kind, model in kinds.items():
        schema = _inlined(model, definitions)
        name = f"kind.{kind}"
        definitions[name] = _entry(kind, model, schema, definitions)
        branches.append(
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/{name}"},
            }
        )
    definitions["entry"] = {
        "type": "object",
        "required": ["name", "kind"],
        "properties": {"name": {"type": "string"}, "kind": {"enum": sorted(kinds)}},
        "allOf": branches,
    }
    return {
        "$schema": DIALECT,
        "title": "pywasm_rt application file",
        "type": "object",
        "required": ["namespace", "entries"],
        "properties": {
            "version": {"type": ["string", "number"]},
            "namespace": {"type": "string", "description": "names separated by dots"},
            "meta": {"type": "object"},
            "entries": {"type": "array", "items": {"$ref": "#/$defs/entry"}},
        },
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }


def _inlined(model: type[Configuration | Meta], definitions: dict[str, Any]) -> dict[str, Any]:
    """A model's schema; the definitions that it needs go to those of the whole."""
    schema = model.model_json_schema(ref_template="#/$defs/{model}")
    definitions.update(schema.pop("$defs", {}))
    return schema


def _entry(
    kind: str, model: type[Configuration], schema: dict[str, Any], definitions: dict[str, Any]
) -> dict[str, Any]:
    """The schema of an entry: name, kind and meta beside the kind's own fields."""
    meta = _inlined(Meta, definitions)
    return {
        "description": (model.__doc__ or "").strip().replace("``", "`"),
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "kind": {"const": kind},
            "meta": meta,
            "data": {"type": "object"},
            **schema.get("properties", {}),
        },
        "required": ["name", "kind", *schema.get("required", ())],
        "additionalProperties": False,
    }
