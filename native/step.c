/* The table of handlers: one for every instruction. One that is missing does not link. */
#include "handler.h"

const wr_handler wr_step_handlers[WR_OP_COUNT] = {
#define WR_TABLE_ENTRY(id, ...) [WR_OP_##id] = wr_step_##id,
    WR_INSTRUCTIONS(WR_TABLE_ENTRY)
#undef WR_TABLE_ENTRY
};
