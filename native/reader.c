#include "reader.h"

static uint8_t next_byte(wr_reader *r)
{
  if (r->next >= r->limit)
    wr_unexpected_end(r);
  return *r->next++;
}

/* An integer that also runs over the end of its section is complained of as an integer. */
static void inside(const wr_reader *r)
{
  if (r->next > r->end)
    wr_unexpected_end(r);
}

static uint64_t read_unsigned(wr_reader *r, unsigned bits)
{
  const uint8_t *start = r->next;
  uint64_t value = 0;
  for (unsigned shift = 0; shift < bits; shift += 7) {
    uint8_t byte = next_byte(r);
    value |= (uint64_t)(byte & 0x7F) << shift;
    if (shift + 7 > bits && (byte & 0x7F) >> (bits - shift))
      wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(start - r->begin),
              byte < 0x80 ? "integer too large" : "integer representation too long");
    if (byte < 0x80)
      return value;
  }
  wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(start - r->begin),
          "integer representation too long");
}

uint64_t wr_leb_unsigned(wr_reader *r, unsigned bits)
{
  uint64_t value = read_unsigned(r, bits);
  inside(r);
  return value;
}

uint32_t wr_length(wr_reader *r) { return (uint32_t)read_unsigned(r, 32); }

int64_t wr_leb_signed(wr_reader *r, unsigned bits)
{
  const uint8_t *start = r->next;
  uint64_t value = 0;
  for (unsigned shift = 0; shift < bits; shift += 7) {
    uint8_t byte = next_byte(r);
    value |= (uint64_t)(byte & 0x7F) << shift;
    if (byte < 0x80) {
      if (shift + 7 > bits) { /* the unused bits must repeat the sign */
        int8_t rest = (int8_t)(byte << 1) >> (bits - shift);
        if (rest != 0 && rest != -1)
          wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(start - r->begin), "integer too large");
      }
      if (shift + 7 < 64 && (byte & 0x40))
        value |= ~(uint64_t)0 << (shift + 7);
      inside(r);
      return (int64_t)value;
    }
  }
  wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(start - r->begin),
          "integer representation too long");
}
