/* The handlers of the fast stream by number. */
#include "fast_list.h"

const wr_fast_info wr_fast_infos[WR_FAST_COUNT] = {
#define OP(name, length, place) [F_##name] = {wr_at_##name, length, WR_PLACE_##place},
#include "fast_ops.h"
};
