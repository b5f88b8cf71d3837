// sleeper.wasm: sleeps, and says how many milliseconds that took by the monotonic clock.
//
// It waits as libraries do, through poll of a list of pollables: the call blocks the guest, and
// nobody else.

#include "guest.h"

IMPORT("wasi:clocks/monotonic-clock@0.2.0", "now") uint64_t now(void);
IMPORT("wasi:clocks/monotonic-clock@0.2.0", "subscribe-duration")
int32_t subscribe_duration(uint64_t nanoseconds);
IMPORT("wasi:io/poll@0.2.0", "poll")
void poll(const int32_t *pollables, size_t count, void *ready_list);
IMPORT("wasi:io/poll@0.2.0", "[resource-drop]pollable") void drop_pollable(int32_t pollable);

#define NANOSECONDS_PER_MILLISECOND 1000000u

EXPORT("sleep")
uint32_t sleep(uint32_t milliseconds) {
    uint64_t begin = now();
    int32_t pollable = subscribe_duration((uint64_t)milliseconds * NANOSECONDS_PER_MILLISECOND);
    uint32_t ready[2];
    poll(&pollable, 1, ready);
    drop_pollable(pollable);
    empty_heap();
    return (uint32_t)((now() - begin) / NANOSECONDS_PER_MILLISECOND);
}
