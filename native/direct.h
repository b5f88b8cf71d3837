/* Calls in which Python and a guest exchange few numbers, with as little as possible around them:
   one call of C for each crossing of the boundary.

   Numbers come and go as arguments and results of C functions, or wide, in the task's ``exchange``:
   integers as 64 bits, floats of both widths as doubles (NaN payloads kept). The result of all
   functions is a word: not negative when the call has returned (its only result if that is an i32,
   else 0, and the results are in the exchange); else ~word is an event, and WR_DIRECT_HANDLE_BIT
   upwards the handle of the host function that is called, its arguments in the exchange. At any
   event the task is as wr_api_run leaves it, and may go on in the ordinary way.

   Each function takes the locks that it needs; a task belongs to whoever has it. */
#ifndef WR_DIRECT_H
#define WR_DIRECT_H

#include "api.h"

enum { WR_DIRECT_HANDLE_BIT = 8 };
/* An argument or a result is no number of its type: nothing was done. */
enum { WR_DIRECT_REFUSED = 64 };

/* Begin a call; the task is reset. */
int64_t wr_direct_call_0(wr_task *task, wr_callee *callee);
int64_t wr_direct_call_1(wr_task *task, wr_callee *callee, int64_t a);
int64_t wr_direct_call_2(wr_task *task, wr_callee *callee, int64_t a, int64_t b);
int64_t wr_direct_call_3(wr_task *task, wr_callee *callee, int64_t a, int64_t b, int64_t c);
int64_t wr_direct_call_4(wr_task *task, wr_callee *callee, int64_t a, int64_t b, int64_t c,
                         int64_t d);
/* The arguments are in the exchange. */
int64_t wr_direct_call(wr_task *task, wr_callee *callee);
/* Answer a host call: with nothing, an integer, or what is in the exchange. */
int64_t wr_direct_answer_0(wr_task *task);
int64_t wr_direct_answer_1(wr_task *task, int64_t value);
int64_t wr_direct_answer(wr_task *task);
/* Go on after WR_EVENT_SLICE. */
int64_t wr_direct_go(wr_task *task);
/* The call is not finished here: it goes on in the ordinary way, or is given up. */
void wr_direct_leave(wr_task *task);

#endif
