"""What HTTP adds to applications: services, routers and endpoints."""

from __future__ import annotations

from pywasm_rt.app.extensions import Extension

__all__ = ["EXTENSION"]

EXTENSION = Extension()
