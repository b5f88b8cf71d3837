/* Reading a binary with bounds checked; every fault jumps to the failure with its offset. */
#ifndef WR_READER_H
#define WR_READER_H

#include "error.h"

#include <stdint.h>
#include <string.h>

typedef struct wr_reader {
  const uint8_t *begin; /* of the whole binary: offsets count from here */
  const uint8_t *next;
  const uint8_t *end;   /* of the present window */
  const uint8_t *limit; /* of the whole binary: integers are read first and measured after */
  wr_failure *failure;
} wr_reader;

static inline uint64_t wr_offset(const wr_reader *r) { return (uint64_t)(r->next - r->begin); }

_Noreturn static inline void wr_unexpected_end(const wr_reader *r)
{
  wr_fail(r->failure, WR_ERROR_DECODE, wr_offset(r), "unexpected end of section or function");
}

static inline uint8_t wr_byte(wr_reader *r)
{
  if (r->next >= r->end)
    wr_unexpected_end(r);
  return *r->next++;
}

static inline int wr_peek(const wr_reader *r) { return r->next < r->end ? *r->next : -1; }

uint64_t wr_leb_unsigned(wr_reader *r, unsigned bits);
int64_t wr_leb_signed(wr_reader *r, unsigned bits);

static inline uint32_t wr_u32(wr_reader *r)
{
  if (r->next < r->end && *r->next < 0x80)
    return *r->next++;
  return (uint32_t)wr_leb_unsigned(r, 32);
}

/* A length: it may itself lie behind the window, since what is too long is said of the length. */
uint32_t wr_length(wr_reader *r);

static inline uint64_t wr_u64(wr_reader *r) { return wr_leb_unsigned(r, 64); }

static inline int32_t wr_s32(wr_reader *r)
{
  if (r->next < r->end && *r->next < 0x80)
    return (int32_t)(int8_t)(*r->next++ << 1) >> 1;
  return (int32_t)wr_leb_signed(r, 32);
}

static inline int64_t wr_s64(wr_reader *r) { return wr_leb_signed(r, 64); }
static inline int64_t wr_s33(wr_reader *r) { return wr_leb_signed(r, 33); }

static inline const uint8_t *wr_raw(wr_reader *r, uint64_t count)
{
  if (count > (uint64_t)(r->end - r->next))
    wr_unexpected_end(r);
  const uint8_t *data = r->next;
  r->next += count;
  return data;
}

static inline uint32_t wr_raw32(wr_reader *r)
{
  const uint8_t *data = wr_raw(r, 4);
  return data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
}

static inline uint64_t wr_raw64(wr_reader *r)
{
  uint64_t low = wr_raw32(r);
  return low | (uint64_t)wr_raw32(r) << 32;
}

#endif
