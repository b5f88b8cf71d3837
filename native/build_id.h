/* What tells this core from all that were built of other sources. */
#ifndef WR_BUILD_ID_H
#define WR_BUILD_ID_H

const char *wr_build_id(void);

#endif
