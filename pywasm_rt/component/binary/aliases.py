"""Aliases in the component binary format ("Alias Definitions")."""

from __future__ import annotations

from pywasm_rt.component.binary.reader import ComponentReader
from pywasm_rt.component.syntax import AliasCoreExport, AliasExport, AliasOuter, Sort

__all__ = ["alias"]

_OUTER = (Sort.CORE_MODULE, Sort.CORE_TYPE, Sort.TYPE, Sort.COMPONENT)
_OUTER_KIND = "component outer alias kind"


def alias(reader: ComponentReader) -> AliasExport | AliasCoreExport | AliasOuter:
    """An alias: of an export, of a core export, or of something in an enclosing component."""
    start = reader.position
    sort = reader.sort(_OUTER_KIND)
    at = reader.position
    target = reader.byte()
    if target == 0x00:
        return AliasExport(sort, reader.u32(), reader.name(), start)
    if target == 0x01:
        if not sort.is_core:
            raise reader.invalid_byte(reader.data[start], "core alias kind", start)
        return AliasCoreExport(sort, reader.u32(), reader.name(), start)
    if target == 0x02:
        if sort not in _OUTER:
            raise reader.invalid_byte(reader.data[at - 1], _OUTER_KIND, start)
        return AliasOuter(sort, reader.u32(), reader.u32(), start)
    raise reader.invalid_byte(target, "alias", at)
