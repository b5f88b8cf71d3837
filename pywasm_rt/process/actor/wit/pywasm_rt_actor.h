/* The functions of `pywasm_rt_actor` for guests in C; they are described in ../core.py.
 *
 *     zig cc -target wasm32-freestanding -O2 -nostdlib -Wl,--no-entry guest.c -o guest.wasm
 */
#ifndef PYWASM_RT_ACTOR_H
#define PYWASM_RT_ACTOR_H

#include <stdint.h>

#define ACTOR_FUNCTION(name) \
    __attribute__((import_module("pywasm_rt_actor"), import_name(#name))) extern int32_t actor_##name

enum actor_status {
    ACTOR_OK = 0,
    ACTOR_INVALID = -1,
    ACTOR_NOT_FOUND = -2,
    ACTOR_ALREADY_EXISTS = -3,
    ACTOR_DENIED = -4,
    ACTOR_OVERLOAD = -5,
    ACTOR_UNAVAILABLE = -6,
    ACTOR_FAILED = -7,
};
enum actor_format { ACTOR_BYTES, ACTOR_TEXT, ACTOR_JSON };
enum actor_mail { ACTOR_NOTHING, ACTOR_MESSAGE, ACTOR_EXIT, ACTOR_LINK_DOWN, ACTOR_CANCEL, ACTOR_OUTDATED };
enum actor_part { ACTOR_SENDER, ACTOR_TOPIC, ACTOR_PAYLOAD };
enum actor_wanted { ACTOR_MESSAGES = 1, ACTOR_EVENTS = 2 };
enum actor_flags { ACTOR_MONITORED = 1, ACTOR_LINKED = 2 };
enum actor_action { ACTOR_MONITOR, ACTOR_UNMONITOR, ACTOR_LINK, ACTOR_UNLINK, ACTOR_TERMINATE, ACTOR_CANCEL_IT };
enum actor_option { ACTOR_TRAP_LINKS, ACTOR_UPGRADABLE };

ACTOR_FUNCTION(self)(char *to, int32_t capacity);
ACTOR_FUNCTION(send)(const char *target, int32_t target_length, const char *topic,
                     int32_t topic_length, enum actor_format format, const void *data,
                     int32_t length);
ACTOR_FUNCTION(receive)(int32_t wanted, int64_t timeout_ns);
ACTOR_FUNCTION(mail)(int32_t part, void *to, int32_t capacity);
ACTOR_FUNCTION(mail_format)(int32_t part);
ACTOR_FUNCTION(mail_failed)(void);
ACTOR_FUNCTION(spawn)(const char *entry, int32_t entry_length, const char *host,
                      int32_t host_length, const char *json, int32_t json_length, int32_t flags,
                      char *pid, int32_t capacity);
ACTOR_FUNCTION(relate)(enum actor_action action, const char *target, int32_t length);
ACTOR_FUNCTION(register)(const char *name, int32_t length);
ACTOR_FUNCTION(unregister)(const char *name, int32_t length);
ACTOR_FUNCTION(lookup)(const char *name, int32_t length, char *pid, int32_t capacity);
ACTOR_FUNCTION(option)(enum actor_option which, int32_t yes);
ACTOR_FUNCTION(upgrade)(const char *entry, int32_t entry_length, const char *json,
                        int32_t json_length);
ACTOR_FUNCTION(error_message)(char *to, int32_t capacity);

#endif
