/* All memory of the C core is had here (linear memories ask before they map theirs).

   In a build for tests (WR_TESTING, see build.py) what is there is counted, and one can have any
   request fail: see tests/engine/native/test_allocation_failure.py. There every place in the
   sources that asks for memory is known too, with how often it asked and how often that failed. */
#ifndef WR_ALLOCATE_H
#define WR_ALLOCATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#if WR_TESTING

/* A place that asks for memory. */
typedef struct wr_requester {
  const char *file;
  int64_t line;
  int64_t requests, refused;
} wr_requester;

/* The place where this is written. The linker makes one list of all. */
#define WR_REQUESTER \
  __extension__({ \
    static wr_requester site = {__FILE__, __LINE__, 0, 0}; \
    static wr_requester *listed __attribute__((section("wr_sites"), used)) = &site; \
    &site; \
  })

/* As the standard library's malloc, calloc, realloc, aligned_alloc and free. */
void *wr_testing_allocate(wr_requester *site, size_t size);
void *wr_testing_allocate_zeroed(wr_requester *site, size_t count, size_t size);
void *wr_testing_reallocate(wr_requester *site, void *memory, size_t size);
void *wr_testing_allocate_aligned(wr_requester *site, size_t alignment, size_t size);
bool wr_testing_may_allocate(wr_requester *site);
void wr_deallocate(void *memory);
/* So many allocations are there for good, and not to be counted. */
void wr_kept_for_good(int64_t count);

#define wr_allocate(size) wr_testing_allocate(WR_REQUESTER, size)
#define wr_allocate_zeroed(count, size) wr_testing_allocate_zeroed(WR_REQUESTER, count, size)
#define wr_reallocate(memory, size) wr_testing_reallocate(WR_REQUESTER, memory, size)
#define wr_allocate_aligned(alignment, size) \
  wr_testing_allocate_aligned(WR_REQUESTER, alignment, size)
/* Whether a request in another way may be made. */
#define wr_may_allocate() wr_testing_may_allocate(WR_REQUESTER)

#else

#define wr_allocate malloc
#define wr_allocate_zeroed calloc
#define wr_reallocate realloc
#define wr_allocate_aligned aligned_alloc
#define wr_deallocate free
static inline bool wr_may_allocate(void) { return true; }
static inline void wr_kept_for_good(int64_t count) { (void)count; }

#endif

/* Have the request fail before which ``count`` others are made; below zero: none. False where this
   is not a build for tests. */
bool wr_testing_fail_after(int64_t count);
/* How many requests are left until then, below zero if it has failed; how many allocations there
   are. */
int64_t wr_testing_left(void);
int64_t wr_testing_allocations(void);
/* How many places ask for memory; the file of one of them, its line, and how often it asked and was
   refused since the core was loaded. */
int64_t wr_testing_sites(void);
const char *wr_testing_site(int64_t number, int64_t figures[3]);

#endif
