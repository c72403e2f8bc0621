/* The practical lower limit: one room of dots behind one thread, epoll and plain C.

   It does what the benchmark asks of every server and nothing more: a real WebSocket handshake, one masked binary
   frame per action, x and y of the player moved, and 20 times a second ONE frame with everybody's state, given to
   each connection with one send(). No pings, no limits, no other messages; a peer that sends anything else is closed.

     floor [-p MS] [-t HZ] PORT      PORT 0: any free one, printed     -t: ticks a second, 20 unless given
                                     -p: look at the sockets only every MS milliseconds

   Without -p it is level-triggered and wakes at every arrival. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 4096,
    INBOX_BYTES = 1024, /* a handshake or a few actions; what does not fit closes the connection */
    EVENTS_MAX = 512,
    BACKLOG = 1024,
    STEP_MAX = 1000,
    WORLD = 40000,      /* positions start in the middle and take 3 bytes on the wire */
    SEQ_FIRST = 100000, /* so that a seq takes 5 bytes from the first action to the last */
};
static const int64_t SECOND_NS = 1000000000;

/* ---- handshake: SHA-1 and base64 of the key and RFC 6455's constant ---- */

static uint32_t rotate(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

static void sha1_block(uint32_t state[5], const uint8_t block[64]) {
    uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
               block[4 * i + 3];
    for (int i = 16; i < 80; i++) w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (int i = 0; i < 80; i++) {
        uint32_t f, k;
        if (i < 20) f = (b & c) | (~b & d), k = 0x5a827999;
        else if (i < 40) f = b ^ c ^ d, k = 0x6ed9eba1;
        else if (i < 60) f = (b & c) | (b & d) | (c & d), k = 0x8f1bbcdc;
        else f = b ^ c ^ d, k = 0xca62c1d6;
        uint32_t next = rotate(a, 5) + f + e + k + w[i];
        e = d, d = c, c = rotate(b, 30), b = a, a = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

/* For texts of 60 bytes, the only length a handshake has: 24 of key and 36 of constant make exactly two blocks. */
static void sha1_of_60(const uint8_t text[60], uint8_t digest[20]) {
    uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint8_t blocks[128] = {0};
    memcpy(blocks, text, 60);
    blocks[60] = 0x80;
    blocks[126] = 60 * 8 >> 8;
    blocks[127] = (60 * 8) & 0xff;
    sha1_block(state, blocks);
    sha1_block(state, blocks + 64);
    for (int i = 0; i < 20; i++) digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

static void base64_of_20(const uint8_t digest[20], char text[29]) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t padded[21] = {0};
    memcpy(padded, digest, 20);
    for (int i = 0; i < 7; i++) {
        uint32_t three = (uint32_t)padded[3 * i] << 16 | (uint32_t)padded[3 * i + 1] << 8 | padded[3 * i + 2];
        for (int j = 0; j < 4; j++) text[4 * i + j] = letters[three >> (18 - 6 * j) & 63];
    }
    memcpy(text + 27, "=", 2);
}

/* ---- msgpack: what an action and a state need ---- */

struct bytes {
    const uint8_t *at, *end;
};

static int take_uint(struct bytes *in, int size, uint64_t *value) {
    if (in->end - in->at < size) return -1;
    for (*value = 0; size > 0; size--) *value = *value << 8 | *in->at++;
    return 0;
}

static int take_int(struct bytes *in, int64_t *value) {
    if (in->at == in->end) return -1;
    uint8_t tag = *in->at++;
    uint64_t raw;
    if (tag < 0x80 || tag >= 0xe0) return *value = (int8_t)tag, 0;
    if ((tag < 0xcc) || (tag > 0xd3)) return -1;
    if (take_uint(in, 1 << (tag & 3), &raw) < 0) return -1;
    if (tag <= 0xcf) *value = (int64_t)raw;
    else if (tag == 0xd0) *value = (int8_t)raw;
    else if (tag == 0xd1) *value = (int16_t)raw;
    else if (tag == 0xd2) *value = (int32_t)raw;
    else *value = (int64_t)raw;
    return 0;
}

static int take_literal(struct bytes *in, const char *literal, size_t size) {
    if ((size_t)(in->end - in->at) < size || memcmp(in->at, literal, size)) return -1;
    in->at += size;
    return 0;
}

static uint8_t *put_int(uint8_t *out, uint32_t value) {
    if (value < 0x80) return *out++ = (uint8_t)value, out;
    int size = value < 0x100 ? 1 : value < 0x10000 ? 2 : 4;
    *out++ = size == 1 ? 0xcc : size == 2 ? 0xcd : 0xce;
    while (size-- > 0) *out++ = (uint8_t)(value >> (8 * size));
    return out;
}

static uint8_t *put_array(uint8_t *out, size_t count) {
    if (count < 16) return *out++ = (uint8_t)(0x90 | count), out;
    *out++ = 0xdc;
    *out++ = (uint8_t)(count >> 8);
    *out++ = (uint8_t)count;
    return out;
}

/* ---- players ---- */

struct player {
    int fd, place; /* place: where it stands in `players` */
    int upgraded;
    uint32_t columns[4]; /* id, x, y, seq */
    size_t inbox_bytes, rest_bytes;
    uint8_t *rest; /* end of a frame that the kernel took in part; its player gets no other before it is gone */
    uint8_t inbox[INBOX_BYTES];
};

static struct player *players[CONNECTIONS_MAX];
static int player_count;
static uint32_t last_id;
static int poller;
static uint8_t frame[4 * 5 * CONNECTIONS_MAX + 64];

static void leave(struct player *player) {
    close(player->fd);
    players[player->place] = players[--player_count];
    players[player->place]->place = player->place;
    free(player->rest);
    free(player);
}

static void add(int fd) {
    struct player *player = player_count < CONNECTIONS_MAX ? calloc(1, sizeof *player) : NULL;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = player};
    if (!player || epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0) {
        close(fd);
        free(player);
        return;
    }
    int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    player->fd = fd;
    player->place = player_count;
    player->columns[0] = ++last_id;
    player->columns[1] = player->columns[2] = WORLD / 2;
    player->columns[3] = SEQ_FIRST;
    players[player_count++] = player;
}

/* ---- receive ---- */

static uint32_t moved(uint32_t from, int64_t step) {
    int64_t to = (int64_t)from + (step < -STEP_MAX ? -STEP_MAX : step > STEP_MAX ? STEP_MAX : step);
    return (uint32_t)(to < 0 ? 0 : to > WORLD ? WORLD : to);
}

/* [4, seq, ["move", dx, dy]] */
static int act(struct player *player, struct bytes message) {
    int64_t seq, dx, dy;
    if (take_literal(&message, "\x93\x04", 2) < 0 || take_int(&message, &seq) < 0) return -1;
    if (take_literal(&message, "\x93\xa4move", 6) < 0) return -1;
    if (take_int(&message, &dx) < 0 || take_int(&message, &dy) < 0 || message.at != message.end) return -1;
    player->columns[1] = moved(player->columns[1], dx);
    player->columns[2] = moved(player->columns[2], dy);
    player->columns[3]++;
    return 0;
}

/* Returns the bytes used, 0 if the frame is not all here yet, -1 for anything but a small masked binary frame. */
static int frame_in(struct player *player, uint8_t *at, size_t size) {
    if (size < 2) return 0;
    size_t length = at[1] & 0x7f;
    if (at[0] != 0x82 || !(at[1] & 0x80) || length > 125) return -1;
    if (size < 6 + length) return 0;
    uint8_t *payload = at + 6;
    for (size_t i = 0; i < length; i++) payload[i] ^= at[2 + (i & 3)];
    if (act(player, (struct bytes){payload, payload + length}) < 0) return -1;
    return (int)(6 + length);
}

/* Returns as `frame_in` does. */
static int upgrade(struct player *player) {
    static const char name[] = "\r\nSec-WebSocket-Key:", constant[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char *text = (char *)player->inbox;
    text[player->inbox_bytes] = 0;
    char *end = strstr(text, "\r\n\r\n");
    if (!end) return 0;
    char *key = text;
    while (key < end && strncasecmp(key, name, sizeof name - 1)) key++;
    if (key >= end || strncmp(text, "GET ", 4)) return -1;
    key += sizeof name - 1;
    key += strspn(key, " ");
    if (strcspn(key, " \r") != 24) return -1;
    uint8_t digest[20], joined[60];
    char accepted[29], reply[160];
    memcpy(joined, key, 24);
    memcpy(joined + 24, constant, 36);
    sha1_of_60(joined, digest);
    base64_of_20(digest, accepted);
    int size = snprintf(reply, sizeof reply,
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Accept: %s\r\n\r\n",
                        accepted);
    if (send(player->fd, reply, (size_t)size, MSG_NOSIGNAL) != size) return -1;
    player->upgraded = 1;
    return (int)(end + 4 - text);
}

static void receive(struct player *player) {
    size_t room = INBOX_BYTES - 1 - player->inbox_bytes; /* one byte stays for the end of the text */
    ssize_t got = recv(player->fd, player->inbox + player->inbox_bytes, room, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        leave(player); /* also when the inbox was full: recv of 0 bytes gives 0 */
        return;
    }
    player->inbox_bytes += (size_t)got;
    size_t used = 0;
    for (int step = 1; step > 0; used += (size_t)step) {
        if (!player->upgraded) step = upgrade(player);
        else step = frame_in(player, player->inbox + used, player->inbox_bytes - used);
        if (step < 0) {
            leave(player);
            return;
        }
    }
    player->inbox_bytes -= used;
    if (player->inbox_bytes) memmove(player->inbox, player->inbox + used, player->inbox_bytes);
}

/* ---- deliver ---- */

static size_t build_frame(uint32_t tick) {
    static uint8_t body[sizeof frame];
    uint8_t *out = body;
    memcpy(out, "\x97\x14\x00\x90", 4); /* [20, ack 0, nothing refused, */
    out = put_int(put_int(out + 4, tick), tick - 1);
    memcpy(out, "\x91\x95\x90", 3); /* [[nothing removed, ids, xs, ys, seqs]], */
    out += 3;
    for (int column = 0; column < 4; column++) {
        out = put_array(out, (size_t)player_count);
        for (int i = 0; i < player_count; i++) out = put_int(out, players[i]->columns[column]);
    }
    *out++ = 0xc0; /* no digest] */
    size_t size = (size_t)(out - body), head = 2;
    frame[0] = 0x82;
    if (size < 126) {
        frame[1] = (uint8_t)size;
    } else {
        int wide = size >= 0x10000;
        frame[1] = wide ? 127 : 126;
        head = wide ? 10 : 4;
        for (size_t i = 2; i < head; i++) frame[i] = (uint8_t)((uint64_t)size >> (8 * (head - 1 - i)));
    }
    memcpy(frame + head, body, size);
    return head + size;
}

/* Returns 0 if all went out, 1 if not, -1 if the connection is gone; what did not go out is left in player->rest. */
static int send_some(struct player *player, const uint8_t *at, size_t size) {
    ssize_t sent = send(player->fd, at, size, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return -1;
    if (sent < 0) sent = 0;
    if ((size_t)sent == size) return 0;
    if (!sent && at == frame) return 1; /* nothing began: skip this one */
    uint8_t *rest = malloc(size - (size_t)sent);
    if (!rest) return -1;
    memcpy(rest, at + sent, size - (size_t)sent);
    free(player->rest);
    player->rest = rest;
    player->rest_bytes = size - (size_t)sent;
    return 1;
}

static void deliver(uint32_t tick) {
    size_t size = build_frame(tick);
    for (int i = player_count - 1; i >= 0; i--) { /* backwards: `leave` fills the gap with the last one */
        struct player *player = players[i];
        if (!player->upgraded) continue;
        int left = 0;
        if (player->rest && !(left = send_some(player, player->rest, player->rest_bytes))) {
            free(player->rest);
            player->rest = NULL;
        }
        if (!left) left = send_some(player, frame, size);
        if (left < 0) leave(player);
    }
}

/* ---- main ---- */

static int listen_on(int port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, BACKLOG) < 0) return -1;
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("listening on ws://127.0.0.1:%d/\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static struct timespec at_ns(int64_t ns) {
    return (struct timespec){.tv_sec = ns / SECOND_NS, .tv_nsec = ns % SECOND_NS};
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND_NS + now.tv_nsec;
}

static int tick_timer(int64_t first_ns, int hz) {
    struct itimerspec beat = {.it_value = at_ns(first_ns), .it_interval = at_ns(SECOND_NS / hz)};
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (timer >= 0 && timerfd_settime(timer, TFD_TIMER_ABSTIME, &beat, NULL) < 0) return -1;
    return timer;
}

static void run(int listener, int timer, int64_t begin_ns, int64_t poll_ns) {
    struct epoll_event events[EVENTS_MAX];
    uint32_t tick = 0;
    for (;;) {
        if (poll_ns) {
            struct timespec next = at_ns(begin_ns + ((now_ns() - begin_ns) / poll_ns + 1) * poll_ns);
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
        }
        int count = epoll_wait(poller, events, EVENTS_MAX, poll_ns ? 0 : -1);
        uint64_t expired = 0;
        int fd;
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == players)
                while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) add(fd);
            else if (events[i].data.ptr == frame) (void)!read(timer, &expired, sizeof expired);
            else receive(events[i].data.ptr);
        }
        if (expired) deliver(++tick);
    }
}

int main(int argc, char **argv) {
    int hz = 20, poll_ms = 0, option;
    while ((option = getopt(argc, argv, "p:t:")) != -1) {
        if (option == 'p') poll_ms = atoi(optarg);
        if (option == 't') hz = atoi(optarg);
    }
    if (optind != argc - 1 || hz < 1 || poll_ms < 0) {
        fprintf(stderr, "usage: floor [-p MS] [-t HZ] PORT\n");
        return 2;
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int64_t begin_ns = now_ns();
    int timer = tick_timer(begin_ns + SECOND_NS / hz, hz);
    poller = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on(atoi(argv[optind]));
    /* `players` and `frame` stand for the listener and the timer: no player has their addresses */
    struct epoll_event arrivals = {.events = EPOLLIN, .data.ptr = players};
    struct epoll_event ticks = {.events = EPOLLIN, .data.ptr = frame};
    if (timer < 0 || listener < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &arrivals) < 0 ||
        epoll_ctl(poller, EPOLL_CTL_ADD, timer, &ticks) < 0) {
        perror("floor");
        return 1;
    }
    run(listener, timer, begin_ns, (int64_t)poll_ms * 1000000);
}
