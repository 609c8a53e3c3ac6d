/*
 * The load generator of the benchmarks.
 *
 *   load PORT PATH KEY BODY_FILE CONNECTIONS SECONDS RATE
 *
 * RATE 0: closed loop, every connection sends its next request when the last answer is complete.
 * RATE n: open loop, n requests a second at fixed times on whichever connection is free; latency counts from the time a
 *         request was due, so a server that stalls cannot hide it.
 * Understands JSON answers with a length and chunked ones, and streams of events. Prints one JSON object: requests,
 * errors, requests per second, latency in microseconds; for streams time to first event and, from the "t=NANOSECONDS " the
 * upstream writes into each event, how long events were under way. SECONDS may be fractional; open answers are awaited.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
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
#include <time.h>
#include <unistd.h>

#define PIECE 65536

struct connection {
  int descriptor, busy, head_done, chunked, bad, saw_event, stream;
  long body_left;           /* of a body with a length, or of the chunk being read */
  int chunk_state;          /* 0 size line, 1 data, 2 line end after data, 3 after the last chunk */
  char head[16384];
  size_t head_used;
  char line[64];
  size_t line_used;
  char carry[64];           /* end of the last piece, so that "t=…" is found across a cut */
  size_t carry_used;
  int64_t due_at;
  int done_seen;
};

struct samples {
  double *values;
  size_t count, size;
};

static struct connection *connections;
static struct samples latency, first_event, under_way;
static char *request;
static size_t request_length;
static long errors, completed, incomplete;
static int64_t stop_at, measure_from;
static int poll_descriptor, port, connection_count;

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void add(struct samples *samples, double value) {
  if (samples->count == samples->size) {
    if (samples->size >= (1u << 24)) return;
    samples->size = samples->size == 0 ? 4096 : samples->size * 2;
    samples->values = realloc(samples->values, samples->size * sizeof(double));
  }
  samples->values[samples->count++] = value;
}

static int by_value(const void *left, const void *right) {
  double difference = *(const double *)left - *(const double *)right;
  return difference < 0 ? -1 : difference > 0;
}

static void print_samples(const char *name, struct samples *samples) {
  static const double quantiles[] = {0.5, 0.9, 0.99, 0.999, 1};
  static const char *const names[] = {"p50", "p90", "p99", "p999", "max"};
  qsort(samples->values, samples->count, sizeof(double), by_value);
  printf(",\"%s\":{\"count\":%zu", name, samples->count);
  for (int index = 0; index < 5 && samples->count > 0; index++) {
    size_t at = (size_t)(quantiles[index] * (double)(samples->count - 1));
    printf(",\"%s\":%.1f", names[index], samples->values[at]);
  }
  printf("}");
}

static int open_connection(struct connection *connection) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
    close(descriptor);
    return -1;
  }
  connection->descriptor = descriptor;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  epoll_ctl(poll_descriptor, EPOLL_CTL_ADD, descriptor, &event);
  return 0;
}

static void begin(struct connection *connection, int64_t due_at) {
  connection->busy = 1;
  connection->head_done = connection->chunked = connection->bad = connection->saw_event = connection->stream = 0;
  connection->chunk_state = connection->done_seen = 0;
  connection->head_used = connection->line_used = connection->carry_used = 0;
  connection->body_left = 0;
  connection->due_at = due_at;
  const char *bytes = request;
  size_t length = request_length;
  while (length > 0) {
    ssize_t sent = send(connection->descriptor, bytes, length, MSG_NOSIGNAL);
    if (sent <= 0) {
      connection->bad = 1;
      return;
    }
    bytes += sent;
    length -= (size_t)sent;
  }
}

static void finish(struct connection *connection, int broken) {
  int64_t now = now_ns();
  connection->busy = 0;
  if (connection->stream && !connection->done_seen) broken = 1;
  if (connection->due_at >= measure_from) {
    if (broken || connection->bad) {
      errors++;
      if (connection->stream) incomplete++;
    } else {
      completed++;
      add(&latency, (double)(now - connection->due_at) / 1000);
    }
  }
}

/* Body bytes of a stream: the first event's time, every event's time under way, the terminal [DONE]. */
static void inspect(struct connection *connection, const char *bytes, size_t length) {
  if (!connection->stream) return;
  int64_t now = now_ns();
  char joined[PIECE + 64];
  memcpy(joined, connection->carry, connection->carry_used);
  memcpy(joined + connection->carry_used, bytes, length);
  size_t total = connection->carry_used + length, from = 0;
  if (memmem(joined, total, "[DONE]", 6) != NULL) connection->done_seen = 1;
  char *found;
  while ((found = memmem(joined + from, total - from, "t=", 2)) != NULL) {
    size_t at = (size_t)(found - joined);
    char *space = memchr(found, ' ', total - at);
    if (space == NULL) break;
    long long sent = strtoll(found + 2, NULL, 10);
    if (sent > 1000000000 && connection->due_at >= measure_from) {
      if (!connection->saw_event) add(&first_event, (double)(now - connection->due_at) / 1000);
      add(&under_way, (double)(now - sent) / 1000);
      connection->saw_event = 1;
    }
    from = at + 2;
  }
  size_t keep = total - from < 40 ? total - from : 40;
  connection->carry_used = keep;
  memmove(connection->carry, joined + total - keep, keep);
}

/* Consumes body bytes; 1 when the answer is complete. */
static int consume(struct connection *connection, const char *bytes, size_t length) {
  while (length > 0) {
    if (!connection->chunked) {
      inspect(connection, bytes, length);
      connection->body_left -= (long)length;
      return connection->body_left <= 0;
    }
    if (connection->chunk_state == 1) {
      size_t take = (long)length < connection->body_left ? length : (size_t)connection->body_left;
      inspect(connection, bytes, take);
      connection->body_left -= (long)take;
      bytes += take;
      length -= take;
      if (connection->body_left == 0) connection->chunk_state = 2;
      continue;
    }
    char byte = *bytes++;
    length--;
    if (byte != '\n') {
      if (connection->line_used < sizeof connection->line - 1) connection->line[connection->line_used++] = byte;
      continue;
    }
    connection->line[connection->line_used] = 0;
    if (connection->chunk_state == 2) connection->chunk_state = 0;
    else if (connection->chunk_state == 3) return 1;
    else {
      connection->body_left = strtol(connection->line, NULL, 16);
      connection->chunk_state = connection->body_left == 0 ? 3 : 1;
    }
    connection->line_used = 0;
  }
  return 0;
}

static int receive_head(struct connection *connection, const char **bytes, size_t *length) {
  while (*length > 0 && !connection->head_done) {
    if (connection->head_used == sizeof connection->head - 1) return -1;
    connection->head[connection->head_used++] = *(*bytes)++;
    (*length)--;
    size_t used = connection->head_used;
    if (used >= 4 && memcmp(connection->head + used - 4, "\r\n\r\n", 4) == 0) connection->head_done = 1;
  }
  if (!connection->head_done) return 0;
  connection->head[connection->head_used] = 0;
  if (strncmp(connection->head + 9, "200", 3) != 0) connection->bad = 1;
  for (char *line = connection->head; line != NULL && *line; line = strstr(line, "\r\n") ? strstr(line, "\r\n") + 2 : NULL) {
    if (strncasecmp(line, "content-length:", 15) == 0) connection->body_left = strtol(line + 15, NULL, 10);
    if (strncasecmp(line, "transfer-encoding:", 18) == 0) connection->chunked = 1;
    if (strncasecmp(line, "content-type: text/event-stream", 31) == 0) connection->stream = 1;
  }
  return 1;
}

static void receive(struct connection *connection) {
  static char piece[PIECE];
  ssize_t got = recv(connection->descriptor, piece, sizeof piece, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
  if (got <= 0) {
    if (connection->busy) finish(connection, 1);
    close(connection->descriptor);
    if (open_connection(connection) < 0) connection->busy = 1;
    return;
  }
  const char *bytes = piece;
  size_t length = (size_t)got;
  if (!connection->head_done) {
    int state = receive_head(connection, &bytes, &length);
    if (state < 0) connection->bad = 1;
    if (state <= 0) return;
    if (!connection->chunked && connection->body_left == 0) return finish(connection, 0);
  }
  if (consume(connection, bytes, length)) finish(connection, 0);
}

static void prepare_request(const char *path, const char *key, const char *body_file) {
  FILE *file = fopen(body_file, "rb");
  if (file == NULL) {
    perror(body_file);
    exit(1);
  }
  static char body[1 << 20];
  size_t length = fread(body, 1, sizeof body, file);
  fclose(file);
  request = malloc(length + 2048);
  request_length = (size_t)snprintf(request, 2048,
                                    "POST %s HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer %s\r\n"
                                    "content-type: application/json\r\naccept: application/json\r\n"
                                    "%s%scontent-length: %zu\r\n\r\n",
                                    path, key, getenv("BENCH_HEADER") ? getenv("BENCH_HEADER") : "",
                                    getenv("BENCH_HEADER") ? "\r\n" : "", length);
  memcpy(request + request_length, body, length);
  request_length += length;
}

int main(int count, char **arguments) {
  if (count != 8) {
    fprintf(stderr, "usage: load PORT PATH KEY BODY_FILE CONNECTIONS SECONDS RATE\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  port = atoi(arguments[1]);
  prepare_request(arguments[2], arguments[3], arguments[4]);
  connection_count = atoi(arguments[5]);
  double seconds = atof(arguments[6]), rate = atof(arguments[7]);
  poll_descriptor = epoll_create1(0);
  connections = calloc((size_t)connection_count, sizeof *connections);
  for (int index = 0; index < connection_count; index++) {
    if (open_connection(&connections[index]) < 0) {
      perror("connect");
      return 1;
    }
  }
  int64_t start = now_ns(), due = start;
  int64_t step = rate > 0 ? (int64_t)(1e9 / rate) : 0;
  measure_from = start;
  stop_at = start + (int64_t)(seconds * 1e9);
  int64_t give_up_at = stop_at + 120000000000LL;
  int next = 0;
  struct epoll_event events[512];
  for (;;) {
    int64_t now = now_ns();
    int busy = 0;
    if (step == 0) {
      for (int index = 0; index < connection_count; index++) {
        if (!connections[index].busy && now < stop_at) begin(&connections[index], now_ns());
        busy += connections[index].busy;
      }
    } else {
      while (due <= now && due < stop_at) {
        int tried = 0;
        while (tried < connection_count && connections[next].busy) {
          next = (next + 1) % connection_count;
          tried++;
        }
        if (tried == connection_count) break;
        begin(&connections[next], due);
        next = (next + 1) % connection_count;
        due += step;
      }
      for (int index = 0; index < connection_count; index++) busy += connections[index].busy;
    }
    if ((now >= stop_at && busy == 0) || now > give_up_at) break;
    int timeout = 1000;
    if (step > 0 && due < stop_at) timeout = due - now_ns() > 1000000 ? (int)((due - now_ns()) / 1000000) : 0;
    int ready = epoll_wait(poll_descriptor, events, 512, timeout);
    for (int index = 0; index < ready; index++) receive(events[index].data.ptr);
  }
  double took = (double)(now_ns() - start) / 1e9;
  printf("{\"requests\":%ld,\"errors\":%ld,\"incomplete\":%ld,\"seconds\":%.3f,\"requests_per_second\":%.1f", completed,
         errors, incomplete, took, (double)completed / took);
  print_samples("latency_us", &latency);
  print_samples("first_event_us", &first_event);
  print_samples("event_under_way_us", &under_way);
  printf("}\n");
  return 0;
}
