"""Measures pywasm_rt beside its peers, in the same run."""
