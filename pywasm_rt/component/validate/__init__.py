"""Validation of components: from syntax to types and to a plan for instantiation."""

from pywasm_rt.component.validate.component import validate

__all__ = ["validate"]
