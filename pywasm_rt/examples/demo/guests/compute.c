// worker.wasm and compute_component.wasm: the product of two numbers.

#include <stdint.h>

__attribute__((export_name("compute"))) uint32_t compute(uint32_t a, uint32_t b) { return a * b; }
