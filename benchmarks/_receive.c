/* Many light viewers in one thread: counts the RTP packets that arrive on many sockets and how long they took, without decrypting
 * them. What is not RTP (STUN, DTLS) goes into a pipe for Python.
 *
 * The publisher says when it sent each packet of the picture (`sent_at`, by its own numbering). Servers number anew, by a distance
 * that stays the same for each viewer; now and then the publisher sends a packet of a length that tells its number, and lengths
 * survive encryption.
 */

#define _GNU_SOURCE
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LARGEST = 2048, BATCH = 16, SLOTS = 20000, TELLING = 256 };

typedef struct {
    int32_t running, measuring, other_pipe;
    uint16_t window_from, window_length; /* which packets of the picture count as delivered, by the publisher's numbering */
    int32_t full_length;          /* of an ordinary packet of the picture before encryption */
    int32_t telling_length;       /* of a telling one: this and its number in `telling` */
    double sent_at[65536];
    uint16_t telling[TELLING];    /* the sequence numbers of the last telling packets */
    uint64_t delays[SLOTS];       /* how many took so many tenths of a millisecond */
} shared_t;

typedef struct {
    int32_t descriptor, video, longest, known;
    uint16_t distance;
    uint64_t received, octets, delivered, frames;
} viewer_t;

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

static void take(shared_t *shared, viewer_t *viewer, uint32_t number, const uint8_t *bytes, int length, double at) {
    if (length < 12 || bytes[0] < 128 || bytes[0] > 191) {
        uint8_t told[LARGEST + 8];
        uint32_t head[2] = {number, (uint32_t)length};
        memcpy(told, head, 8);
        memcpy(told + 8, bytes, length);
        if (write(shared->other_pipe, told, length + 8) < 0) return;
        return;
    }
    int kind = bytes[1] & 0x7f;
    if (kind >= 64 && kind <= 95) return;
    if (shared->measuring) {
        viewer->received++;
        viewer->octets += (uint64_t)length;
    }
    if (kind != viewer->video) return;
    if (shared->measuring && bytes[1] & 0x80) viewer->frames++;
    uint16_t sequence = (uint16_t)(bytes[2] << 8 | bytes[3]);
    if (length > viewer->longest) viewer->longest = length;
    int overhead = viewer->longest - shared->full_length;
    int which = length - overhead - shared->telling_length;
    if (which >= 0 && which < TELLING) {
        viewer->distance = (uint16_t)(sequence - shared->telling[which]);
        viewer->known = 1;
    }
    if (!viewer->known) return;
    uint16_t sent = (uint16_t)(sequence - viewer->distance);
    if ((uint16_t)(sent - shared->window_from) < shared->window_length) viewer->delivered++;
    if (!shared->measuring) return;
    double delay = at - shared->sent_at[sent];
    int slot = (int)(delay * 10000);
    shared->delays[slot < 0 ? 0 : slot >= SLOTS ? SLOTS - 1 : slot]++;
}

/* Until `running` is 0. The viewers are numbered by their place. */
int receive(shared_t *shared, viewer_t *viewers, int count) {
    static uint8_t buffers[BATCH][LARGEST];
    struct mmsghdr messages[BATCH];
    struct iovec pieces[BATCH];
    struct epoll_event events[64];
    int poll = epoll_create1(0);
    for (int number = 0; number < count; number++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)number};
        epoll_ctl(poll, EPOLL_CTL_ADD, viewers[number].descriptor, &event);
    }
    for (int number = 0; number < BATCH; number++) {
        pieces[number] = (struct iovec){buffers[number], LARGEST};
        memset(&messages[number], 0, sizeof messages[number]);
        messages[number].msg_hdr.msg_iov = &pieces[number];
        messages[number].msg_hdr.msg_iovlen = 1;
    }
    while (shared->running) {
        int ready = epoll_wait(poll, events, 64, 50);
        for (int each = 0; each < ready; each++) {
            uint32_t number = events[each].data.u32;
            int got = recvmmsg(viewers[number].descriptor, messages, BATCH, MSG_DONTWAIT, 0);
            double at = now();
            for (int one = 0; one < got; one++)
                take(shared, &viewers[number], number, buffers[one], (int)messages[one].msg_len, at);
        }
    }
    close(poll);
    return 0;
}
