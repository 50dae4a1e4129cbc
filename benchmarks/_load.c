/* Holds thousands of WebSockets from one core, and measures what arrives. Built and driven by live.py, which says on standard
 * input what to do and reads one line of answer for each order:
 *
 *   open N CONCURRENT      connect up to N sockets in all, so many at once; each sends what its line of the file says
 *   reset BASE             forget what was measured; message 0 will be update BASE + 1 of its stream
 *   wait M SECONDS         until every socket has messages 0 to M - 1, or the time is over: what arrived and how late
 *   rejoin SECONDS         until every socket that the server closed is back
 *   quit
 *
 * Usage: load PORT FILE REJOIN READY
 *   FILE     a line for each socket: path TAB cookie TAB first message (may be empty: then the handshake is all)
 *   REJOIN   printf format of what is sent after coming back; %ld is the number of the last update
 *   READY    text by which the answer to the first message is known; empty: the handshake is all
 *
 * A message is known by its mark, "@@number nanoseconds@@" (CLOCK_MONOTONIC), wherever it stands in a frame. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 4096 }; /* messages of one scenario */
enum { OFF, CONNECTING, SHAKING, JOINING, IN, AWAY };

typedef struct {
    int fd, state, refused;
    long last;           /* the highest number of a message, -1 before the first */
    unsigned char had[MOST / 8];
    long count;          /* of different ones */
    double began, again; /* when connecting began; when to connect again */
    double wait;         /* what `leaving` said, below 0 if nothing */
    char *held;          /* an unfinished frame */
    size_t size, room;
    char *aside;         /* what came before the answer to coming back */
    size_t aside_size;
    const char *path, *cookie, *first;
} Socket;

static Socket *sockets;
static int all, wanted, concurrent, busy, in, poller, port, returning, failed, away;
static const char *rejoin_text, *ready_text;
static float *late, *joins;
static size_t lates, late_room, join_count;
static long base, delivered, lost, doubled, frames, closed;
static char *buffer;
static const size_t BUFFER = 1 << 20;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void watch(Socket *s, uint32_t events, int how) {
    struct epoll_event event = {.events = events, .data.ptr = s};
    epoll_ctl(poller, how, s->fd, &event);
}

static void send_frame(Socket *s, int opcode, const char *text, size_t size) {
    unsigned char head[14] = {0x80 | opcode};
    size_t h;
    if (size < 126) { head[1] = 0x80 | size; h = 2; }
    else { head[1] = 0x80 | 126; head[2] = size >> 8; head[3] = size & 255; h = 4; }
    h += 4; /* a mask of noughts leaves the text as it is */
    char out[8192];
    if (h + size > sizeof out) return;
    memcpy(out, head, h);
    memcpy(out + h, text, size);
    if (send(s->fd, out, h + size, MSG_NOSIGNAL) != (ssize_t)(h + size)) failed++;
}

static void dial(Socket *s) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int one = 1;
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    s->state = CONNECTING;
    if (!s->again) s->began = now();
    s->size = 0;
    busy++;
    connect(s->fd, (struct sockaddr *)&address, sizeof address);
    watch(s, EPOLLOUT | EPOLLIN, EPOLL_CTL_ADD);
}

/* The line is gone: come back when the server said, or somewhere within its 15 seconds. */
static void drop(Socket *s) {
    if (s->state == CONNECTING || s->state == SHAKING || s->state == JOINING) busy--;
    if (s->state == IN) { in--; closed++; }
    if (s->state == OFF || s->state == AWAY) return;
    int was_in = s->state == IN || s->again;
    close(s->fd);
    s->fd = -1;
    if (!was_in) failed++;
    double t = now();
    if (s->state == IN) { s->began = t; s->again = t + (s->wait >= 0 ? s->wait : 15.0 * rand() / RAND_MAX); }
    else { s->again = t + 0.5 + 1.5 * rand() / RAND_MAX; s->refused++; }
    s->state = AWAY;
    away++;
}

static void joined(Socket *s) {
    busy--;
    in++;
    s->state = IN;
    joins[join_count++ % all] = (now() - s->began) * 1000;
    s->again = 0;
    s->wait = -1;
}

static void seen(Socket *s, const char *mark, const char *end, double at) {
    char *after;
    long number = strtol(mark + 2, &after, 10);
    long long sent = strtoll(after, &after, 10);
    if (after >= end) return;
    if (number < 0 || number >= MOST) return;
    if (s->had[number / 8] & 1 << number % 8) { doubled++; return; }
    s->had[number / 8] |= 1 << number % 8;
    s->count++;
    if (number > s->last) s->last = number;
    delivered++;
    if (lates == late_room) late = realloc(late, (late_room = late_room ? 2 * late_room : 1 << 20) * sizeof *late);
    late[lates++] = (at - sent / 1e9) * 1000;
}

static void marks(Socket *s, const char *text, const char *end, double at, int only_newer) {
    for (const char *mark = text; mark && (mark = memmem(mark, end - mark, "@@", 2));) {
        if (!only_newer || strtol(mark + 2, NULL, 10) > s->last) seen(s, mark, end, at);
        const char *close_mark = memmem(mark + 2, end - mark - 2, "@@", 2);
        mark = close_mark ? close_mark + 2 : NULL;
    }
}

/* A whole frame. Returns 0 when the line is over. */
static int take(Socket *s, int opcode, const char *text, size_t size, double at) {
    const char *end = text + size;
    if (opcode == 9) send_frame(s, 10, text, size);
    if (opcode == 8) return 0;
    if (opcode != 1) return 1;
    frames++;
    if (s->state == JOINING) {
        if (!memmem(text, size, ready_text, strlen(ready_text))) {
            /* As a browser does: the answer comes first, then of these what is newer. */
            s->aside = realloc(s->aside, s->aside_size + size);
            memcpy(s->aside + s->aside_size, text, size);
            s->aside_size += size;
            return 1;
        }
        joined(s);
        marks(s, text, end, at, 0);
        marks(s, s->aside, s->aside + s->aside_size, at, 1);
        free(s->aside);
        s->aside = NULL;
        s->aside_size = 0;
        return 1;
    }
    const char *told = memmem(text, size, "\"leaving\"", 9);
    if (told && (told = memmem(told, end - told, "\"wait\":", 7))) s->wait = atof(told + 7);
    marks(s, text, end, at, 0);
    return 1;
}

static size_t parse(Socket *s, const char *data, size_t size, double at, int *alive) {
    size_t used = 0;
    while (*alive && size - used >= 2) {
        const unsigned char *p = (const unsigned char *)data + used;
        size_t length = p[1] & 127, head = 2;
        if (length == 126) { if (size - used < 4) break; length = p[2] << 8 | p[3]; head = 4; }
        else if (length == 127) {
            if (size - used < 10) break;
            length = 0;
            for (int i = 2; i < 10; i++) length = length << 8 | p[i];
            head = 10;
        }
        if (size - used < head + length) break;
        *alive = take(s, p[0] & 15, data + used + head, length, at);
        used += head + length;
    }
    return used;
}

static void readable(Socket *s) {
    memcpy(buffer, s->held, s->size);
    ssize_t got = recv(s->fd, buffer + s->size, BUFFER - s->size, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) { drop(s); return; }
    size_t size = s->size + got, used = 0;
    double at = now();
    if (s->state == SHAKING) {
        char *end = memmem(buffer, size, "\r\n\r\n", 4);
        if (end) {
            if (memcmp(buffer + 9, "101", 3)) { drop(s); return; }
            used = end + 4 - buffer;
            s->state = JOINING;
            if (returning && s->last >= -1 && *rejoin_text) {
                char text[512];
                int length = snprintf(text, sizeof text, rejoin_text, base + s->last + 1);
                send_frame(s, 1, text, length);
            } else if (*s->first) send_frame(s, 1, s->first, strlen(s->first));
            if (!*ready_text) joined(s);
        }
    }
    int alive = 1;
    if (s->state >= JOINING) used += parse(s, buffer + used, size - used, at, &alive);
    if (!alive) { drop(s); return; }
    s->size = size - used;
    if (s->size > s->room) s->held = realloc(s->held, s->room = s->size);
    memcpy(s->held, buffer + used, s->size);
}

static void event(Socket *s, uint32_t events) {
    if (s->state == CONNECTING && events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
        int error = 0;
        socklen_t length = sizeof error;
        getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &length);
        if (error) { drop(s); return; }
        s->state = SHAKING;
        watch(s, EPOLLIN, EPOLL_CTL_MOD);
        char text[4096];
        int size = snprintf(text, sizeof text,
            "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nCookie: %s\r\n\r\n",
            s->path, port, port, s->cookie);
        if (send(s->fd, text, size, MSG_NOSIGNAL) != size) drop(s);
    } else if (events & (EPOLLIN | EPOLLERR | EPOLLHUP) && s->state >= SHAKING && s->state <= IN) readable(s);
}

static int dialled;

static void turn(int milliseconds) {
    struct epoll_event events[512];
    while (busy < concurrent && dialled < wanted) dial(&sockets[dialled++]);
    if (away) {
        double t = now();
        for (int i = 0; i < dialled; i++)
            if (sockets[i].state == AWAY && sockets[i].again <= t && busy < 2000) { away--; dial(&sockets[i]); }
    }
    int count = epoll_wait(poller, events, 512, milliseconds);
    for (int i = 0; i < count; i++) event(events[i].data.ptr, events[i].events);
}

static int by_size(const void *one, const void *other) {
    float a = *(const float *)one, b = *(const float *)other;
    return (a > b) - (a < b);
}

static float part(const float *sorted, size_t count, double share) {
    return count ? sorted[(size_t)(share * (count - 1))] : 0;
}

static void print_joins(const char *what, double began) {
    size_t count = join_count < (size_t)all ? join_count : (size_t)all;
    qsort(joins, count, sizeof *joins, by_size);
    printf("%s in=%d failed=%d seconds=%.2f p50=%.0f p95=%.0f p99=%.0f closed=%ld\n", what, in, failed, now() - began,
           part(joins, count, .5), part(joins, count, .95), part(joins, count, .99), closed);
    fflush(stdout);
}

static void obey(char *line) {
    double began = now(), most;
    long messages;
    if (sscanf(line, "open %d %d", &wanted, &concurrent) == 2) {
        if (wanted > all) wanted = all;
        join_count = failed = 0;
        returning = 0;
        while (in < wanted && now() - began < 180) turn(20);
        returning = 1;
        print_joins("opened", began);
    } else if (sscanf(line, "reset %ld", &base) == 1) {
        lates = delivered = lost = doubled = frames = closed = failed = 0;
        for (int i = 0; i < all; i++) {
            sockets[i].last = -1;
            sockets[i].count = 0;
            memset(sockets[i].had, 0, sizeof sockets[i].had);
        }
        puts("reset");
    } else if (sscanf(line, "wait %ld %lf", &messages, &most) == 2) {
        int left = 1;
        while (left && now() - began < most) {
            turn(20);
            left = 0;
            for (int i = 0; i < dialled && !left; i++) left = sockets[i].count < messages;
        }
        double until = now() + .3; /* whatever comes twice */
        while (now() < until) turn(20);
        for (int i = 0; i < dialled; i++) lost += messages - sockets[i].count;
        qsort(late, lates, sizeof *late, by_size);
        printf("arrived delivered=%ld lost=%ld doubled=%ld frames=%ld p50=%.1f p95=%.1f p99=%.1f max=%.1f closed=%ld\n", delivered,
               lost, doubled, frames, part(late, lates, .5), part(late, lates, .95), part(late, lates, .99), part(late, lates, 1), closed);
    } else if (sscanf(line, "rejoin %lf", &most) == 1) {
        join_count = 0;
        while (closed < dialled && now() - began < most) turn(5);
        while (in < dialled && now() - began < most) turn(5);
        print_joins("rejoined", began);
    } else if (!strncmp(line, "quit", 4)) exit(0);
    else puts("what?");
    fflush(stdout);
}

int main(int count, char **words) {
    if (count != 5) return 2;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    port = atoi(words[1]);
    rejoin_text = words[3];
    ready_text = words[4];
    FILE *file = fopen(words[2], "r");
    if (!file) return 3;
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, file) > 0) {
        sockets = realloc(sockets, (all + 1) * sizeof *sockets);
        char *rest = strdup(line);
        rest[strcspn(rest, "\n")] = 0;
        sockets[all] = (Socket){.fd = -1, .last = -1, .wait = -1};
        sockets[all].path = strsep(&rest, "\t");
        sockets[all].cookie = strsep(&rest, "\t");
        sockets[all].first = rest ? rest : "";
        all++;
    }
    joins = calloc(all + 1, sizeof *joins);
    buffer = malloc(BUFFER);
    poller = epoll_create1(0);
    fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
    char order[256];
    size_t size = 0;
    for (;;) {
        ssize_t got = read(0, order + size, sizeof order - 1 - size);
        if (got == 0) return 0;
        if (got > 0) {
            size += got;
            order[size] = 0;
            char *end;
            while ((end = strchr(order, '\n'))) {
                *end = 0;
                obey(order);
                size -= end + 1 - order;
                memmove(order, end + 1, size + 1);
            }
        }
        turn(20);
    }
}
