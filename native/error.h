/* Errors of decoding and validation: one record, filled at the place of the fault, and a jump back
   to whoever asked. Nothing that runs guests uses this. */
#ifndef WR_ERROR_H
#define WR_ERROR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

enum wr_error_kind {
  WR_OK = 0,
  WR_ERROR_DECODE = 1,
  WR_ERROR_VALIDATION = 2,
  WR_ERROR_FEATURE = 3,
  WR_ERROR_MEMORY = 4,
};

typedef struct wr_error {
  int kind;
  int feature;        /* the feature that is off, for WR_ERROR_FEATURE */
  int64_t function;   /* index of the function, or -1 */
  int64_t pc;         /* number of the instruction, or -1 */
  uint64_t offset;    /* bytes from the beginning of the binary */
  char mnemonic[40];  /* of the instruction, or "" */
  char message[256];
} wr_error;

typedef struct wr_failure {
  jmp_buf jump;
  wr_error *error;
  int64_t function;
  int64_t pc;
  const char *mnemonic;
} wr_failure;

/* Fill in the error and jump back. Never returns. */
_Noreturn void wr_fail(wr_failure *failure, int kind, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
