/* Runs the fuzzer's target on files, without a fuzzer: seeds, and what was found once. The digest
   that is printed is the same on every machine. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern uint64_t target_digest;

static int replay(const char *path)
{
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    return 1;
  }
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
  int failed = !data || size < 0 || fread(data, 1, (size_t)size, file) != (size_t)size;
  fclose(file);
  if (failed)
    perror(path);
  else
    LLVMFuzzerTestOneInput(data, (size_t)size);
  free(data);
  return failed;
}

int main(int count, char **paths)
{
  for (int k = 1; k < count; k++) {
    fprintf(stderr, "%s\n", paths[k]); /* the last one is the one that failed */
    if (replay(paths[k]))
      return 1;
  }
  printf("%d passed, 0 failed, digest %016" PRIx64 "\n", count - 1, target_digest);
  return 0;
}
