/* Works on files below the directory given (default "."), and tries to get out of it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int failures;

static void check(const char *what, int good)
{
    if (!good) {
        printf("FAILED: %s (%s)\n", what, strerror(errno));
        failures++;
    }
}

static void refused(const char *what, int result)
{
    if (result >= 0)
        printf("%s: ESCAPED\n", what);
    else
        printf("%s: %s\n", what, strerror(errno));
    if (result >= 0)
        failures++;
}

static int compare(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

static void list(const char *path)
{
    char *names[64];
    int count = 0;
    DIR *directory = opendir(path);
    check("opendir", directory != NULL);
    if (!directory)
        return;
    for (struct dirent *entry; (entry = readdir(directory)) && count < 64;)
        names[count++] = strdup(entry->d_name);
    closedir(directory);
    qsort(names, count, sizeof names[0], compare);
    printf("in %s:", path);
    for (int index = 0; index < count; index++)
        printf(" %s", names[index]);
    printf("\n");
}

static void work(void)
{
    char buffer[64] = "";
    struct stat status;
    FILE *file = fopen("new.txt", "w");
    check("fopen w", file && fputs("first line\n", file) >= 0 && fclose(file) == 0);
    file = fopen("new.txt", "a");
    check("fopen a", file && fputs("second line\n", file) >= 0 && fclose(file) == 0);
    file = fopen("new.txt", "r+");
    check("fseek", file && fseek(file, 6, SEEK_SET) == 0);
    check("fread", file && fread(buffer, 1, 4, file) == 4 && strcmp(buffer, "line") == 0);
    check("overwrite", file && fseek(file, 0, SEEK_SET) == 0 && fputs("FIRST", file) >= 0);
    check("fclose", file && fclose(file) == 0);
    check("stat", stat("new.txt", &status) == 0);
    printf("new.txt has %lld bytes, %d links\n", (long long)status.st_size, (int)status.st_nlink);
    check("mkdir", mkdir("sub", 0777) == 0);
    check("mkdir twice", mkdir("sub", 0777) < 0 && errno == EEXIST);
    check("rename", rename("new.txt", "sub/renamed.txt") == 0);
    check("old name is gone", stat("new.txt", &status) < 0 && errno == ENOENT);
    check("link", link("sub/renamed.txt", "sub/hard") == 0);
    check("symlink", symlink("renamed.txt", "sub/soft") == 0);
    memset(buffer, 0, sizeof buffer);
    check("readlink", readlink("sub/soft", buffer, sizeof buffer) == 11);
    printf("sub/soft is %s\n", buffer);
    check("lstat", lstat("sub/soft", &status) == 0 && S_ISLNK(status.st_mode));
    check("stat through", stat("sub/soft", &status) == 0 && S_ISREG(status.st_mode));
    list(".");
    list("sub");
    check("truncate", truncate("sub/hard", 5) == 0);
    file = fopen("sub/soft", "r");
    memset(buffer, 0, sizeof buffer);
    check("read through", file && fread(buffer, 1, sizeof buffer, file) == 5);
    printf("sub/soft holds %s\n", buffer);
    check("close", file && fclose(file) == 0);
    check("rmdir not empty", rmdir("sub") < 0 && errno == ENOTEMPTY);
    check("unlink", unlink("sub/hard") == 0 && unlink("sub/soft") == 0);
    check("unlink directory", unlink("sub") < 0);
}

static void escape(void)
{
    struct stat status;
    int fd;
    refused("open ..", open("../outside.txt", O_RDONLY));
    refused("open sub/../..", open("sub/../../outside.txt", O_RDONLY));
    refused("create ..", open("../made.txt", O_WRONLY | O_CREAT, 0666));
    refused("stat ..", stat("..", &status));
    refused("rename out", rename("sub/renamed.txt", "../stolen.txt"));
    refused("mkdir out", mkdir("../made", 0777));
    refused("open /etc/passwd", open("/etc/passwd", O_RDONLY));
    refused("open a link to the outside", open("out/outside.txt", O_RDONLY));
    refused("open an absolute link", open("passwd", O_RDONLY));
    refused("read an absolute link", (int)readlink("passwd", (char[8]){0}, 8));
    refused("make an absolute link", symlink("/etc/passwd", "made"));
    fd = open("sub", O_RDONLY | O_DIRECTORY);
    check("open sub", fd >= 0);
    refused("openat ..", openat(fd, "../renamed.txt", O_RDONLY));
    refused("hard link out", link("sub/renamed.txt", "../made.txt"));
}

int main(int count, char **arguments)
{
    if (count > 1 && chdir(arguments[1]) < 0) {
        perror("chdir");
        return 2;
    }
    work();
    escape();
    printf("%d failures\n", failures);
    return failures != 0;
}
