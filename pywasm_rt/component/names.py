"""Names of imports and exports (component model, "Import and Export Definitions").

A *plain* name is a kebab-case label, perhaps annotated: ``run``, ``[method]pollable.block``. An
*interface* name says where an interface comes from: ``wasi:io/poll@0.2.3``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pywasm_rt.errors import ValidationError

__all__ = [
    "ExternName",
    "InterfaceName",
    "PlainName",
    "Version",
    "best_match",
    "check_label",
    "conflict_key",
    "is_label",
    "parse_extern_name",
    "parse_interface_name",
]

_LABEL = re.compile(r"(?:[a-z][a-z0-9]*|[A-Z][A-Z0-9]*)(?:-(?:[a-z0-9]+|[A-Z0-9]+))*")
_LOWER_LABEL = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_ANNOTATIONS = ("constructor", "method", "static")
_CANONICAL = re.compile(r"(?:0\.)?[1-9][0-9]{0,19}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,19}")
_IDENTIFIER = re.compile(r"[0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class Version:
    """A semantic version; ``pre`` and ``build`` without their ``-`` and ``+``."""

    major: int
    minor: int
    patch: int
    pre: str = ""
    build: str = ""

    def __str__(self) -> str:
        pre = f"-{self.pre}" if self.pre else ""
        build = f"+{self.build}" if self.build else ""
        return f"{self.major}.{self.minor}.{self.patch}{pre}{build}"

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read ``1.2.3-pre+build``. Raises ValidationError."""
        core, plus, build = text.partition("+")
        core, dash, pre = core.partition("-")
        numbers = _numbers(core, text)
        for mark, identifiers in ((dash, pre), (plus, build)):
            if mark and not all(map(_IDENTIFIER.fullmatch, identifiers.split("."))):
                raise ValidationError(f"empty identifier segment in the version {text!r}")
        return cls(*numbers, pre, build)

    @property
    def track(self) -> tuple[int, ...] | None:
        """What versions share that may stand in for one another; None for those that may not.

        Versions from 1 on agree in the major number, 0.x versions in the minor one.
        """
        if self.pre:
            return None
        if self.major:
            return (self.major,)
        return (0, self.minor) if self.minor else None

    @property
    def canonical(self) -> str:
        """The part that decides what it is compatible with, as in canonical interface names."""
        if self.pre or not (self.major or self.minor):
            return str(Version(self.major, self.minor, self.patch, self.pre))
        return str(self.major) if self.major else f"0.{self.minor}"

    @property
    def order(self) -> tuple[int, int, int]:
        """Greater for later releases."""
        return (self.major, self.minor, self.patch)


def _numbers(core: str, text: str) -> tuple[int, int, int]:
    """Major, minor and patch; the words of the errors are the semver crate's."""
    if not core:
        raise ValidationError(f"empty string, expected a version: {text!r}")
    numbers, position = [], 0
    for part in range(3):
        number = _NUMBER.match(core, position)
        if number is None:
            raise _unexpected(core, position, text)
        numbers.append(int(number[0]))
        position = number.end()
        if part < 2:
            if core[position : position + 1] != ".":
                raise _unexpected(core, position, text)
            position += 1
    if position != len(core):
        raise _unexpected(core, position, text)
    return numbers[0], numbers[1], numbers[2]


def _unexpected(core: str, position: int, text: str) -> ValidationError:
    if position >= len(core):
        return ValidationError(f"unexpected end of input in the version {text!r}")
    return ValidationError(f"unexpected character {core[position]!r} in the version {text!r}")


@dataclass(frozen=True, slots=True)
class PlainName:
    """A label, perhaps annotated (``""``, ``constructor``, ``method``, ``static``).

    ``resource`` is the resource of an annotated name, ``label`` what remains: the name of the
    method, or of the resource itself for a constructor.
    """

    text: str
    label: str
    annotation: str = ""
    resource: str = ""


@dataclass(frozen=True, slots=True)
class InterfaceName:
    """``namespace:package/interface@version``."""

    text: str
    namespace: str
    package: str
    interface: str
    version: Version | None = None

    @property
    def path(self) -> str:
        """The name without its version."""
        return f"{self.namespace}:{self.package}/{self.interface}"


@dataclass(frozen=True, slots=True)
class ExternName:
    """The name of an import or export, and its attributes.

    ``version_suffix`` is what the version of a canonical interface name lacks: ``.2.3`` after
    ``ns:package/interface@1``. It belongs to ``implements`` if there is such a name.
    """

    text: str
    implements: str | None = None
    external_id: str | None = None
    version_suffix: str | None = None

    @property
    def full(self) -> str:
        """The name with its whole version."""
        return self.text + (self.version_suffix or "" if self.implements is None else "")

    @property
    def implemented(self) -> str | None:
        """The interface that it implements, with its whole version."""
        if self.implements is None:
            return None
        return self.implements + (self.version_suffix or "")

    def check_version_suffix(self) -> None:
        """Check where the version is divided. Raises ValidationError."""
        if self.version_suffix is None:
            return
        if not self.version_suffix:
            raise ValidationError("version suffix cannot be empty")
        short = self.text if self.implements is None else self.implements
        if ":" not in short or short.startswith("["):
            raise ValidationError("`version-suffix` requires an interface name or `implements`")
        _, at, given = short.partition("@")
        if not at:
            raise ValidationError("a version suffix requires the name to have a version")
        whole = Version.parse(given + self.version_suffix)
        if whole.canonical != given:
            raise ValidationError(f"`{given}` is not the canonical version of `{whole}`")


def is_label(text: str) -> bool:
    """Whether the text is a kebab-case label: words all in lower or all in upper case."""
    return _LABEL.fullmatch(text) is not None


def check_label(text: str, what: str) -> str:
    """Return a kebab-case label. Raises ValidationError; ``what`` names it in the sentence."""
    if not text:
        raise ValidationError(f"{what} cannot be empty")
    if not is_label(text):
        raise ValidationError(f"{what} `{text}` is not in kebab case")
    return text


def _label(text: str, name: str, pattern: re.Pattern[str] = _LABEL) -> str:
    if pattern.fullmatch(text) is None:
        sentence = f"`{text}` is not in kebab case"
        raise ValidationError(sentence if text == name else f"{sentence}, in the name {name!r}")
    return text


def parse_extern_name(text: str) -> PlainName | InterfaceName:
    """Take the name of an import or export apart. Raises ValidationError."""
    if ":" in text and not text.startswith("["):
        return parse_interface_name(text)
    if not text.startswith("["):
        return PlainName(text, _label(text, text))
    annotation, close, rest = text[1:].partition("]")
    if not close or annotation not in _ANNOTATIONS:
        raise ValidationError(f"`{text}` is not a valid extern name: not in kebab case")
    if annotation == "constructor":
        label = _label(rest, text)
        return PlainName(text, label, annotation, label)
    resource, dot, label = rest.partition(".")
    if not dot:
        raise ValidationError(f"failed to find `.` character in the name {text!r}")
    return PlainName(text, _label(label, text), annotation, _label(resource, text))


def parse_interface_name(text: str) -> InterfaceName:
    """Take the name of an interface apart. Raises ValidationError."""
    namespace, _, rest = text.partition(":")
    _label(namespace, text, _LOWER_LABEL)
    package, slash, rest = rest.partition("/")
    if ":" in package:
        raise ValidationError(f"expected `/` after package name in the name {text!r}")
    _label(package, text, _LOWER_LABEL)
    if not slash:
        raise ValidationError(f"expected `/` after package name in the name {text!r}")
    interface, at, version = rest.partition("@")
    interface, slash, more = interface.partition("/")
    _label(interface, text)
    if slash:
        raise ValidationError(f"trailing characters found: `/{more}` in the name {text!r}")
    parsed = Version.parse(version) if at else None
    return InterfaceName(text, namespace, package, interface, parsed)


def conflict_key(text: str) -> str:
    """Names with the same key may not stand beside each other.

    Names differ in more than case and annotation; only a constructor may be called as its
    resource, and a member ``a.a`` may not be called as the resource ``a``.
    """
    lowered = text.lower()
    if not lowered.startswith("[") or lowered.startswith("[constructor]"):
        return lowered
    bare = lowered.partition("]")[2]
    resource, _, label = bare.partition(".")
    return resource if resource == label else bare


def best_match(wanted: str, offered: Iterable[str]) -> str | None:
    """The offered name that satisfies the import or export ``wanted``, by semantic version.

    The same name is best; else the latest version on the same track (0.2.x, or the same major
    number from 1 on). None if there is neither. Versions may be canonical ones, like 0.2 or 1.
    """
    names = list(offered)
    if wanted in names:
        return wanted
    path, at, version = wanted.partition("@")
    if not at:
        return None
    try:
        track = _version(version).track
    except ValidationError:
        return None
    candidates = []
    for name in names:
        other, at, version = name.partition("@")
        if at and other == path:
            candidate = _version(version)
            if track is not None and candidate.track == track:
                candidates.append((candidate.order, name))
    return max(candidates)[1] if candidates else None


def _version(text: str) -> Version:
    """A version; of a canonical one, the first that has it. Raises ValidationError."""
    if _CANONICAL.fullmatch(text) is None:
        return Version.parse(text)
    return Version.parse(f"{text}.0" if "." in text else f"{text}.0.0")
