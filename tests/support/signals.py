#!/usr/bin/python3
"""Trust-anchor signals (RFC 8145) as servers have them, by a writer of its own.

usage: signals.py year DIR [SOURCES]   a year at three servers, and its truth
       signals.py check DIR SHOWN      what `show` printed, against that truth;
                              what `show --json` did, from a file *.json
       signals.py samples DIR          one small file of each kind
       signals.py hostile DIR          files that are wrong, each in one way
       signals.py figures FILE FIRST DAYS SOURCES ADAY OLD OLDADAY
                              a summary with these figures: from the day FIRST
                              on, so many sources in all and a day, and so
                              many of them with the old key only
       signals.py queries FILE N       a pcap of N queries, one in 50 a signal

Nothing here knows the program: formats are written from their documents.
"""
import gzip
import ipaddress
import json
import random
import struct
import sys

OLD, NEW, OTHER = 19036, 20326, 1234
FIRST_DAY = 17410  # 2017-09-01
DAYS = 365
DAY = 86400
NULL, DNSKEY, A, TXT = 10, 48, 1, 16


# --- DNS messages

def wire_name(name):
    labels = [label for label in name.encode().split(b'.') if label]
    return b''.join(bytes([len(one)]) + one for one in labels) + b'\0'


def query(name, qtype, option=None, flags=0):
    """A query with EDNS, and option 14 where there are tags."""
    data = b''
    if option is not None:
        tags = b''.join(struct.pack('>H', tag) for tag in option)
        data = struct.pack('>HH', 14, len(tags)) + tags
    return (struct.pack('>HHHHHH', 4711, flags, 1, 0, 0, 1) + wire_name(name) +
            struct.pack('>HH', qtype, 1) + b'\0' +
            struct.pack('>HHIH', 41, 1232, 0x8000, len(data)) + data)


def signal_name(tags):
    return '_ta-' + '-'.join('%04x' % tag for tag in sorted(tags)) + '.'


class Event:
    """A query as it came: by 'udp' or 'tcp', a signal by name or option."""

    def __init__(self, time, address, transport, name, qtype, option=None,
                 flags=0):
        self.time, self.address, self.transport = time, address, transport
        self.name, self.qtype, self.option = name, qtype, option
        self.flags = flags
        self.kind = 1  # of dnstap: AUTH_QUERY

    def wire(self):
        return query(self.name, self.qtype, self.option, self.flags)


def signal(rng, day, address, tags):
    """However a validator may say it."""
    when = (FIRST_DAY + day) * DAY + rng.randrange(DAY)
    transport = 'tcp' if rng.random() < 0.1 else 'udp'
    if rng.random() < 0.2:
        return Event(when, address, transport, '.', DNSKEY, tags)
    qtype = A if rng.random() < 0.2 else NULL  # minimised
    return Event(when, address, transport, signal_name(tags), qtype)


# --- packets

def ip_packet(source, protocol, payload):
    address = ipaddress.ip_address(source)
    if address.version == 4:
        return struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(payload), 0, 0, 64,
                           protocol, 0) + address.packed + \
            bytes([198, 41, 0, 4]) + payload
    return struct.pack('>IHBB', 6 << 28, len(payload), protocol, 64) + \
        address.packed + ipaddress.ip_address('2001:503:ba3e::2:30').packed + \
        payload


def frame(packet, vlan=False):
    kind = b'\x08\x00' if packet[0] >> 4 == 4 else b'\x86\xdd'
    tag = b'\x81\x00\x00\x07' if vlan else b''
    return b'\0' * 12 + tag + kind + packet


def with_headers(packet):
    """The packet with an option of IPv4; with two extension headers of IPv6."""
    if packet[0] >> 4 == 4:
        total = struct.unpack('>H', packet[2:4])[0] + 4
        return b'\x46\0' + struct.pack('>H', total) + packet[4:20] + \
            b'\1\1\1\0' + packet[20:]
    length = struct.unpack('>H', packet[4:6])[0] + 24
    return packet[:4] + struct.pack('>HB', length, 0) + packet[7:40] + \
        b'\x3c\0\1\4\0\0\0\0' + packet[6:7] + b'\1\1\x0c' + b'\0' * 12 + \
        packet[40:]


def udp(event):
    message = event.wire()
    return [frame(ip_packet(event.address, 17, struct.pack(
        '>HHHH', 40000, 53, 8 + len(message), 0) + message))]


def segment(event, port, sequence, flags, data):
    return frame(ip_packet(event.address, 6, struct.pack(
        '>HHIIBBHHH', port, 53, sequence, 1, 0x50, flags, 65535, 0, 0) + data))


def tcp(rng, event):
    """A connection whose query comes in one to three segments."""
    message = event.wire()
    data = struct.pack('>H', len(message)) + message
    port, sequence = rng.randrange(1024, 65536), rng.randrange(1 << 32)
    cuts = sorted(rng.sample(range(1, len(data)), rng.randrange(3)))
    packets = [segment(event, port, sequence, 2, b'')]
    sequence = (sequence + 1) % (1 << 32)
    for begin, end in zip([0] + cuts, cuts + [len(data)]):
        part = data[begin:end]
        packets.append(segment(event, port, sequence, 0x18, part))
        if rng.random() < 0.1:  # sent again
            packets.append(packets[-1])
        sequence = (sequence + len(part)) % (1 << 32)
    packets.append(segment(event, port, sequence, 0x11, b''))
    return packets


def packets_of(rng, events):
    for event in events:
        for packet in udp(event) if event.transport == 'udp' else \
                tcp(rng, event):
            yield event.time, packet


# --- files

def write_pcap(out, packets, link=1):
    out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, link))
    for time, packet in packets:
        out.write(struct.pack('<IIII', time, 0, len(packet), len(packet)) +
                  packet)


def block(kind, body):
    body += b'\0' * (-len(body) % 4)
    return struct.pack('<II', kind, len(body) + 12) + body + \
        struct.pack('<I', len(body) + 12)


def write_pcapng(out, packets):
    out.write(block(0x0a0d0d0a, struct.pack('<IHHq', 0x1a2b3c4d, 1, 0, -1)))
    out.write(block(1, struct.pack('<HHI', 1, 0, 65535)))
    for time, packet in packets:
        micros = time * 1000000
        out.write(block(6, struct.pack(
            '<IIIII', 0, micros >> 32, micros & 0xffffffff, len(packet),
            len(packet)) + packet))


def varint(n):
    out = b''
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def dnstap(event):
    address = ipaddress.ip_address(event.address)
    message = b''.join((
        field(1, event.kind), field(2, 1 if address.version == 4 else 2),
        field(3, 1 if event.transport == 'udp' else 2),
        field(4, address.packed), field(6, 40000), field(7, 53),
        field(8, event.time), field(10, event.wire())))
    return field(1, b'a server') + field(15, 1) + field(14, message)


CONTENT = b'protobuf:dnstap.Dnstap'
START = struct.pack('>IIIII', 0, 12 + len(CONTENT), 2, 1,
                    len(CONTENT)) + CONTENT
STOP = struct.pack('>III', 0, 4, 3)


def write_dnstap(out, frames):
    out.write(START)
    for one in frames:
        out.write(struct.pack('>I', len(one)) + one)
    out.write(STOP)


MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split()


def clock(time, iso):
    import time as clocks
    moment = clocks.gmtime(time)
    if iso:
        return clocks.strftime('%Y-%m-%dT%H:%M:%S.123Z', moment)
    return '%02d-%s-%d %02d:%02d:%02d.123' % (
        moment.tm_mday, MONTHS[moment.tm_mon - 1], moment.tm_year,
        moment.tm_hour, moment.tm_min, moment.tm_sec)


TYPES = {NULL: 'NULL', DNSKEY: 'DNSKEY', A: 'A', TXT: 'TXT'}


def log_line(event, iso=False):
    """As named has it; an option stands in its telemetry line alone."""
    when = clock(event.time, iso)
    if event.flags != 0 or (event.option is not None and
                            (event.qtype, event.name) != (DNSKEY, '.')):
        return ''
    if event.option is not None:
        return "%s trust-anchor-telemetry './IN' from %s %s\n" % (
            when, event.address, ' '.join(str(tag) for tag in event.option))
    name = event.name.rstrip('.') or '.'
    return '%s queries: info: client @0x7f18%06x %s#36226 (%s): ' \
        'query: %s IN %s -E(0)%sD (198.41.0.4)\n' % (
            when, event.time % 9999, event.address, name, name,
            TYPES[event.qtype], 'T' if event.transport == 'tcp' else '')


# --- a year

def noise(rng, day):
    """What is no signal, and how a summary counts it."""
    when = (FIRST_DAY + day) * DAY + rng.randrange(DAY)
    address = '192.0.2.%d' % rng.randrange(256)
    return rng.choice((
        (Event(when, address, 'udp', 'www.example.', A), None),
        (Event(when, address, 'udp', '_ta-xyz.', NULL), 'name'),
        (Event(when, address, 'udp', '_ta-4a5.', NULL), 'name'),
        (Event(when, address, 'udp', '_ta-4a5c.', TXT), 'type'),
        (Event(when, address, 'udp', '_ta-4a5c.example.', NULL), None),
        # What stands in no log: a response, an update, another zone's keys.
        (Event(when, address, 'udp', '_ta-4a5c.', NULL, flags=0x8400), None),
        (Event(when, address, 'tcp', '_ta-4a5c.', NULL, flags=0x2800), None),
        (Event(when, address, 'udp', 'example.', DNSKEY, (OLD,)), None),
        (Event(when, address, 'udp', '.', A, (OLD,)), None),
    ))


def address_of(rng, n):
    """Another for each n, one in four of IPv6."""
    if rng.random() < 0.25:
        return str(ipaddress.ip_address((0x20010db8 << 96) + n * 65537 + 1))
    return str(ipaddress.ip_address(0x0a000000 + n))


def population(rng, sources):
    """(day, address, sets) of everybody, as in 2017: most learn, some never
    do, forwarders stand for several, and ever new addresses come once."""
    n = 0
    for _ in range(sources):
        n += 1
        address = address_of(rng, n)
        kind, learns = rng.random(), rng.randrange(-60, 20)
        if kind > 0.8:
            learns = rng.randrange(5, 300)
        for day in range(DAYS):
            if rng.random() > 0.9:
                continue
            if kind < 0.06:  # old only, for good
                sets = [(OLD,)]
            elif kind < 0.08:  # a forwarder
                sets = [(OLD,), (OLD, NEW)][:rng.randrange(1, 3)]
            elif kind < 0.09:
                sets = [(OTHER,)]
            elif kind < 0.11:
                sets = [(NEW,)]
            else:  # learns: on that day it says both
                sets = [(OLD,)] if day < learns else [(OLD, NEW)]
                if day == learns:
                    sets = [(OLD,), (OLD, NEW)]
            yield day, address, sets
    for day in range(DAYS):
        for _ in range(sources // 50):
            n += 1
            yield day, address_of(rng, n), \
                [rng.choice(((OLD,), (OLD, NEW), (NEW,), (OLD, OTHER)))]


def class_of(tags):
    """Our own words for the classes; (OLD, OTHER) is given as compiled in."""
    if set(tags) == {OLD, OTHER}:
        return 'compiled'
    return {(True, True): 'both', (True, False): 'old',
            (False, True): 'new', (False, False): 'neither'}[
                (OLD in tags, NEW in tags)]


def day_class(sets):
    classes = {class_of(tags) for tags in sets}
    return classes.pop() if len(classes) == 1 else 'contradictory'


def truth_of(said):
    """said: {address: {day: sets}}."""
    days, kinds = {}, {}
    for by_day in said.values():
        classes = {day: day_class(sets) for day, sets in by_day.items()}
        for day, one in classes.items():
            of_day = days.setdefault(FIRST_DAY + day, {})
            of_day[one] = of_day.get(one, 0) + 1
        last = classes[max(classes)]
        kind = 'once' if len(classes) == 1 else 'steady'
        if list(classes.values()).count('contradictory') >= 2:
            kind, last = 'forwarder', 'contradictory'
        of_kind = kinds.setdefault(kind, {})
        of_kind[last] = of_kind.get(last, 0) + 1
    return {'days': days, 'kinds': kinds}


def with_others(tapped):
    """A server taps what it asks others itself, and what it answers, too."""
    for n, event in enumerate(tapped):
        yield event
        if n % 100 == 0:
            other = Event(event.time, '203.0.113.1', 'udp', '_ta-4a5c.', NULL)
            other.kind = (2, 3, 4, 6)[n // 100 % 4]
            yield other


def year(folder, sources):
    rng = random.Random(2017)
    said, servers, skipped = {}, ([], [], []), {}
    for day, address, sets in population(rng, sources):
        said.setdefault(address, {})[day] = sets
        for tags in sets:
            # Some are seen by two servers, and some twice by one.
            for server in rng.sample(servers, rng.choice((1, 1, 2))):
                for _ in range(rng.choice((1, 1, 1, 2))):
                    server.append(signal(rng, day, address, tags))
    sent = {name: {} for name in 'abc'}
    for name, server in zip('abc', servers):
        for event in server:
            by = event.transport + ('6' if ':' in event.address else '4')
            if name == 'a' and event.option is not None:
                by = 'transport-unknown'
            sent[name][by] = sent[name].get(by, 0) + 1
    for server in servers:
        for day in range(DAYS):
            event, counted = noise(rng, day)
            server.append(event)
            if counted is not None:
                skipped[counted] = skipped.get(counted, 0) + 1
        server.sort(key=lambda event: event.time)
    logs, captured, tapped = servers
    half = len(logs) // 2
    with open(folder + '/a.log', 'w', encoding='ascii') as out:
        out.writelines(log_line(event) for event in logs[:half])
    with gzip.open(folder + '/a.log.gz', 'wt', encoding='ascii') as out:
        out.writelines(log_line(event, True) for event in logs[half:])
    half = len(captured) // 2
    with open(folder + '/b.pcap', 'wb') as out:
        write_pcap(out, packets_of(rng, captured[:half]))
    with gzip.open(folder + '/b.pcapng.gz', 'wb') as out:
        write_pcapng(out, packets_of(rng, captured[half:]))
    with open(folder + '/c.dnstap', 'wb') as out:
        write_dnstap(out, (dnstap(event) for event in with_others(tapped)))
    truth = truth_of(said)
    truth['skipped'], truth['sent'] = skipped, sent
    with open(folder + '/truth.json', 'w', encoding='ascii') as out:
        json.dump(truth, out)


# --- what `show` says of it

COLUMNS = 'new', 'both', 'old', 'neither', 'compiled', 'contradictory'
ROWS = {'new only': 'new', 'both': 'both', 'old only': 'old',
        'neither': 'neither', 'compiled in': 'compiled',
        'contradictory': 'contradictory'}


def parse_shown(path):
    """Days as {number: (sources, shares, error)}, and rows of classes."""
    import calendar
    import time
    days, rows, sample = {}, {}, 1
    with open(path, encoding='ascii') as lines:
        for line in lines:
            words = line.split()
            if 'a sample: one of' in line:
                sample = int(words[words.index('of') + 1].rstrip(','))
            if line[:4].isdigit() and line[4:5] == '-' and len(words) == 9:
                number = calendar.timegm(
                    time.strptime(words[0], '%Y-%m-%d')) // DAY
                days[number] = (int(words[1]),
                                dict(zip(COLUMNS, map(float, words[2:8]))),
                                float(words[8]))
            if line[:14].rstrip() in ROWS and len(line) > 60:
                rows[ROWS[line[:14].rstrip()]] = line[14:].split()
    return days, rows, sample


def parse_json(path):
    """The same of `show --json`."""
    import calendar
    import time
    with open(path, encoding='ascii') as text:
        shown = json.load(text)
    keys = {name.replace(' ', '_'): column for name, column in ROWS.items()}
    days = {calendar.timegm(time.strptime(day['day'], '%Y-%m-%d')) // DAY:
            (day['sources'],
             {column: day[key]['percent'] for key, column in keys.items()},
             day['old_only']['error']) for day in shown['days']}
    rows = {column: [shown['classes'][key][part] for part in
                     ('steady', 'once', 'forwarder', 'all', 'percent', 'error')]
            for key, column in keys.items()}
    assert all(day[key]['all'] == round(day[key]['percent'] * day['sources'] / 100)
               for day in shown['days'] for key in keys), 'shares are of others'
    assert sum(row[3] for row in rows.values()) == shown['sources']['counted']
    return days, rows, 2 ** shown['level']


def check(folder, shown):
    with open(folder + '/truth.json', encoding='ascii') as text:
        truth = json.load(text)
    days, rows, sample = (parse_json if shown.endswith('.json') else
                          parse_shown)(shown)
    wanted = {int(day): classes for day, classes in truth['days'].items()}
    assert set(days) == set(wanted), 'other days are shown'
    worst = outside = 0
    for day, classes in wanted.items():
        total = sum(classes.values())
        sources, shares, error = days[day]
        for one in COLUMNS:
            off = abs(shares[one] - 100 * classes.get(one, 0) / total)
            if sample == 1:
                assert off <= 0.0051, (day, one, shares[one], classes)
            elif one == 'old':
                worst = max(worst, off)
                outside += off > error + 0.005
        assert sample > 1 or sources == total, (day, sources, total)
    # 95 in 100 lie within the error; days are not independent.
    assert outside <= len(wanted) * 0.15, '%d of %d days are outside' % (
        outside, len(wanted))
    everybody = sum(sum(kind.values()) for kind in truth['kinds'].values())
    for one in COLUMNS:
        of_kind = [truth['kinds'].get(kind, {}).get(one, 0)
                   for kind in ('steady', 'once', 'forwarder')]
        if sample == 1:
            assert [int(n) for n in rows[one][:3]] == of_kind, (one, rows[one])
        else:
            off = abs(float(rows[one][4]) - 100 * sum(of_kind) / everybody)
            assert off <= 1.5 * float(rows[one][5]) + 0.005, (one, rows[one])
    print('one of %d: %d days, %d outside the error of old only, worst %.2f' %
          (sample, len(wanted), outside, worst))


# --- small files, and wrong ones

def some_events():
    return [Event(FIRST_DAY * DAY + 100, '192.0.2.1', 'udp', '_ta-4a5c.', NULL),
            Event(FIRST_DAY * DAY + 200, '2001:db8::1', 'udp',
                  '_Ta-4F66-4a5c.', NULL),
            Event(FIRST_DAY * DAY + 300, '192.0.2.2', 'tcp', '_ta-4f66.', NULL),
            Event(FIRST_DAY * DAY + 400, '192.0.2.3', 'udp', '.', DNSKEY,
                  (NEW, OLD)),
            Event(FIRST_DAY * DAY + 500, '2001:db8::2', 'tcp', '.', DNSKEY,
                  (OLD,))]


def samples(folder):
    rng = random.Random(1)
    events = some_events()
    packets = list(packets_of(rng, events))
    for name, write, what in (
            ('s.pcap', write_pcap, packets),
            ('s.pcapng', write_pcapng, packets),
            ('s.dnstap', write_dnstap, [dnstap(event) for event in events])):
        with open(folder + '/' + name, 'wb') as out:
            write(out, what)
    with open(folder + '/vlan.pcap', 'wb') as out:
        write_pcap(out, [(time, packet[:12] + b'\x81\0\0\7' + packet[12:])
                         for time, packet in packets])
    with open(folder + '/options.pcap', 'wb') as out:
        write_pcap(out, [(time, frame(with_headers(packet[14:])))
                         for time, packet in packets])
    for link, name, head in ((101, 'raw', b''), (0, 'null', b'\2\0\0\0'),
                             (113, 'cooked', None), (276, 'cooked2', None)):
        changed = []
        for time, packet in packets:
            kind = packet[12:14]
            before = head
            if link == 113:
                before = b'\0' * 14 + kind
            elif link == 276:
                before = kind + b'\0' * 18
            changed.append((time, before + packet[14:]))
        with open('%s/%s.pcap' % (folder, name), 'wb') as out:
            write_pcap(out, changed, link)
    with open(folder + '/s.log', 'w', encoding='ascii') as out:
        out.writelines(log_line(event) for event in events)
    with open(folder + '/s.log', 'rb') as text, \
            gzip.open(folder + '/s.log.gz', 'wb') as out:
        out.write(text.read())


def message_packet(message, time=FIRST_DAY * DAY):
    return time, frame(ip_packet('192.0.2.9', 17, struct.pack(
        '>HHHH', 40000, 53, 8 + len(message), 0) + message))


def with_option(data, length=None):
    head = query('.', DNSKEY)[:-2]
    return head + struct.pack('>H', len(data) if length is None else length) + \
        data


def segments(*parts, first=1000, gap=0):
    """Packets of one stream, a gap before each but the first."""
    event, packets = Event(FIRST_DAY * DAY, '192.0.2.9', 'tcp', '.', A), []
    for part in parts:
        packets.append((event.time, segment(event, 999, first, 0x18, part)))
        first += len(part) + gap
    return packets


def hostile_packets():
    """(name, the count that it must end in, packets)."""
    good = query('_ta-4a5c.', NULL)
    framed = struct.pack('>H', len(good)) + good
    packet = message_packet(good)[1]
    loop = good[:12] + b'\xc0\x0c' + struct.pack('>HH', NULL, 1)
    option_loop = struct.pack('>HHHHHH', 1, 0, 1, 0, 0, 1) + \
        wire_name('_ta-4a5c.') + struct.pack('>HH', NULL, 1) + \
        b'\xc0\x1a' + b'\xc0\x1a' + struct.pack('>HHIH', 41, 0, 0, 0)
    forward = struct.pack('>HHHHHH', 1, 0, 1, 1, 0, 0) + \
        wire_name('_ta-4a5c.') + struct.pack('>HH', NULL, 1) + b'\xc0\xff' + \
        struct.pack('>HHIH', 1, 1, 0, 4) + b'\1\2\3\4'
    v4 = packet[14:]
    yield 'loop', 'message', [message_packet(loop)]
    yield 'loop-opt', 'message', [message_packet(option_loop)]
    yield 'forward', 'message', [message_packet(forward)]
    yield 'cut-message', 'message', [message_packet(good[:20])]
    yield 'no-header', 'message', [message_packet(good[:7])]
    yield 'long-label', 'message', [message_packet(
        good[:12] + b'\x7f' + good[13:])]
    yield 'more-additional', 'message', [message_packet(
        good[:10] + b'\xff\xff' + good[12:])]
    yield 'option-odd', 'option', [message_packet(
        with_option(struct.pack('>HHB', 14, 1, 1)))]
    yield 'option-none', 'option', [message_packet(
        with_option(struct.pack('>HH', 14, 0)))]
    yield 'option-many', 'option', [message_packet(with_option(
        struct.pack('>HH', 14, 26) + bytes(range(26))))]
    yield 'option-long', 'message', [message_packet(
        with_option(struct.pack('>HHH', 14, 400, 1)))]
    yield 'option-beyond', 'message', [message_packet(
        with_option(struct.pack('>HHH', 14, 2, 1), 600))]
    yield 'name-many', 'name', [message_packet(query(
        '_ta-' + '-'.join('%04x' % n for n in range(11)) + '-.', NULL))]
    yield 'wrong-type', 'type', [message_packet(query('_ta-4a5c.', TXT))]
    yield 'ip-short', 'ip', [(0, packet[:14] + bytes([0x41]) + packet[15:])]
    yield 'ip-length', 'ip', [(0, packet[:16] + b'\0\1' + packet[18:])]
    yield 'ip-options', 'ip', [(0, packet[:14] + bytes([0x4f]) + packet[15:50])]
    yield 'ip-fragment', 'fragment', [
        (0, packet[:20] + b'\x20\0' + packet[22:])]
    yield 'ip6-extensions', 'ip', [(0, frame(struct.pack(
        '>IHBB', 6 << 28, 160, 0, 64) + b'\0' * 32 + b'\0' * 160))]
    yield 'ip6-beyond', 'ip', [(0, frame(struct.pack(
        '>IHBB', 6 << 28, 16, 0, 64) + b'\0' * 32 + b'\x11\xff' + b'\0' * 14))]
    yield 'ip6-fragment', 'fragment', [(0, frame(struct.pack(
        '>IHBB', 6 << 28, 16, 44, 64) + b'\0' * 48))]
    yield 'udp-length', 'ip', [(0, packet[:38] + b'\0\3' + packet[40:])]
    yield 'udp-cut', 'cut', [(0, packet[:38] + b'\1\0' + packet[40:])]
    yield 'tcp-header', 'ip', [(0, frame(ip_packet('192.0.2.9', 6, struct.pack(
        '>HHIIBBHHH', 9, 53, 1, 1, 0x10, 0x18, 0, 0, 0))))]
    yield 'tcp-gap', 'tcp-gap', segments(framed[:10], framed[10:], gap=1)
    yield 'tcp-end', 'tcp-gap', segments(framed[:10])
    yield 'tcp-long', 'tcp-long', segments(b'\xff\xff' + good)
    yield 'arp', 'link', [(0, packet[:12] + b'\x08\x06' + packet[14:])]
    yield 'vlans', 'link', [(0, packet[:12] + b'\x81\0\0\1' * 9)]
    yield 'version', 'link', [(0, packet[:14] + b'\x75' + v4[1:])]
    yield 'empty', 'ip', [(0, b'')]


def hostile(folder):
    wanted = []
    samples(folder)

    def put(name, count, octets):
        wanted.append('%s %s\n' % (name, count))
        with open(folder + '/' + name, 'wb') as out:
            out.write(octets)

    def sample(name):
        with open(folder + '/' + name, 'rb') as text:
            return text.read()

    for name, count, packets in hostile_packets():
        with open('%s/%s.pcap' % (folder, name), 'wb') as out:
            write_pcap(out, packets)
        wanted.append('%s.pcap %s\n' % (name, count))
    put('short-capture.pcap', 'cut', struct.pack(
        '<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 30, 1) + struct.pack(
            '<IIII', 0, 0, 30, 90) + sample('s.pcap')[40:70])
    put('cut.pcap', 'capture', sample('s.pcap')[:-5])
    put('huge.pcap', 'capture', sample('s.pcap')[:32] + b'\xff' * 200)
    put('head.pcap', 'capture', sample('s.pcap')[:10])
    put('other-link.pcap', 'link',
        sample('s.pcap')[:20] + b'\x69' + sample('s.pcap')[21:])
    put('cut.pcapng', 'capture', sample('s.pcapng')[:-5])
    put('length.pcapng', 'capture',
        sample('s.pcapng')[:52] + b'\xff' * 8 + sample('s.pcapng')[60:])
    put('cut.dnstap', 'capture', sample('s.dnstap')[:-20])
    put('content.dnstap', 'capture',
        sample('s.dnstap').replace(b'dnstap.Dnstap', b'dnstap.Dnstop'))
    put('frame.dnstap', 'frame', START + struct.pack('>I', 9) + b'\xff' * 9 +
        STOP)
    put('bare.dnstap', 'frame', START + struct.pack('>I', 4) +
        field(14, field(1, 1)) + STOP)
    put('long.dnstap', 'capture', START + b'\x7f\xff\xff\xff' + b'\0' * 99)
    put('cut.log.gz', 'gzip', sample('s.log.gz')[:-12])
    put('spoilt.log.gz', 'gzip', sample('s.log.gz')[:60] + b'\xff' * 40)
    put('crc.log.gz', 'gzip', sample('s.log.gz')[:-8] + b'\0' * 8)
    put('noise', 'file', b'\x01\x02\x03' * 99)
    put('long.log', 'long-line', b'x' * 100000 + b'\n')
    put('form.log', 'line', b'01-Sep-2017 00:00:00.1 query: _ta-4a5c\n')
    put('nobody.log', 'line', b'01-Sep-2017 00:00:00.1 client 1.2.3#5 '
        b'(_ta-4a5c): query: _ta-4a5c IN NULL + (1.2.3.4)\n')
    put('never.log', 'time', b'Sep  1 00:00:00 client 192.0.2.1#5 '
        b'(_ta-4a5c): query: _ta-4a5c IN NULL + (1.2.3.4)\n')
    put('escaped.log', 'name', b'01-Sep-2017 00:00:00.1 client 192.0.2.1#5 '
        b'(_ta-\\000): query: _ta-\\000 IN NULL + (1.2.3.4)\n')
    put('tags.log', 'option', b"01-Sep-2017 00:00:00.1 "
        b"trust-anchor-telemetry './IN' from 192.0.2.1 70000\n")
    put('sets.log', 'sets', b''.join(
        log_line(Event(FIRST_DAY * DAY, '192.0.2.1', 'udp', '_ta-%04x.' % n,
                       NULL)).encode() for n in range(6)))
    with open(folder + '/wanted', 'w', encoding='ascii') as out:
        out.writelines(wanted)


def queries(path, total):
    """A block of packets, over and over, with other times and addresses."""
    parts, places, size = [], [], 0
    for i in range(50000):
        message = query('www.example%d.' % (i % 997), A)
        if i % 50 == 0:
            message = query('_ta-4a5c.' if i % 1000 == 0 else
                            '_ta-4a5c-4f66.', NULL)
        packet = message_packet(message)[1]
        places.append(size)
        parts.append(struct.pack('<IIII', 0, 0, len(packet), len(packet)) +
                     packet)
        size += len(parts[-1])
    block_ = bytearray(b''.join(parts))
    put_time, put_address = struct.Struct('<I').pack_into, \
        struct.Struct('>I').pack_into
    done = 0
    with open(path, 'wb') as out:
        out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        while done < total:
            for place in places[:total - done]:
                put_time(block_, place, FIRST_DAY * DAY + done // 200)
                put_address(block_, place + 42,
                            0x0a000000 + done * 7919 % 100003)
                done += 1
            out.write(block_ if done % len(places) == 0 else
                      block_[:places[done % len(places)]])


def put_figures(out, base, tags, first, days, sources, a_day):
    """Sources in turn, so that each comes about as often as the others."""
    said = {}
    turn = 0
    for day in range(days):
        for _ in range(a_day):
            said.setdefault(turn % sources, []).append(first + day)
            turn += 1
    rows = 0
    for n, on in sorted(said.items()):
        out.append('%s %s %s\n' % (
            ipaddress.ip_address(base + n), tags,
            ' '.join(clock(day * DAY, True)[:10] for day in on)))
        rows += len(on)
    return rows


def figures(path, first, days, sources, a_day, old, old_a_day):
    out = ['anchorite-readiness 1\nzone .\nsources address\nlevel 0\nrows\n']
    rows = put_figures(out, 0x0a000000, '4a5c', first, days, old, old_a_day)
    rows += put_figures(out, 0x0b000000, '4a5c-4f66', first, days,
                        sources - old, a_day - old_a_day)
    with open(path, 'w', encoding='ascii') as text:
        text.write(''.join(out) + 'end %d\n' % rows)


def main():
    command, folder = sys.argv[1:3]
    if command == 'year':
        year(folder, int(sys.argv[3]) if len(sys.argv) > 3 else 300)
    elif command == 'check':
        check(folder, sys.argv[3])
    elif command == 'figures':
        figures(folder, *map(int, sys.argv[3:9]))
    elif command == 'queries':
        queries(folder, int(sys.argv[3]))
    else:
        {'samples': samples, 'hostile': hostile}[command](folder)


main()
