// Prints what day it is and what chance says: the wall clock's seconds and eight random bytes.
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void) {
    unsigned char bytes[8];
    if (getentropy(bytes, sizeof bytes) != 0) {
        return 1;
    }
    printf("%lld ", (long long)time(NULL));
    for (unsigned i = 0; i < sizeof bytes; i++) {
        printf("%02x", bytes[i]);
    }
    printf("\n");
    return 0;
}
