/* Matrix products of double precision, one element after the other. */
#define ELEMENT double
#include "matmul.h"
