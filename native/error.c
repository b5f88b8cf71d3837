#include "error.h"

#include <stdio.h>
#include <string.h>

_Noreturn void wr_fail(wr_failure *failure, int kind, uint64_t offset, const char *format, ...)
{
  wr_error *error = failure->error;
  va_list arguments;
  error->kind = kind;
  error->offset = offset;
  error->function = failure->function;
  error->pc = failure->pc;
  snprintf(error->mnemonic, sizeof error->mnemonic, "%s",
           failure->mnemonic ? failure->mnemonic : "");
  va_start(arguments, format);
  vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  longjmp(failure->jump, 1);
}
