/*
 * The scripted upstream of the benchmarks: an OpenAI-shaped server cheap enough that it never is what is measured.
 *
 *   upstream [PORT]          prints "listening PORT" and serves until it is killed
 *
 * What it answers is named by the model in the request body:
 *   bench-json                   one chat completion of about 770 bytes
 *   bench-stream-INTERVAL-COUNT  COUNT events, one every INTERVAL milliseconds; INTERVAL 0 sends them in one piece
 *
 * Each event's content is "t=NANOSECONDS ", the CLOCK_MONOTONIC time of its sending, so that the load generator on the
 * same machine can tell how long an event was under way.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 65536
#define MAX_REQUEST (1 << 20)

struct connection {
  int descriptor;
  char *request;
  size_t used, size;
  int streaming; /* index + 1 in the list of open streams, 0: none */
  int left;
  int64_t interval, next_at;
  int first;
};

static struct connection connections[MAX_CONNECTIONS];
static int streams[MAX_CONNECTIONS], stream_count, poll_descriptor;
static char answer[2048];
static size_t answer_length;

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void stop_stream(struct connection *connection) {
  if (!connection->streaming) return;
  int last = streams[--stream_count];
  streams[connection->streaming - 1] = last;
  connections[last].streaming = connection->streaming;
  connection->streaming = 0;
}

static void close_connection(struct connection *connection) {
  stop_stream(connection);
  close(connection->descriptor);
  connection->used = 0;
}

/* The sockets' buffers are far larger than what is sent; a client that reads nothing for so long is cut off. */
static int send_all(struct connection *connection, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t sent = send(connection->descriptor, bytes, length, MSG_NOSIGNAL);
    if (sent < 0) {
      close_connection(connection);
      return -1;
    }
    bytes += sent;
    length -= (size_t)sent;
  }
  return 0;
}

static int format_event(char *out, size_t size, int first) {
  char json[512];
  int length = snprintf(json, sizeof json,
                        "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
                        "\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{%s\"content\":\"t=%lld \"},"
                        "\"finish_reason\":null}]}\n\n",
                        first ? "\"role\":\"assistant\"," : "", (long long)now_ns());
  return snprintf(out, size, "%x\r\n%s\r\n", length, json);
}

static const char *const ending =
    "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"bench\","
    "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"bench\","
    "\"choices\":[],\"usage\":{\"prompt_tokens\":120,\"completion_tokens\":100,\"total_tokens\":220}}\n\n"
    "data: [DONE]\n\n";

static int format_ending(char *out, size_t size) {
  return snprintf(out, size, "%zx\r\n%s\r\n0\r\n\r\n", strlen(ending), ending);
}

static void begin_stream(struct connection *connection, int interval_ms, int count) {
  static const char head[] = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
  if (interval_ms == 0) {
    size_t size = sizeof head + (size_t)count * 512 + 2048, used = sizeof head - 1;
    char *whole = malloc(size);
    memcpy(whole, head, used);
    for (int index = 0; index < count; index++) used += (size_t)format_event(whole + used, size - used, index == 0);
    used += (size_t)format_ending(whole + used, size - used);
    send_all(connection, whole, used);
    free(whole);
    return;
  }
  if (send_all(connection, head, sizeof head - 1) < 0) return;
  connection->left = count;
  connection->first = 1;
  connection->interval = (int64_t)interval_ms * 1000000;
  connection->next_at = now_ns() + connection->interval;
  streams[stream_count++] = (int)(connection - connections);
  connection->streaming = stream_count;
}

static void answer_request(struct connection *connection, const char *body, size_t length) {
  const char *name = memmem(body, length, "bench-stream-", 13);
  if (name == NULL) {
    send_all(connection, answer, answer_length);
    return;
  }
  int interval = 0, count = 0;
  char numbers[48] = {0};
  size_t rest = (size_t)(body + length - name) - 13;
  memcpy(numbers, name + 13, rest < 47 ? rest : 47);
  sscanf(numbers, "%d-%d", &interval, &count);
  begin_stream(connection, interval, count > 0 ? count : 1);
}

static void read_requests(struct connection *connection) {
  for (;;) {
    if (connection->size - connection->used < 16384) {
      if (connection->size >= MAX_REQUEST) return close_connection(connection);
      connection->size = connection->size == 0 ? 32768 : connection->size * 2;
      connection->request = realloc(connection->request, connection->size + 1);
    }
    ssize_t got = recv(connection->descriptor, connection->request + connection->used,
                       connection->size - connection->used, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (got <= 0) return close_connection(connection);
    connection->used += (size_t)got;
    connection->request[connection->used] = 0;
    if ((size_t)got < 16384) break;
  }
  char *end = memmem(connection->request, connection->used, "\r\n\r\n", 4);
  if (end == NULL) return;
  size_t head = (size_t)(end - connection->request) + 4, length = 0;
  for (char *line = connection->request; line < end; line = strstr(line, "\r\n") + 2) {
    if (strncasecmp(line, "content-length:", 15) == 0) length = strtoul(line + 15, NULL, 10);
  }
  if (connection->used < head + length) return;
  connection->used = 0;
  answer_request(connection, connection->request + head, length);
}

static void send_due_events(void) {
  char event[4096];
  int64_t now = now_ns();
  for (int index = stream_count - 1; index >= 0; index--) {
    struct connection *connection = &connections[streams[index]];
    if (connection->next_at > now) continue;
    connection->next_at += connection->interval;
    if (connection->left-- > 0) {
      int length = format_event(event, sizeof event, connection->first);
      connection->first = 0;
      send_all(connection, event, (size_t)length);
    } else {
      stop_stream(connection);
      send_all(connection, event, (size_t)format_ending(event, sizeof event));
    }
  }
}

static void watch(int descriptor) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
  epoll_ctl(poll_descriptor, EPOLL_CTL_ADD, descriptor, &event);
}

static void accept_all(int listener) {
  for (;;) {
    int descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (descriptor < 0) return;
    if (descriptor >= MAX_CONNECTIONS) {
      close(descriptor);
      continue;
    }
    int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct connection *connection = &connections[descriptor];
    connection->descriptor = descriptor;
    connection->used = 0;
    connection->streaming = 0;
    watch(descriptor);
  }
}

static void prepare_answer(void) {
  char json[1024], text[512] = {0};
  while (strlen(text) < 440) strcat(text, "lorem ipsum dolor ");
  int length = snprintf(json, sizeof json,
                        "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1700000000,"
                        "\"model\":\"bench\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"
                        "\"%s\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":"
                        "{\"prompt_tokens\":120,\"completion_tokens\":100,\"total_tokens\":220}}",
                        text);
  answer_length = (size_t)snprintf(answer, sizeof answer,
                                   "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s",
                                   length, json);
}

int main(int count, char **arguments) {
  signal(SIGPIPE, SIG_IGN);
  prepare_answer();
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)(count > 1 ? atoi(arguments[1]) : 0)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 16384) < 0) {
    perror("upstream");
    return 1;
  }
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("listening %d\n", ntohs(address.sin_port));
  fflush(stdout);
  poll_descriptor = epoll_create1(0);
  watch(listener);
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct itimerspec every = {.it_interval = {0, 500000}, .it_value = {0, 500000}};
  timerfd_settime(timer, 0, &every, NULL);
  watch(timer);
  struct epoll_event events[1024];
  for (;;) {
    int ready = epoll_wait(poll_descriptor, events, 1024, -1);
    for (int index = 0; index < ready; index++) {
      int descriptor = events[index].data.fd;
      if (descriptor == listener) accept_all(listener);
      else if (descriptor == timer) {
        uint64_t ticks;
        if (read(timer, &ticks, sizeof ticks) > 0 && stream_count > 0) send_due_events();
      } else read_requests(&connections[descriptor]);
    }
  }
}
