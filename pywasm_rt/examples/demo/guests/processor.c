// processor.wasm: reads a table through a read-only mount, writes a summary through another mount,
// and shows what becomes of a write to the first.

#include "guest.h"

// Names of wasi:filesystem/types.error-code, in its order.
static const char *const ERROR_NAMES[] = {
    "access",           "would-block",    "already",
    "bad-descriptor",   "busy",           "deadlock",
    "quota",            "exist",          "file-too-large",
    "illegal-byte-sequence", "in-progress", "interrupted",
    "invalid",          "io",             "is-directory",
    "loop",             "too-many-links", "message-size",
    "name-too-long",    "no-device",      "no-entry",
    "no-lock",          "insufficient-memory", "insufficient-space",
    "not-directory",    "not-empty",      "not-recoverable",
    "unsupported",      "no-tty",         "no-such-device",
    "overflow",         "not-permitted",  "pipe",
    "read-only",        "invalid-seek",   "text-file-busy",
    "cross-device",
};

enum { OPEN_CREATE = 1, OPEN_TRUNCATE = 8 };
enum { DESCRIPTOR_READ = 1, DESCRIPTOR_WRITE = 2 };
enum { CHUNK_BYTES = 4096, MAX_INPUT_BYTES = 1 << 20 };

typedef struct { text *data; size_t length; } text_list;
typedef struct { text key, value; } pair;
typedef struct { pair *data; size_t length; } pair_list;
typedef struct { int32_t descriptor; text path; } preopen;
typedef struct { preopen *data; size_t length; } preopen_list;
typedef struct { uint8_t is_some; text value; } optional_text;
// result<descriptor, error-code>
typedef struct { uint8_t is_error; union { int32_t descriptor; uint8_t error; }; } open_result;
// result<tuple<list<u8>, bool>, error-code>
typedef struct {
    uint8_t is_error;
    union { struct { text data; uint8_t at_end; }; uint8_t error; };
} read_result;
// result<u64, error-code>
typedef struct { uint8_t is_error; union { uint64_t count; uint8_t error; }; } write_result;
// result<_, stream-error>
typedef struct { uint8_t is_error, which; int32_t error; } stream_result;

#define CLI(interface) "wasi:cli/" interface "@0.2.0"
#define FILES "wasi:filesystem/types@0.2.0"
#define STREAMS "wasi:io/streams@0.2.0"

IMPORT(CLI("environment"), "get-arguments") void get_arguments(text_list *);
IMPORT(CLI("environment"), "get-environment") void get_environment(pair_list *);
IMPORT(CLI("environment"), "initial-cwd") void initial_cwd(optional_text *);
IMPORT(CLI("exit"), "exit") void exit_with(int32_t is_error);
IMPORT(CLI("stdout"), "get-stdout") int32_t get_stdout(void);
IMPORT(CLI("stderr"), "get-stderr") int32_t get_stderr(void);
IMPORT(STREAMS, "[method]output-stream.blocking-write-and-flush")
void write_and_flush(int32_t stream, const char *data, size_t length, stream_result *);
IMPORT(STREAMS, "[resource-drop]output-stream") void drop_output_stream(int32_t stream);
IMPORT("wasi:filesystem/preopens@0.2.0", "get-directories") void get_directories(preopen_list *);
IMPORT(FILES, "[method]descriptor.open-at")
void open_at(int32_t directory, int32_t path_flags, const char *path, size_t length,
             int32_t open_flags, int32_t flags, open_result *);
IMPORT(FILES, "[method]descriptor.read")
void read_at(int32_t descriptor, uint64_t length, uint64_t offset, read_result *);
IMPORT(FILES, "[method]descriptor.write")
void write_at(int32_t descriptor, const char *data, size_t length, uint64_t offset, write_result *);
IMPORT(FILES, "[resource-drop]descriptor") void drop_descriptor(int32_t descriptor);

static text terminated(const char *data) {
    size_t length = 0;
    while (data[length] != 0) length++;
    return (text){data, length};
}

static bool equal(text a, text b) {
    if (a.length != b.length) return false;
    for (size_t i = 0; i < a.length; i++)
        if (a.data[i] != b.data[i]) return false;
    return true;
}

static text decimal(uint64_t value) {
    char *data = allocate(20, 1);
    size_t at = 20;
    do data[--at] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    return (text){data + at, 20 - at};
}

static void print_to(int32_t stream, text line) {
    stream_result result;
    write_and_flush(stream, line.data, line.length, &result);
    drop_output_stream(stream);
}

static void print(text line) { print_to(get_stdout(), JOIN(line, TEXT("\n"))); }

static _Noreturn void fail(text message) {
    print_to(get_stderr(), JOIN(TEXT("processor: "), message, TEXT("\n")));
    exit_with(1);
    __builtin_trap();
}

// The preopened directory that `path` lies in; `path` becomes relative to it.
static int32_t directory_of(text *path) {
    static preopen_list preopens;
    if (preopens.data == NULL) get_directories(&preopens);
    for (size_t i = 0; i < preopens.length; i++) {
        text name = preopens.data[i].path;
        if (name.length < path->length && path->data[name.length] == '/' &&
            equal(name, (text){path->data, name.length})) {
            path->data += name.length + 1;
            path->length -= name.length + 1;
            return preopens.data[i].descriptor;
        }
    }
    fail(JOIN(*path, TEXT(": no mount has it")));
}

static open_result open(text path, int32_t open_flags, int32_t flags) {
    open_result result;
    int32_t directory = directory_of(&path);
    open_at(directory, 0, path.data, path.length, open_flags, flags, &result);
    return result;
}

static text read_file(text path) {
    open_result opened = open(path, 0, DESCRIPTOR_READ);
    if (opened.is_error) fail(JOIN(path, TEXT(": "), terminated(ERROR_NAMES[opened.error])));
    text content = {NULL, 0};
    read_result chunk;
    do {
        read_at(opened.descriptor, CHUNK_BYTES, content.length, &chunk);
        if (chunk.is_error) fail(JOIN(path, TEXT(": "), terminated(ERROR_NAMES[chunk.error])));
        content = JOIN(content, chunk.data);
    } while (!chunk.at_end && chunk.data.length != 0 && content.length < MAX_INPUT_BYTES);
    drop_descriptor(opened.descriptor);
    return content;
}

// Write a file; the name of the error, or NULL.
static const char *write_file(text path, text content) {
    open_result opened = open(path, OPEN_CREATE | OPEN_TRUNCATE, DESCRIPTOR_WRITE);
    if (opened.is_error) return ERROR_NAMES[opened.error];
    const char *error = NULL;
    write_result written;
    for (uint64_t at = 0; at < content.length && error == NULL; at += written.count) {
        write_at(opened.descriptor, content.data + at, content.length - (size_t)at, at, &written);
        if (written.is_error) error = ERROR_NAMES[written.error];
    }
    drop_descriptor(opened.descriptor);
    return error;
}

// Lines after the first, and the sum of the numbers behind their first comma.
static void summarise(text table, uint64_t *rows, uint64_t *total) {
    size_t at = 0;
    bool heading = true;
    *rows = *total = 0;
    while (at < table.length) {
        uint64_t number = 0;
        bool in_number = false, past = false;
        for (; at < table.length && table.data[at] != '\n'; at++) {
            char character = table.data[at];
            if (character == ',') {
                past = in_number;
                in_number = true;
            } else if (in_number && !past && character >= '0' && character <= '9') {
                number = number * 10 + (uint64_t)(character - '0');
            }
        }
        at++;
        if (!heading) {
            *rows += 1;
            *total += number;
        }
        heading = false;
    }
}

static text input_argument(void) {
    text_list arguments;
    get_arguments(&arguments);
    for (size_t i = 0; i + 1 < arguments.length; i++)
        if (equal(arguments.data[i], TEXT("--input"))) return arguments.data[i + 1];
    fail(TEXT("usage: --input FILE"));
}

static text environment_variable(text name, text otherwise) {
    pair_list pairs;
    get_environment(&pairs);
    for (size_t i = 0; i < pairs.length; i++)
        if (equal(pairs.data[i].key, name)) return pairs.data[i].value;
    return otherwise;
}

static text answer;

EXPORT("process")
text *process(void) {
    text input = input_argument();
    text format = environment_variable(TEXT("OUTPUT_FORMAT"), TEXT("text"));
    optional_text cwd;
    initial_cwd(&cwd);
    if (cwd.is_some) print(JOIN(TEXT("working in "), cwd.value));

    uint64_t rows, total;
    summarise(read_file(input), &rows, &total);
    print(JOIN(TEXT("read "), decimal(rows), TEXT(" rows from "), input));

    bool json = equal(format, TEXT("json"));
    text output = json ? TEXT("/output/summary.json") : TEXT("/output/summary.txt");
    text summary = json ? JOIN(TEXT("{\"rows\": "), decimal(rows), TEXT(", \"total\": "),
                               decimal(total), TEXT("}\n"))
                        : JOIN(decimal(rows), TEXT(" rows, total "), decimal(total), TEXT("\n"));
    const char *error = write_file(output, summary);
    if (error != NULL) fail(JOIN(output, TEXT(": "), terminated(error)));
    print(JOIN(TEXT("wrote "), output));

    error = write_file(TEXT("/data/written.txt"), summary);
    if (error == NULL) fail(TEXT("/data/written.txt could be written"));
    print(JOIN(TEXT("refused to write /data/written.txt: "), terminated(error)));

    answer = JOIN(TEXT("total "), decimal(total));
    return &answer;
}

EXPORT("cabi_post_process")
void process_end(text *unused) {
    (void)unused;
    empty_heap();
}
