/* What the module pywasm_rt._core is made around; cffi adds the rest from core.cdef.txt. */
#include "allocate.h"
#include "direct.h"
#include "snapshot.h"
