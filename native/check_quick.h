/* A second, quicker way to type bodies, for what compilers usually make of numeric code.

   It only ever says that a body is valid, or that it does not know: a body in which anything is
   rare or wrong is left to wr_check_function, which alone knows how to say what is wrong. */
#ifndef WR_CHECK_QUICK_H
#define WR_CHECK_QUICK_H

#include "module.h"

typedef struct wr_quick wr_quick;

/* What the bodies of a module share, in ``arena``; NULL where memory is short. Index spaces and
   their types are known to be right. */
wr_quick *wr_quick_new(const wr_module *module, wr_arena *arena);
/* Whether a function with a body is certainly valid. Sets its instruction_count if so. */
bool wr_quick_check(wr_quick *quick, wr_function *function);

#endif
