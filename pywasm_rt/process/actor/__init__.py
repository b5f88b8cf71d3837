"""What guests may do as processes: talk, start others, and be told of their ends.

Components import ``wippy:actor/process`` (messages) and ``pywasm-rt:actor/control`` (everything
else): :mod:`pywasm_rt.process.actor.component`. Core modules import the functions of
``pywasm_rt_actor``: :mod:`pywasm_rt.process.actor.core`.
"""
