#include "module.h"
#include "allocate.h"

#include <string.h>

static wr_module *new_module(const uint8_t *binary, size_t size, const uint8_t *features,
                             bool is_lazy, wr_error *error)
{
  wr_module *module = NULL;
  if (size > UINT32_MAX) {
    error->kind = WR_ERROR_DECODE;
    strcpy(error->message, "length out of bounds: a module of 4 GiB or more");
    return NULL;
  }
  module = wr_allocate_zeroed(1, sizeof *module);
  if (!module) {
    error->kind = WR_ERROR_MEMORY;
    strcpy(error->message, "out of memory");
    return NULL;
  }
  module->binary = binary;
  module->is_lazy = is_lazy;
  module->size = (uint32_t)size;
  for (int i = 0; i < WR_FEATURE_NONE; i++)
    module->features[i] = features[i] != 0;
  module->features[WR_FEATURE_NONE] = true;
  return module;
}

/* Decode and validate. What is malformed is told before what is invalid, wherever either is, so
   that to be exact about faults all bodies have to be decoded before the first is validated. A
   right module need not wait for that: ``at_once`` validates bodies as they are decoded.

   Apart from its caller, so that nothing that a jump would spoil is in a register. */
static __attribute__((noinline)) bool read_module(wr_module *module, bool at_once, wr_error *error)
{
  module->at_once = at_once;
  wr_failure failure = {.error = error, .function = -1, .pc = -1};
  if (setjmp(failure.jump))
    return false;
  wr_decode(module, &failure);
  wr_validate(module, &failure);
  return true;
}

static wr_module *load(const uint8_t *binary, size_t size, const uint8_t *features, bool at_once,
                       bool is_lazy, wr_error *error)
{
  memset(error, 0, sizeof *error);
  wr_module *module = new_module(binary, size, features, is_lazy, error);
  if (module && !read_module(module, at_once, error)) {
    wr_module_free(module);
    return NULL;
  }
  return module;
}

wr_module *wr_module_load(const uint8_t *binary, size_t size, const uint8_t *features,
                          wr_error *error)
{
  wr_module *module = load(binary, size, features, true, false, error);
  if (!module && error->kind != WR_ERROR_MEMORY)
    module = load(binary, size, features, false, false, error);
  return module;
}

wr_module *wr_module_open(const uint8_t *binary, size_t size, const uint8_t *features,
                          wr_error *error)
{
  return load(binary, size, features, true, true, error);
}

void wr_module_free(wr_module *module)
{
  if (!module)
    return;
  wr_arena_free(&module->arena);
  wr_deallocate(module);
}
