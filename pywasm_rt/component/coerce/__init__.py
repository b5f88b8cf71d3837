"""Between dynamic values (Lua, YAML, JSON) and component values, in both directions."""

from pywasm_rt.component.coerce.dynamic import coerce, coerce_arguments
from pywasm_rt.component.coerce.plain import to_plain

__all__ = ["coerce", "coerce_arguments", "to_plain"]
