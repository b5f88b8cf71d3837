// component.wasm: greets somebody. A string comes in, a string goes out.

#include "guest.h"

static text result;

EXPORT("greet")
text *greet(const char *name, size_t length) {
    result = JOIN(TEXT("Hello, "), ((text){name, length}), TEXT("!"));
    return &result;
}

EXPORT("cabi_post_greet")
void greet_end(text *unused) {
    (void)unused;
    empty_heap();
}
