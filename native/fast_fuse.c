/* Lowering for the fast stream, last of all: superinstructions. */
#include "fast_lower.h"

/* Sequences by their first two instructions: a table that is written once. */
enum { BUCKETS = 1 << 11, MOST = 1 << 12 };
static uint16_t first_in[BUCKETS], next_of[MOST]; /* numbers of sequences, from 1 on */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static unsigned bucket(unsigned a, unsigned b) { return (a * 0x9E37u + b * 0x85EBu) % BUCKETS; }

static void index_sequences(void)
{
  unsigned count = wr_fast_sequence_count < MOST - 1 ? wr_fast_sequence_count : MOST - 1;
  for (unsigned k = 0; k < count; k++) {
    const uint16_t *ops = wr_fast_sequences[k].ops;
    uint16_t *first = &first_in[bucket(ops[0], ops[1])];
    next_of[k + 1] = *first;
    *first = (uint16_t)(k + 1);
  }
}

/* Whether the instructions from a number on, of which ``straight`` follow one another, are those of
   a sequence. */
static bool matches(const wr_made *made, uint32_t straight, const wr_fast_sequence *sequence)
{
  if (sequence->length > straight)
    return false;
  for (unsigned k = 0; k < sequence->length; k++)
    if (made[k].op != sequence->ops[k])
      return false;
  return true;
}

/* From behind, the way with the fewest handlers to the end of each straight run. */
void wr_fast_fuse(wr_fast_lowering *l)
{
#ifndef WR_PROFILE
  pthread_once(&once, index_sequences);
#endif
  uint32_t count = l->made_count, straight = 0;
  uint32_t *rest = wr_need(&l->shared, &l->shared.scratch, ((size_t)count + 1) * sizeof *rest);
  for (uint32_t k = count; k-- > 0;) {
    const wr_made *made = &l->made[k];
    bool goes_on = k + 1 < count && made[1].word == made->word + wr_fast_infos[made->op].length;
    straight = goes_on ? straight + 1 : 1;
    rest[k] = 1 + (goes_on ? rest[k + 1] : 0);
    wr_fast_handler handler = wr_fast_infos[made->op].handler;
    uint16_t number = straight > 1 ? first_in[bucket(made->op, made[1].op)] : 0;
    for (; number; number = next_of[number]) {
      const wr_fast_sequence *sequence = &wr_fast_sequences[number - 1];
      uint32_t others = sequence->length < straight ? rest[k + sequence->length] : 0;
      if (1 + others >= rest[k] || !matches(made, straight, sequence))
        continue;
      rest[k] = 1 + others;
      handler = sequence->handler;
    }
    l->words[made->word] = (uint64_t)(uintptr_t)handler;
  }
}
