// What the demo's guests share: the canonical ABI's allocator and texts. No C library.
//
// Strings and lists that the host hands to a guest are put where cabi_realloc says; here that is a
// heap that only grows, and is emptied at the end of each call (in the post-return function).

#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))
#define PAGE_BYTES 65536u

// A string as it lies in memory: a pointer and a length in bytes.
typedef struct {
    const char *data;
    size_t length;
} text;

#define TEXT(literal) ((text){(literal), sizeof(literal) - 1})

extern uint8_t __heap_base;
static uintptr_t heap_end;

static void *allocate(size_t size, size_t alignment) {
    if (heap_end == 0) heap_end = (uintptr_t)&__heap_base;
    uintptr_t start = (heap_end + alignment - 1) & ~(uintptr_t)(alignment - 1);
    uintptr_t limit = (uintptr_t)__builtin_wasm_memory_size(0) * PAGE_BYTES;
    if (size > UINT32_MAX - start) __builtin_trap();
    if (start + size > limit) {
        size_t pages = (start + size - limit + PAGE_BYTES - 1) / PAGE_BYTES;
        if (__builtin_wasm_memory_grow(0, pages) == SIZE_MAX) __builtin_trap();
    }
    heap_end = start + size;
    return (void *)start;
}

static void empty_heap(void) { heap_end = 0; }

EXPORT("cabi_realloc")
void *cabi_realloc(void *old, size_t old_size, size_t alignment, size_t new_size) {
    void *fresh = allocate(new_size, alignment);
    if (old_size != 0) __builtin_memcpy(fresh, old, old_size < new_size ? old_size : new_size);
    return fresh;
}

// The texts one after another, in one new text.
static inline text join(const text *parts, size_t count) {
    size_t length = 0;
    for (size_t i = 0; i < count; i++) length += parts[i].length;
    char *data = allocate(length, 1);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        __builtin_memcpy(data + at, parts[i].data, parts[i].length);
        at += parts[i].length;
    }
    return (text){data, length};
}

#define JOIN(...) \
    join((const text[]){__VA_ARGS__}, sizeof((const text[]){__VA_ARGS__}) / sizeof(text))

#endif
