#include "reader.h"

uint64_t wr_leb_unsigned(wr_reader *r, unsigned bits)
{
  const uint8_t *start = r->next;
  uint64_t value = 0;
  for (unsigned shift = 0; shift < bits; shift += 7) {
    uint8_t byte = wr_byte(r);
    value |= (uint64_t)(byte & 0x7F) << shift;
    if (byte < 0x80) {
      if (shift + 7 > bits && byte >> (bits - shift))
        wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(start - r->begin), "integer too large");
      return value;
    }
  }
  wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(start - r->begin),
          "integer representation too long");
}

int64_t wr_leb_signed(wr_reader *r, unsigned bits)
{
  const uint8_t *start = r->next;
  uint64_t value = 0;
  for (unsigned shift = 0; shift < bits; shift += 7) {
    uint8_t byte = wr_byte(r);
    value |= (uint64_t)(byte & 0x7F) << shift;
    if (byte < 0x80) {
      if (shift + 7 > bits) { /* the unused bits must repeat the sign */
        int8_t rest = (int8_t)(byte << 1) >> (bits - shift);
        if (rest != 0 && rest != -1)
          wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(start - r->begin), "integer too large");
      }
      if (shift + 7 < 64 && (byte & 0x40))
        value |= ~(uint64_t)0 << (shift + 7);
      return (int64_t)value;
    }
  }
  wr_fail(r->failure, WR_ERROR_DECODE, (uint64_t)(start - r->begin),
          "integer representation too long");
}
