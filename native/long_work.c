#include "long_work.h"

_Thread_local void (*wr_on_long_work)(void);
