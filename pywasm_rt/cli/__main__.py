"""``python -m pywasm_rt.cli`` is ``pywasm-rt``."""

from pywasm_rt.cli.main import main

main()
