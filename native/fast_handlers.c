/* The handlers of the fast stream: one for each body. */
#include "fast_control.h"
#include "fast_memory.h"
#include "fast_numeric.h"
#include "fast_vector.h"

#define OP(name, ...) WR_FAST_DEFINE(name)
#include "fast_ops.h"
