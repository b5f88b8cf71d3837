"""Snapshots: the state of instances and of a call in progress as a value that either engine can
make and go on from, and that can be bytes.

Begin at ``state.py``, which says what there is; ``capture.py`` finds it, ``check.py`` does not
believe it, ``layout.py`` tells how it is written.
"""

from pywasm_rt.engine.snapshot.snapshot import Snapshot

__all__ = ["Snapshot"]
