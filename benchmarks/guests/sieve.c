/* Bytes in a loop: how many primes there are below n (at most 1 << 20). */

static unsigned char composite[1 << 20];

__attribute__((export_name("run"))) unsigned run(unsigned n)
{
    unsigned count = 0;
    for (unsigned i = 0; i < n; i++)
        composite[i] = 0;
    for (unsigned i = 2; i < n; i++) {
        if (composite[i])
            continue;
        count++;
        for (unsigned j = 2 * i; j < n; j += i)
            composite[j] = 1;
    }
    return count;
}
