/*
 * Lets unmodified programs that use libfido2 (its tools, OpenSSH's helper) reach a key over a socket. It is put before
 * libfido2 by LD_PRELOAD and stands on libfido2's public functions alone, so that it needs none of its headers: a
 * device whose path is "tcp:PORT" gets I/O functions of its own, and FAUXKEY_DEVICE names the one device that there is.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPORT_SIZE 64
#define FIDO_OK 0
#define FIDO_ERR_INTERNAL -9

typedef struct fido_dev fido_dev_t;
typedef struct fido_dev_info fido_dev_info_t;
typedef struct {
  void *(*open)(const char *);
  void (*close)(void *);
  int (*read)(void *, unsigned char *, size_t, int);
  int (*write)(void *, const unsigned char *, size_t);
} fido_dev_io_t;

static const char scheme[] = "tcp:";

static int is_ours(const char *path) { return path != NULL && strncmp(path, scheme, strlen(scheme)) == 0; }

/* A handle is a file descriptor plus one, since NULL means failure. */
static int descriptor_of(void *handle) { return (int)(intptr_t)handle - 1; }

static void *stream_open(const char *path) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || !is_ours(path)) return NULL;
  address.sin_port = htons((unsigned short)atoi(path + strlen(scheme)));
  if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
    close(fd);
    return NULL;
  }
  return (void *)((intptr_t)fd + 1);
}

static void stream_close(void *handle) { close(descriptor_of(handle)); }

static int stream_read(void *handle, unsigned char *buffer, size_t size, int milliseconds) {
  int fd = descriptor_of(handle);
  size_t got = 0;
  struct pollfd readable = {.fd = fd, .events = POLLIN};
  if (size != REPORT_SIZE || poll(&readable, 1, milliseconds) != 1) return -1;
  while (got < REPORT_SIZE) {
    ssize_t part = read(fd, buffer + got, REPORT_SIZE - got);
    if (part <= 0) return -1;
    got += (size_t)part;
  }
  return REPORT_SIZE;
}

/* The first byte is the report id, which a stream does not carry. */
static int stream_write(void *handle, const unsigned char *buffer, size_t size) {
  size_t sent = 1;
  while (sent < size) {
    ssize_t part = send(descriptor_of(handle), buffer + sent, size - sent, MSG_NOSIGNAL);
    if (part <= 0) return -1;
    sent += (size_t)part;
  }
  return (int)size;
}

static const fido_dev_io_t stream_functions = {stream_open, stream_close, stream_read, stream_write};

int fido_dev_open(fido_dev_t *device, const char *path) {
  int (*real_open)(fido_dev_t *, const char *);
  int (*set_functions)(fido_dev_t *, const fido_dev_io_t *);
  *(void **)&real_open = dlsym(RTLD_NEXT, "fido_dev_open");
  *(void **)&set_functions = dlsym(RTLD_NEXT, "fido_dev_set_io_functions");
  if (real_open == NULL || set_functions == NULL) return FIDO_ERR_INTERNAL;
  if (is_ours(path)) {
    int status = set_functions(device, &stream_functions);
    if (status != FIDO_OK) return status;
  }
  return real_open(device, path);
}

/* No other device of this machine is touched. */
int fido_dev_info_manifest(fido_dev_info_t *list, size_t size, size_t *found) {
  const char *path = getenv("FAUXKEY_DEVICE");
  int (*set)(fido_dev_info_t *, size_t, const char *, const char *, const char *, const fido_dev_io_t *, const void *);
  *(void **)&set = dlsym(RTLD_NEXT, "fido_dev_info_set");
  *found = 0;
  if (set == NULL) return FIDO_ERR_INTERNAL;
  if (path == NULL || size == 0) return FIDO_OK;
  *found = 1;
  return set(list, 0, path, "Fauxkey", "Fauxkey", &stream_functions, NULL);
}
