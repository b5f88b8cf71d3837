/* Calls every function of preview 1, in a directory that is preopened; prints what each answers.
   With the argument "raise" it ends with a signal, else with exit code 9. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

/* The library has no name for it. */
__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise")))
int32_t proc_raise(int32_t signal);
enum { TERM = 15 };

static void say(const char *name, __wasi_errno_t error)
{
    printf("%s %d\n", name, error);
}

static void environment(void)
{
    __wasi_size_t count, size;
    static uint8_t *pointers[16], bytes[4096];
    say("args_sizes_get", __wasi_args_sizes_get(&count, &size));
    say("args_get", __wasi_args_get(pointers, bytes));
    printf("%d arguments, the first is %s\n", (int)count, (char *)pointers[0]);
    say("environ_sizes_get", __wasi_environ_sizes_get(&count, &size));
    say("environ_get", __wasi_environ_get(pointers, bytes));
    printf("%d variables, the first is %s\n", (int)count, (char *)pointers[0]);
    __wasi_timestamp_t time;
    say("clock_res_get", __wasi_clock_res_get(__WASI_CLOCKID_MONOTONIC, &time));
    say("clock_time_get", __wasi_clock_time_get(__WASI_CLOCKID_REALTIME, 1, &time));
    say("random_get", __wasi_random_get(bytes, 8));
    say("sched_yield", __wasi_sched_yield());
}

static void reading_and_writing(__wasi_fd_t file)
{
    uint8_t bytes[16] = {0};
    __wasi_ciovec_t out = {(const uint8_t *)"hello", 5};
    __wasi_iovec_t in = {bytes, sizeof bytes};
    __wasi_size_t count = 0;
    __wasi_filesize_t offset;
    say("fd_write", __wasi_fd_write(file, &out, 1, &count));
    say("fd_pwrite", __wasi_fd_pwrite(file, &out, 1, 3, &count));
    say("fd_seek", __wasi_fd_seek(file, 1, __WASI_WHENCE_SET, &offset));
    say("fd_read", __wasi_fd_read(file, &in, 1, &count));
    printf("%d bytes: %.*s\n", (int)count, (int)count, (char *)bytes);
    say("fd_pread", __wasi_fd_pread(file, &in, 1, 6, &count));
    printf("%d bytes: %.*s\n", (int)count, (int)count, (char *)bytes);
    say("fd_tell", __wasi_fd_tell(file, &offset));
    printf("at %d\n", (int)offset);
}

static void descriptors(__wasi_fd_t directory, __wasi_fd_t file)
{
    __wasi_fdstat_t status;
    __wasi_filestat_t about;
    say("fd_advise", __wasi_fd_advise(file, 0, 0, __WASI_ADVICE_RANDOM));
    say("fd_allocate", __wasi_fd_allocate(file, 0, 10));
    say("fd_datasync", __wasi_fd_datasync(file));
    say("fd_sync", __wasi_fd_sync(file));
    say("fd_fdstat_get", __wasi_fd_fdstat_get(file, &status));
    printf("type %d, flags %d\n", status.fs_filetype, status.fs_flags);
    say("fd_fdstat_set_flags", __wasi_fd_fdstat_set_flags(file, __WASI_FDFLAGS_APPEND));
    say("fd_filestat_set_size", __wasi_fd_filestat_set_size(file, 6));
    __wasi_fstflags_t times = __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM;
    say("fd_filestat_set_times", __wasi_fd_filestat_set_times(file, 1000, 2000, times));
    say("fd_filestat_get", __wasi_fd_filestat_get(file, &about));
    printf("%d bytes, time %d\n", (int)about.size, (int)about.mtim);
    __wasi_prestat_t prestat;
    uint8_t name[16] = {0}, entries[256];
    __wasi_size_t used;
    say("fd_prestat_get", __wasi_fd_prestat_get(directory, &prestat));
    say("fd_prestat_dir_name",
        __wasi_fd_prestat_dir_name(directory, name, prestat.u.dir.pr_name_len));
    printf("named %s\n", (char *)name);
    say("fd_readdir", __wasi_fd_readdir(directory, entries, sizeof entries, 0, &used));
    say("fd_fdstat_set_rights", __wasi_fd_fdstat_set_rights(file, __WASI_RIGHTS_FD_READ, 0));
    say("fd_renumber", __wasi_fd_renumber(file, file + 1));
    say("fd_close", __wasi_fd_close(file));
}

static void paths(__wasi_fd_t directory)
{
    __wasi_filestat_t about;
    uint8_t target[16] = {0};
    __wasi_size_t used;
    say("path_create_directory", __wasi_path_create_directory(directory, "sub"));
    say("path_filestat_get", __wasi_path_filestat_get(directory, 0, "sub", &about));
    say("path_filestat_set_times",
        __wasi_path_filestat_set_times(directory, 0, "new", 0, 3000, __WASI_FSTFLAGS_MTIM));
    say("path_link", __wasi_path_link(directory, 0, "new", directory, "sub/hard"));
    say("path_symlink", __wasi_path_symlink("hard", directory, "sub/soft"));
    say("path_readlink",
        __wasi_path_readlink(directory, "sub/soft", target, sizeof target, &used));
    printf("leads to %.*s\n", (int)used, (char *)target);
    say("path_rename", __wasi_path_rename(directory, "sub/soft", directory, "soft"));
    say("path_unlink_file", __wasi_path_unlink_file(directory, "sub/hard"));
    say("path_remove_directory", __wasi_path_remove_directory(directory, "sub"));
    say("path_remove_directory", __wasi_path_remove_directory(directory, "../sub"));
}

static void sockets(__wasi_fd_t none)
{
    uint8_t bytes[4];
    __wasi_iovec_t in = {bytes, sizeof bytes};
    __wasi_ciovec_t out = {bytes, sizeof bytes};
    __wasi_size_t count;
    __wasi_roflags_t flags;
    __wasi_fd_t accepted;
    say("sock_accept", __wasi_sock_accept(none, 0, &accepted));
    say("sock_recv", __wasi_sock_recv(none, &in, 1, 0, &count, &flags));
    say("sock_send", __wasi_sock_send(none, &out, 1, 0, &count));
    say("sock_shutdown", __wasi_sock_shutdown(none, __WASI_SDFLAGS_WR));
}

int main(int argc, char **argv)
{
    const __wasi_fd_t directory = 3;
    __wasi_fd_t file;
    environment();
    __wasi_rights_t rights = ~(__wasi_rights_t)0 >> 34;
    say("path_open", __wasi_path_open(directory, 0, "new", __WASI_OFLAGS_CREAT, rights, rights, 0,
                                      &file));
    reading_and_writing(file);
    say("path_open", __wasi_path_open(directory, 0, "new", 0, rights, rights, 0, &file));
    paths(directory);
    __wasi_subscription_t timer = {
        .userdata = 5,
        .u = {.tag = __WASI_EVENTTYPE_CLOCK,
              .u.clock = {.id = __WASI_CLOCKID_MONOTONIC, .timeout = 1000}},
    };
    __wasi_event_t event;
    __wasi_size_t count;
    say("poll_oneoff", __wasi_poll_oneoff(&timer, &event, 1, &count));
    printf("%d event of %d\n", (int)count, (int)event.userdata);
    sockets(directory);
    descriptors(directory, file - 1);
    fflush(stdout);
    if (argc > 1 && !strcmp(argv[1], "raise"))
        return proc_raise(TERM);
    __wasi_proc_exit(9);
}
