/* A counter that lives as long as it is asked: "add" adds a number of one digit and answers with
 * the sum, "stop" ends it. It is cancelled politely. */
#include "pywasm_rt_actor.h"

#define TEXT(text) text, sizeof(text) - 1

static int32_t sum;

__attribute__((export_name("run"))) int32_t run(int32_t start)
{
    char sender[64], topic[16], digit[1];
    sum = start;
    if (actor_register(TEXT("counter")) != ACTOR_OK)
        __builtin_trap();
    for (;;) {
        switch (actor_receive(ACTOR_MESSAGES | ACTOR_EVENTS, -1)) {
        case ACTOR_CANCEL:
            return -sum;
        case ACTOR_MESSAGE: {
            int32_t length = actor_mail(ACTOR_SENDER, sender, sizeof sender);
            actor_mail(ACTOR_TOPIC, topic, sizeof topic);
            if (topic[0] == 's')
                return sum;
            actor_mail(ACTOR_PAYLOAD, digit, sizeof digit);
            sum += digit[0] - '0';
            digit[0] = (char)('0' + sum % 10);
            actor_send(sender, length, TEXT("sum"), ACTOR_TEXT, digit, 1);
        }
        }
    }
}
