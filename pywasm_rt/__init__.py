"""pywasm_rt runs WebAssembly modules and components as supervised processes."""
