/* What the module pywasm_rt._core is made around; cffi adds the rest from core.cdef.txt. */
#include "allocate.h"
#include "boundary.h"
#include "build_id.h"
#include "direct.h"
#include "snapshot.h"

/* The module that cffi makes becomes Python's by way of PyInit__core in boundary.c. */
#define PyInit__core wr_binding
