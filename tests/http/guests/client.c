// A client that tells what came of a request.

#include "http.h"

static char answer[1 << 16];
static u32 answer_length;

static void say(const char *data, u32 length) {
  for (u32 i = 0; i < length && answer_length < sizeof answer; i++)
    answer[answer_length++] = data[i];
}

static void say_number(u32 value) {
  char digits[10];
  u32 count = 0;
  do digits[count++] = '0' + value % 10;
  while (value /= 10);
  while (count) say(&digits[--count], 1);
}

static void say_error(u32 word) {
  say("error ", 6);
  say_number(TAG(word));
}

static void wait(u32 pollable) {
  pollable_block(pollable);
  pollable_drop(pollable);
}

static void receive(u32 response) {
  say_number(incoming_status(response));
  say(" ", 1);
  incoming_consume(response, ret);
  u32 body = must();
  incoming_body_stream(body, ret);
  u32 stream = must();
  u32 used = heap_used;
  for (struct text piece = next_piece(stream); piece.length; piece = next_piece(stream)) {
    say(piece.data, piece.length);
    heap_used = used;
  }
  input_drop(stream);
  u32 future = incoming_body_finish(body);
  wait(trailers_subscribe(future));
  trailers_get(future, ret);
  if (!TAG(0) || TAG(2)) __builtin_trap();
  if (TAG(4)) {
    say(" ", 1);
    say_error(6);
  } else if (TAG(6)) {
    u32 trailers = ret[7];
    fields_entries(trailers, ret);
    struct field *fields = (struct field *)ret[0];
    for (u32 i = 0, count = ret[1]; i < count; i++) {
      say(" ", 1);
      say(fields[i].name.data, fields[i].name.length);
      say("=", 1);
      say(fields[i].value.data, fields[i].value.length);
    }
    fields_drop(trailers);
  }
  trailers_drop(future);
  incoming_drop(response);
}

static void exchange(struct text authority, struct text path, struct text body, u32 timeout_ms) {
  u32 request = outgoing_request_new(fields_new());
  outgoing_request_set_scheme(request, 1, 0, 0, 0);
  if (outgoing_request_set_authority(request, 1, authority.data, authority.length) ||
      outgoing_request_set_path(request, 1, path.data, path.length)) {
    say("not a request", 13);
    outgoing_request_drop(request);
    return;
  }
  u32 outgoing = 0;
  if (body.length) {
    outgoing_request_set_method(request, 2, 0, 0);  // post
    outgoing_request_body(request, ret);
    outgoing = must();
  }
  u32 options = options_new();
  if (timeout_ms) {
    u64 duration = (u64)timeout_ms * 1000000;
    options_set_connect(options, 1, duration);
    options_set_first_byte(options, 1, duration);
    options_set_between_bytes(options, 1, duration);
  }
  send_request(request, 1, options, ret);
  if (TAG(0)) {
    say("refused: ", 9);
    say_error(2);
    return;
  }
  u32 future = ret[2];
  if (body.length) {
    body_write(outgoing, ret);
    u32 stream = must();
    write_all(stream, body.data, body.length);
    output_drop(stream);
    body_finish(outgoing, 0, 0, ret);
  }
  wait(future_subscribe(future));
  future_get(future, ret);
  if (!TAG(0) || TAG(2)) __builtin_trap();
  if (TAG(4)) {
    say_error(6);
    future_drop(future);
    return;
  }
  u32 response = ret[6];
  receive(response);
  future_drop(future);
}

__attribute__((export_name("fetch"))) struct text *fetch(const char *authority,
                                                         u32 authority_length, const char *path,
                                                         u32 path_length, const char *body,
                                                         u32 body_length, u32 timeout_ms) {
  static struct text result;
  exchange((struct text){authority, authority_length}, (struct text){path, path_length},
           (struct text){body, body_length}, timeout_ms);
  result = (struct text){answer, answer_length};
  return &result;
}

__attribute__((export_name("cabi_post_fetch"))) void post_fetch(void *result) {
  (void)result;
  heap_used = 0;
  answer_length = 0;
}
