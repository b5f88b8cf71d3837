/* Objects that live and die, as gc_tree.wat has them, with malloc and free in place of a collector:
 * what the machine itself needs for the same work. Not built for WebAssembly.
 */
#include "guest.h"

#include <stdlib.h>

typedef struct node {
    struct node *left, *right;
    u32 value;
} node;

static node *grow(u32 depth, u32 number)
{
    if (depth == 0)
        return NULL;
    node *made = malloc(sizeof *made);
    if (!made)
        abort();
    made->left = grow(depth - 1, number << 1);
    made->right = grow(depth - 1, (number << 1) + 1);
    made->value = number;
    return made;
}

static u32 walk(node *at, u32 sum)
{
    if (!at)
        return sum;
    at->value++;
    return (walk(at->right, walk(at->left, sum)) ^ at->value) * 0x9e3779b1u;
}

static void forget(node *at)
{
    if (!at)
        return;
    forget(at->left);
    forget(at->right);
    free(at);
}

u32 run(u32 n)
{
    u32 sum = 0;
    node *kept = grow(10, 1);
    for (; n; n--) {
        node *tree = grow(4 + (n & 3), n);
        sum = walk(tree, sum);
        forget(tree);
    }
    sum = walk(kept, sum);
    forget(kept);
    return sum;
}
