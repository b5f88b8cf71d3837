/* Work that may take long, or waits for a lock. Who runs guests while holding a lock of its own
   (boundary.c: that of Python) is told before such work begins, and lets go of it. */
#ifndef WR_LONG_WORK_H
#define WR_LONG_WORK_H

#include <stddef.h>

/* Of this thread; NULL where nobody needs to know. */
extern _Thread_local void (*wr_on_long_work)(void);

static inline void wr_long_work(void)
{
  if (wr_on_long_work)
    wr_on_long_work();
}

#endif
