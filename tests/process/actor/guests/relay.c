/* A component in C by the shipped WIT: it hands every message on to the process that it is named in
 * its topic, and ends when there is no such process. The canonical ABI is written out. */
#include <stdint.h>

#define IMPORT(name) __attribute__((import_module("wippy:actor/process@0.1.0"), import_name(name)))

typedef struct { const char *data; int32_t length; } text;
typedef struct { int32_t format; text data; } payload;
typedef struct { text from, topic; payload *payloads; int32_t count; } message;
typedef struct { uint8_t is_error; text error; } outcome;

IMPORT("receive") extern void receive(message *result);
IMPORT("send") extern void send(const char *, int32_t, const char *, int32_t, payload *, int32_t, outcome *);

static char heap[32768];
static uint32_t used;

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, int32_t old_size, int32_t align, int32_t size)
{
    (void)old, (void)old_size;
    used = (used + align - 1) & -align;
    if (used + size > sizeof heap)
        used = 0;
    void *result = heap + used;
    used += size;
    return result;
}

static text result;

__attribute__((export_name("run"))) text *run(void)
{
    for (;;) {
        message it;
        outcome sent;
        receive(&it);
        send(it.topic.data, it.topic.length, it.from.data, it.from.length, it.payloads, it.count, &sent);
        if (sent.is_error) {
            result = sent.error;
            return &result;
        }
    }
}
