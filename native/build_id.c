#include "build_id.h"

#ifndef WR_BUILD_ID
#error "whoever compiles this says what is built: a digest of all sources"
#endif

const char *wr_build_id(void) { return WR_BUILD_ID; }
