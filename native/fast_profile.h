/* How often each instruction of the fast stream is executed, for choosing superinstructions: only
   with WR_PROFILE, and without WR_TAIL_CALLS, so that every instruction passes through here. */
#ifndef WR_FAST_PROFILE_H
#define WR_FAST_PROFILE_H

#include "fast.h"

#ifdef WR_PROFILE
#if WR_TAIL_CALLS
#error "instructions can only be counted where handlers return to the driver"
#endif
/* The instruction at ``ip`` is about to be executed. */
void wr_fast_note(const wr_word *ip);
#else
static inline void wr_fast_note(const wr_word *ip) { (void)ip; }
#endif

#endif
