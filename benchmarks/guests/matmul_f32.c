/* Matrix products of single precision, one element after the other. */
#define ELEMENT float
#include "matmul.h"
