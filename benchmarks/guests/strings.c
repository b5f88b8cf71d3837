/* Strings: n lines of words and numbers are written, cut into words, read, searched, reversed. */
#include "guest.h"

#define LINE 256

static char line[LINE], word[LINE];
static const char *const syllables[] = {"ka", "lo", "mi", "ster", "un", "vel", "o", "rish"};

static u32 length_of(const char *text)
{
    u32 length = 0;
    while (text[length])
        length++;
    return length;
}

static char *append(char *to, const char *text)
{
    while (*text)
        *to++ = *text++;
    *to = 0;
    return to;
}

static char *append_number(char *to, u32 number)
{
    char digits[10];
    u32 count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count)
        *to++ = digits[--count];
    *to = 0;
    return to;
}

static void write_line(u32 *state)
{
    char *at = line;
    for (u32 i = 0; i < 8; i++) {
        u32 random = next_random(state);
        if (random >> 30) {
            for (u32 part = 0; part <= (random >> 28 & 3); part++)
                at = append(at, syllables[random >> 3 * part & 7]);
        } else {
            at = append_number(at, random & 0xffff);
        }
        at = append(at, i < 7 ? " " : ".");
    }
}

/* Copy the next word, in capitals; the text behind it, or null. */
static const char *next_word(const char *text)
{
    u32 length = 0;
    while (*text == ' ' || *text == '.')
        text++;
    while (*text && *text != ' ' && *text != '.') {
        char letter = *text++;
        word[length++] = letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
    }
    word[length] = 0;
    return length ? text : 0;
}

static u32 contains(const char *text, const char *part)
{
    for (; *text; text++) {
        u32 i = 0;
        while (part[i] && text[i] == part[i])
            i++;
        if (!part[i])
            return 1;
    }
    return 0;
}

static void reverse(char *text)
{
    for (u32 from = 0, to = length_of(text); from + 1 < to; from++) {
        char letter = text[from];
        text[from] = text[--to];
        text[to] = letter;
    }
}

u32 run(u32 n)
{
    u32 checksum = 0, state = 424242;
    while (n--) {
        write_line(&state);
        u32 sum = 0, found = 0;
        for (const char *at = line; (at = next_word(at)) != 0;) {
            u32 number = 0;
            for (const char *digit = word; *digit >= '0' && *digit <= '9'; digit++)
                number = number * 10 + (u32)(*digit - '0');
            found += contains(word, "MIST");
            reverse(word);
            sum += number + (u8)word[0];
        }
        checksum = fold(checksum, sum + found * 1000 + length_of(line));
    }
    return checksum;
}
