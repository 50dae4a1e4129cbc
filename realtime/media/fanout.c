/* One packet to many viewers: per viewer twelve bytes of header, SRTP in place, one datagram.
 *
 * Compiled where there is a C compiler (`python -m realtime.media.fanout`); without it `fanout.PythonLegs` does the same.
 * fanout.py reads the structs and functions below from this file. `protect` is libsrtp's srtp_protect, the one that pylibsrtp carries.
 */

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

typedef struct {
    uintptr_t srtp;
    uint64_t source;
    int64_t first;
    double last_sent_at;
    uint32_t offset, timestamp_offset, ssrc, last_timestamp, packets, octets, unsent;
    int32_t descriptor, address_length, profile;
    uint16_t picture_offset;
    uint8_t payload_type, tl0_offset;
    uint8_t address[28];
} leg_t;

typedef struct {
    uint64_t source;
    int64_t extended;
    double now;
    uint32_t timestamp, payload_length;
    uint8_t marker, padding, picture_at, tl0_at;
} packet_t;

typedef struct {
    const uint8_t *bytes;
    int32_t length;
    uint8_t first_byte;
} body_t;

enum { LARGEST = 1500, TRAILER = 512 };

static int (*protect)(void *, void *, int *);

void fan_out_with(uintptr_t function) { protect = (int (*)(void *, void *, int *))function; }

/* Writes the numbers of legs that are not in step with this source, or have no socket of their own, to `behind`; returns how
 * many there are. */
int fan_out(leg_t **legs, int count, const packet_t *packet, const body_t *bodies, int32_t *behind) {
    uint8_t buffer[LARGEST + TRAILER];
    int late = 0;
    for (int number = 0; number < count; number++) {
        leg_t *leg = legs[number];
        if (leg->source != packet->source || leg->descriptor < 0 || leg->srtp == 0) {
            behind[late++] = number;
            continue;
        }
        if (packet->extended < leg->first) continue;
        const body_t *body = &bodies[leg->profile];
        int length = 12 + body->length;
        uint32_t timestamp = packet->timestamp + leg->timestamp_offset;
        uint16_t sequence = htons((uint16_t)(packet->extended + leg->offset));
        uint32_t words[2] = {htonl(timestamp), htonl(leg->ssrc)};
        leg->last_timestamp = timestamp;
        leg->last_sent_at = packet->now;
        leg->packets++;
        leg->octets += packet->payload_length;
        if (length > LARGEST) {
            leg->unsent++;
            continue;
        }
        buffer[0] = body->first_byte | packet->padding;
        buffer[1] = packet->marker | leg->payload_type;
        memcpy(buffer + 2, &sequence, 2);
        memcpy(buffer + 4, words, 8);
        memcpy(buffer + 12, body->bytes, body->length);
        if (packet->picture_at) { /* VP8 numbers its pictures too */
            uint8_t *payload = buffer + length - packet->payload_length, *at = payload + packet->picture_at;
            unsigned picture = (((unsigned)at[0] << 8 | at[1]) + leg->picture_offset) & 0x7fff;
            at[0] = (uint8_t)(0x80 | picture >> 8);
            at[1] = (uint8_t)picture;
            if (packet->tl0_at) payload[packet->tl0_at] += leg->tl0_offset;
        }
        /* What cannot go out now is dropped, as on any line. */
        if (protect((void *)leg->srtp, buffer, &length) != 0 ||
            sendto(leg->descriptor, buffer, length, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)leg->address,
                   leg->address_length) < 0)
            leg->unsent++;
    }
    return late;
}
