"""What a host may grant to a WASI guest: clocks, random numbers, streams, directories.

A capability is an object that a guest can use and nothing else: a guest reaches the outside world
only through those that its :class:`~pywasm_rt.wasi.context.WasiContext` holds.
"""
