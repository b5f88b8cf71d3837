"""From a raw entry to a checked one: the kind's model applied, everything wrong named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pywasm_rt.app.kinds import (
    KINDS,
    LATER_KINDS,
    Command,
    Configuration,
    HttpEndpoint,
    HttpRouter,
    Meta,
    Security,
)
from pywasm_rt.app.kinds.configuration import NAMESPACE, show_pattern
from pywasm_rt.app.kinds.limits import Limited, LimitSettings, Mailbox, Options
from pywasm_rt.app.source_files import RawEntry
from pywasm_rt.app.yaml_source import PathStep
from pywasm_rt.component.suggestion import hint
from pywasm_rt.errors import Fault

__all__ = ["Checked", "Entry", "check_entry"]

Path = tuple[PathStep, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry whose own fields are right. Whether what it refers to is right is another matter.

    ``options`` are those written under ``meta.options``, the old spelling.
    """

    raw: RawEntry
    meta: Meta
    config: Configuration
    options: Options | None = None

    @property
    def id(self) -> str:
        """``namespace:name``."""
        return self.raw.id

    @property
    def kind(self) -> str:
        """For example ``process.wasm``."""
        return self.raw.kind

    @property
    def command(self) -> Command | None:
        """The command it can be run as."""
        return self.meta.command

    @property
    def limits(self) -> LimitSettings:
        """The limits, whichever way they are spelled."""
        config = self.config
        if not isinstance(config, Limited):
            return LimitSettings()
        older = self.options.limits if self.options is not None else None
        return config.limits or config.options.limits or older or LimitSettings()

    @property
    def mailbox(self) -> Mailbox | None:
        """The bounds of its mailbox, whichever way they are spelled; None if nothing is said."""
        config = self.config
        if not isinstance(config, Limited):
            return None
        older = self.options.mailbox if self.options is not None else None
        return config.options.mailbox or older

    @property
    def security(self) -> Security | None:
        """What its processes go by, whichever way it is spelled; None if nothing is said."""
        config = self.config
        if not isinstance(config, Limited):
            return None
        older = self.options.security if self.options is not None else None
        return config.security or config.options.security or older

    def references(self) -> Iterator[tuple[Path, str]]:
        """IDs of the entries that this one needs, with the paths of the fields that say so."""
        yield from self.config.references()
        if isinstance(self.config, HttpEndpoint) and self.meta.router is not None:
            yield ("meta", "router"), self.meta.router
        if isinstance(self.config, HttpRouter) and self.meta.server is not None:
            yield ("meta", "server"), self.meta.server


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a raw entry: the entry unless it has faults, and warnings."""

    entry: Entry | None
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


def check_entry(raw: RawEntry, kinds: Mapping[str, type[Configuration]] = KINDS) -> Checked:
    """Apply the model of the entry's kind. Raises nothing for bad content."""
    model = kinds.get(raw.kind)
    if model is None:
        return Checked(None, (_unknown_kind(raw, kinds),))
    meta, faults = _apply(raw, Meta, raw.meta, ("meta",))
    config, config_faults = _apply(raw, model, raw.data, ())
    faults += config_faults
    options: Options | None = None
    warnings: list[Fault] = []
    if issubclass(model, Limited):
        options, option_faults, warnings = _old_options(raw)
        faults += option_faults
    if faults or not isinstance(meta, Meta) or not isinstance(config, Configuration):
        return Checked(None, tuple(faults), tuple(warnings))
    warnings += [raw.fault(text, path) for path, text in config.warnings()]
    lifecycle = getattr(config, "lifecycle", None)
    if getattr(lifecycle, "security", None) is not None and raw.kind != "process.service":
        message = "lifecycle.security has an effect in a process.service only"
        warnings.append(raw.fault(message, ("lifecycle", "security")))
    older = options.limits if options is not None else None
    if older is not None and isinstance(config, Limited):
        newer = config.limits or config.options.limits
        if newer is not None:
            message = "limits are given twice: here and in meta.options.limits"
            path: Path = ("limits",) if config.limits else ("options", "limits")
            fault = raw.fault(message, path, "keep one")
            return Checked(None, (fault,), tuple(warnings))
    return Checked(Entry(raw, meta, config, options), (), tuple(warnings))


def _unknown_kind(raw: RawEntry, kinds: Mapping[str, type[Configuration]]) -> Fault:
    """No model for this kind: too new, or misspelled."""
    if raw.kind in LATER_KINDS:
        return raw.fault(f'kind "{raw.kind}" is not supported', ("kind",), LATER_KINDS[raw.kind])
    return raw.fault(f'unknown kind "{raw.kind}"', ("kind",), hint(raw.kind, sorted(kinds)))


def _old_options(raw: RawEntry) -> tuple[Options | None, list[Fault], list[Fault]]:
    """``meta.options`` of a guest, which newer files call ``options``, with a warning."""
    given = raw.meta.get("options")
    if given is None:
        return None, [], []
    path: Path = ("meta", "options")
    if not isinstance(given, Mapping):
        return None, [raw.fault("meta.options must be an object", path)], []
    warning = raw.fault("meta.options is deprecated", path, "write limits at the entry's top level")
    options, faults = _apply(raw, Options, given, path)
    if not isinstance(options, Options):
        return None, faults, [warning]
    unused = [
        raw.fault(f"meta.options.{'.'.join(map(str, below))} has no effect here", path + below)
        for below in options.without_effect()
    ]
    return options, faults, [warning, *unused]


def _apply(
    raw: RawEntry, model: type[BaseModel], data: Mapping[str, object], prefix: Path
) -> tuple[BaseModel | None, list[Fault]]:
    """Validate ``data``, which stands at ``prefix``; None and faults, or the model and none."""
    context = {NAMESPACE: raw.namespace}
    try:
        return model.model_validate(dict(data), context=context), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        return None, [_fault(raw, model, prefix, detail) for detail in details]


def _fault(raw: RawEntry, model: type[BaseModel], prefix: Path, detail: ErrorDetails) -> Fault:
    """One finding of pydantic in our words."""
    path: Path = prefix + tuple(detail["loc"])
    kind, given = detail["type"], detail["input"]
    context = detail.get("ctx", {})
    if kind == "configuration":
        path += tuple(context["below"])
        name = str(path[-1]) if path else ""
        text = str(context["sentence"]).replace("{field}", show_pattern(path))
        return raw.fault(text.replace("{name}", name), path, str(context["suggestion"]))
    pattern = show_pattern(path)
    if kind == "missing" or (given is None and kind.endswith("_type")):
        return raw.fault(f"{pattern} is required", path)
    if kind == "extra_forbidden":
        name, parent = str(path[-1]), show_pattern(path[:-1])
        known = _fields_at(model, tuple(detail["loc"])[:-1])
        inside = f" in {parent}" if parent else ""
        return raw.fault(f'unknown field "{name}"{inside}', path, hint(name, known))
    if kind == "literal_error":
        return raw.fault(f"{pattern} must be {context['expected']}, not {_shown(given)}", path)
    expected = _EXPECTED.get(kind)
    if expected is None:
        return raw.fault(f"{pattern}: {detail['msg']}", path)
    is_number = isinstance(given, int | float)
    quoted = f'write it in quotes: "{given}"' if kind == "string_type" and is_number else ""
    return raw.fault(f"{pattern} must be {expected}, not {_shown(given)}", path, quoted)


_EXPECTED = {
    "string_type": "text",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "int_parsing_size": "a smaller number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}


def _shown(value: object) -> str:
    """A value with its type, short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f'the text "{value[:40]}"'
    if isinstance(value, list):
        return "a list"
    return "a mapping" if isinstance(value, dict) else "nothing"


def _fields_at(model: type[BaseModel], path: Path) -> list[str]:
    """The names of the fields that the model at ``path`` below ``model`` has."""
    current: type[BaseModel] | None = model
    for step in path:
        if isinstance(step, int) or current is None:
            continue
        field = current.model_fields.get(step)
        current = _model_in(field.annotation) if field is not None else None
    return list(current.model_fields) if current is not None else []


def _model_in(annotation: object) -> type[BaseModel] | None:
    """The model in an annotation such as ``Model | None`` or ``list[Model]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _model_in(part)
        if found is not None:
            return found
    return None
