/* Superinstructions: handlers that do the instructions of a frequent sequence one behind the other.
   Which ones there are, profiles of programs say (fast_sequences.h). Nothing of the code changes
   but the first instruction's handler, so whoever jumps into the middle finds what was there, and
   an instruction that ends the run does so at its own place. */
#include "fast_control.h"
#include "fast_memory.h"
#include "fast_numeric.h"
#include "fast_vector.h"

/* Do one and go on behind it, unless it jumps. */
#define THEN(name) \
  do { \
    WR_FAST_DO(name); \
    if (s.has_jumped) \
      WR_FAST_JUMP(s); \
  } while (0)
#define LAST(name) \
  WR_FAST_DO(name); \
  WR_FAST_JUMP(s)

#define FUSED(name, ...) \
  static WR_FAST_ALONE const wr_word *wr_at_##name(WR_FAST_PARAMETERS) \
  { \
    WR_FAST_BEGIN; \
    __VA_ARGS__; \
  }

#define NAME2(a, b) a##__##b
#define NAME3(a, b, c) a##__##b##__##c
#define NAME4(a, b, c, d) a##__##b##__##c##__##d
#define NAME5(a, b, c, d, e) a##__##b##__##c##__##d##__##e
#define NAME6(a, b, c, d, e, f) a##__##b##__##c##__##d##__##e##__##f
#define FUSE(name, ...) FUSED(name, __VA_ARGS__)

#define SEQUENCE2(a, b) FUSE(NAME2(a, b), THEN(a); LAST(b))
#define SEQUENCE3(a, b, c) FUSE(NAME3(a, b, c), THEN(a); THEN(b); LAST(c))
#define SEQUENCE4(a, b, c, d) FUSE(NAME4(a, b, c, d), THEN(a); THEN(b); THEN(c); LAST(d))
#define SEQUENCE5(a, b, c, d, e) \
  FUSE(NAME5(a, b, c, d, e), THEN(a); THEN(b); THEN(c); THEN(d); LAST(e))
#define SEQUENCE6(a, b, c, d, e, f) \
  FUSE(NAME6(a, b, c, d, e, f), THEN(a); THEN(b); THEN(c); THEN(d); THEN(e); LAST(f))
#include "fast_sequences.h"
#undef SEQUENCE2
#undef SEQUENCE3
#undef SEQUENCE4
#undef SEQUENCE5
#undef SEQUENCE6

#define AT(name) wr_at_##name
#define ENTRY(name, length, ...) {AT(name), length, {__VA_ARGS__}},
const wr_fast_sequence wr_fast_sequences[] = {
#define SEQUENCE2(a, b) ENTRY(NAME2(a, b), 2, F_##a, F_##b)
#define SEQUENCE3(a, b, c) ENTRY(NAME3(a, b, c), 3, F_##a, F_##b, F_##c)
#define SEQUENCE4(a, b, c, d) ENTRY(NAME4(a, b, c, d), 4, F_##a, F_##b, F_##c, F_##d)
#define SEQUENCE5(a, b, c, d, e) \
  ENTRY(NAME5(a, b, c, d, e), 5, F_##a, F_##b, F_##c, F_##d, F_##e)
#define SEQUENCE6(a, b, c, d, e, f) \
  ENTRY(NAME6(a, b, c, d, e, f), 6, F_##a, F_##b, F_##c, F_##d, F_##e, F_##f)
#include "fast_sequences.h"
};
const unsigned wr_fast_sequence_count = sizeof wr_fast_sequences / sizeof *wr_fast_sequences;
