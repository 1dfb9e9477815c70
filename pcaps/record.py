#!/usr/bin/env python3
"""Records the bundled captures again, from this machine's own kernel.

    sudo python3 pcaps/record.py [NAME ...]     (Linux; ip, ethtool, tcpdump, ping, python3)

Each capture is a small network of namespaces: the host whose stack is later
walked, a peer, and where needed routers or a "wire", a program that carries
frames between the two with a delay and loses or reorders chosen ones. The host is
set up by exactly the commands written to captures/NAME.host. tcpdump records
at the host's eth0, and where the host is a router at its eth1 too; the result
becomes a pcapng with nanoseconds and the direction of each frame. Namespaces are removed at the end, also after an error;
no program runs longer than 20 seconds.
"""
import heapq, json, os, select, signal, socket, struct, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, 'captures')
PREFIX = 'pwrec'
LIMIT = 20
HOST, PEER = '10.0.0.2', '10.0.0.1'
MAC = {'h': '02:00:00:00:00:02', 'p': '02:00:00:00:00:01'}


# ---------------------------------------------------------------- networks

def sh(*args, check=True):
    return subprocess.run(args, check=check, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=LIMIT)


class Net:
    """Namespaces of one recording. Host is h, peer p."""

    def __init__(self, name):
        self.name, self.spaces, self.procs, self.host_lines = name, [], [], []
        self.vlan, self.local = 0, HOST
        self.macs = {'eth0': MAC['h']}  # the cards that are recorded
        self.notes = []                 # more lines of the .host file

    def space(self, n, v6=False):
        ns = '%s-%s' % (PREFIX, n)
        sh('ip', 'netns', 'add', ns)
        self.spaces.append(ns)
        self.run(n, 'sysctl -qw net.ipv6.conf.all.disable_ipv6=%d net.ipv6.conf.default.disable_ipv6=%d' % (not v6, not v6))
        self.run(n, 'sysctl -qw net.ipv4.tcp_congestion_control=cubic')
        self.run(n, 'sysctl -qw', 'net.ipv4.tcp_rmem=4096 131072 6291456')
        self.run(n, 'sysctl -qw', 'net.ipv4.tcp_wmem=4096 16384 4194304')
        self.run(n, 'ip link set lo up')
        return ns

    def run(self, n, command, *more):
        return sh('ip', 'netns', 'exec', '%s-%s' % (PREFIX, n), *command.split(), *more)

    def link(self, a, da, b, db):
        sh('ip', 'link', 'add', 'pwrecA', 'type', 'veth', 'peer', 'name', 'pwrecB')
        sh('ip', 'link', 'set', 'pwrecA', 'netns', '%s-%s' % (PREFIX, a), 'name', da)
        sh('ip', 'link', 'set', 'pwrecB', 'netns', '%s-%s' % (PREFIX, b), 'name', db)

    def host(self, *lines):
        """Runs set-up lines on the host and keeps them for the .host file."""
        for line in lines:
            if '=' in line and ' ' in line.split('=', 1)[1]:
                cmd, val = line.split(' ', 2)[:2], line.split(' ', 2)[2].strip('"')
                self.run('h', ' '.join(cmd), val)
            else:
                self.run('h', line)
            self.host_lines.append(line)

    def host_common(self, mtu=1500, offload=False, v6=False):
        lines = ['sysctl -w net.ipv4.tcp_congestion_control=cubic',
                 'sysctl -w "net.ipv4.tcp_rmem=4096 131072 6291456"',
                 'sysctl -w "net.ipv4.tcp_wmem=4096 16384 4194304"']
        if not v6:
            lines += ['sysctl -w net.ipv6.conf.all.disable_ipv6=1']
        lines += ['ip link set lo up', 'ip link set eth0 address ' + MAC['h'], 'ip link set eth0 mtu %d' % mtu]
        if not offload:
            lines += ['ethtool -K eth0 tx off rx off tso off gso off gro off']
        if v6:
            lines += ['sysctl -w net.ipv6.conf.eth0.accept_ra=0', 'sysctl -w net.ipv6.conf.eth0.addr_gen_mode=0']
        self.host(*lines)

    def plain(self, n, dev, offload=False):
        if not offload:
            self.run(n, 'ethtool -K %s tx off rx off tso off gso off gro off' % dev)
        self.run(n, 'ip link set %s up' % dev)

    def direct(self, offload=False, v6=False, wire=None, mtu=1500):
        """Host and peer on one link, with or without a wire between them."""
        self.space('h', v6)
        self.space('p', v6)
        if wire is None:
            self.link('h', 'eth0', 'p', 'eth0')
        else:
            self.space('w')
            self.link('h', 'eth0', 'w', 'wa')
            self.link('w', 'wb', 'p', 'eth0')
            for d in 'ab':
                self.plain('w', 'w' + d)
        self.run('p', 'ip link set eth0 address ' + MAC['p'])
        if v6:
            self.run('p', 'sysctl -qw net.ipv6.conf.eth0.accept_ra=0')
            self.run('p', 'ip -6 addr add fd00::1/64 dev eth0 nodad')
        else:
            self.run('p', 'ip addr add %s/24 dev eth0' % PEER)
        self.plain('p', 'eth0', offload)
        self.host_common(mtu, offload, v6)
        self.host('ip -6 addr add fd00::2/64 dev eth0 nodad' if v6 else 'ip addr add %s/24 dev eth0' % HOST)
        self.host('ip link set eth0 up')
        if wire is not None:
            self.app('w', 'wire', json.dumps(wire), ready=True)

    def routed(self, routers, last_mtu=1500):
        """Host - r1 - ... - rn - peer; subnets 10.0.0.0/24, 10.0.1.0/24, ..."""
        names = ['h'] + ['r%d' % (i + 1) for i in range(routers)] + ['p']
        for n in names:
            self.space(n)
        for i in range(len(names) - 1):
            self.link(names[i], 'eth0' if i == 0 else 'eth1', names[i + 1], 'eth0')
        for i, n in enumerate(names[1:], 1):
            self.run(n, 'ip link set eth0 address 02:00:00:00:%02x:01' % (i - 1))
            self.run(n, 'ip addr add 10.0.%d.1/24 dev eth0' % (i - 1))
            if n != 'p':
                self.run(n, 'sysctl -qw net.ipv4.ip_forward=1')
                self.run(n, 'ip link set eth1 address 02:00:00:00:%02x:02' % i)
                self.run(n, 'ip addr add 10.0.%d.2/24 dev eth1' % i)
                if i == routers:
                    self.run(n, 'ip link set eth1 mtu %d' % last_mtu)
                self.plain(n, 'eth1')
            else:
                self.run(n, 'ip link set eth0 mtu %d' % last_mtu)
            self.plain(n, 'eth0')
        for i, n in enumerate(names[1:], 1):
            if n != 'p':
                self.run(n, 'ip route add default via 10.0.%d.1' % i)
            if i > 1:
                self.run(n, 'ip route add 10.0.0.0/24 via 10.0.%d.2' % (i - 1))
        self.host_common()
        self.host('ip addr add %s/24 dev eth0' % HOST, 'ip link set eth0 up', 'ip route add default via 10.0.0.1')
        return '10.0.%d.1' % routers

    def router(self):
        """p - h - r: the host passes packets on between 10.0.0.0/24 and 10.0.1.0/24."""
        for n in 'hpr':
            self.space(n)
        self.link('h', 'eth0', 'p', 'eth0')
        self.link('h', 'eth1', 'r', 'eth0')
        self.macs['eth1'] = '02:00:00:00:01:02'
        for n, net in (('p', 0), ('r', 1)):
            self.run(n, 'ip link set eth0 address 02:00:00:00:%02x:01' % net)
            self.run(n, 'ip addr add 10.0.%d.1/24 dev eth0' % net)
            self.plain(n, 'eth0')
            self.run(n, 'ip route add default via 10.0.%d.2' % net)
        self.host_common()
        self.host('ip link set eth1 address ' + self.macs['eth1'],
                  'ethtool -K eth1 tx off rx off tso off gso off gro off',
                  'sysctl -w net.ipv4.ip_forward=1',
                  'ip addr add %s/24 dev eth0' % HOST,
                  'ip addr add 10.0.1.2/24 dev eth1',
                  'ip link set eth0 up',
                  'ip link set eth1 up',
                  'ip route add 10.0.5.0/24 via 10.0.0.3',
                  'ip neigh replace 10.0.0.3 lladdr 02:00:00:00:00:03 dev eth0 nud permanent')

    # ------------------------------------------------------------ programs

    def app(self, n, fn, *args, ready=False):
        p = subprocess.Popen(['ip', 'netns', 'exec', '%s-%s' % (PREFIX, n), '/usr/bin/python3', os.path.abspath(__file__), '--app', fn, *map(str, args)],
                             stdout=subprocess.PIPE, text=True)
        p.ns = n
        self.procs.append(p)
        if ready and p.stdout.readline().strip() != 'ready':
            raise RuntimeError('%s: program %s did not start' % (self.name, fn))
        return p

    def do(self, n, fn, *args):
        p = self.app(n, fn, *args)
        if p.wait(LIMIT) != 0:
            raise RuntimeError('%s: program %s failed' % (self.name, fn))

    def warm(self):
        """Lets both ends know each other, for captures that are not about ARP."""
        self.host('ip neigh replace %s lladdr %s dev eth0 nud permanent' % (PEER, MAC['p']))
        self.run('p', 'ip neigh replace %s lladdr %s dev eth0 nud permanent' % (HOST, MAC['h']))

    def start(self):
        self.dumps = []
        for dev in self.macs:
            raw = '/tmp/%s.%s.pcap' % (self.name, dev)
            d = subprocess.Popen(['ip', 'netns', 'exec', PREFIX + '-h', 'tcpdump', '-n', '-i', dev, '-Z', 'root', '-U', '--immediate-mode',
                                  '--time-stamp-precision=nano', '-w', raw], stderr=subprocess.PIPE, text=True)
            d.raw, d.dev = raw, dev
            self.dumps.append(d)
            self.procs.append(d)
            while 'listening on' not in d.stderr.readline():
                if d.poll() is not None:
                    raise RuntimeError('tcpdump did not start')
        time.sleep(0.1)

    def stop(self, settle=0.3):
        for p in self.procs:
            if p not in self.dumps and p.ns != 'w':
                p.wait(LIMIT)
        time.sleep(settle)
        for d in self.dumps:
            d.send_signal(signal.SIGINT)
            d.wait(LIMIT)

    def try_ping(self, n, *args):
        """A ping that need not be answered."""
        sh('ip', 'netns', 'exec', '%s-%s' % (PREFIX, n), 'ping', '-q', *args, check=False)

    def counters(self, n, proto):
        """The counters of a protocol, as /proc/net/snmp has them."""
        names, values = [l.split()[1:] for l in self.run(n, 'cat /proc/net/snmp').stdout.splitlines() if l.startswith(proto + ':')]
        return dict(zip(names, map(int, values)))

    def clean(self):
        for p in self.procs:
            if p.poll() is None:
                p.kill()
            p.wait()
        for ns in self.spaces:
            sh('ip', 'netns', 'del', ns, check=False)


# ---------------------------------------------------------------- pcapng

def opt(code, val):
    return struct.pack('<HH', code, len(val)) + val + b'\0' * (-len(val) % 4)


def block(typ, body):
    n = len(body) + 12
    return struct.pack('<II', typ, n) + body + struct.pack('<I', n)


def read_pcap(path):
    """The frames of tcpdump's pcap: (ns since 1970, bytes, length on the wire)."""
    raw = open(path, 'rb').read()
    assert struct.unpack('<I', raw[:4])[0] == 0xa1b23c4d
    pos, frames = 24, []
    while pos < len(raw):
        sec, ns, cap, orig = struct.unpack('<IIII', raw[pos:pos + 16])
        frames.append((sec * 10**9 + ns, raw[pos + 16:pos + 16 + cap], orig))
        pos += 16 + cap
    return frames


def convert(dumps, dst, vlan):
    """tcpdump's pcaps to one pcapng: nanoseconds, and in or out by the source
    MAC. dumps: (path, device, MAC); each becomes an interface."""
    release = '.'.join(os.uname().release.split('.')[:2])
    out = [block(0x0a0d0d0a, struct.pack('<IHHq', 0x1a2b3c4d, 1, 0, -1) + opt(3, b'Linux ' + release.encode()) + opt(4, b'tcpdump and pcaps/record.py') + opt(0, b''))]
    frames = []
    for n, (path, dev, mac) in enumerate(dumps):
        out.append(block(1, struct.pack('<HHI', 1, 0, 262144) + opt(2, dev.encode()) + opt(9, b'\x09') + opt(0, b'')))
        frames += [(t, n, bytes.fromhex(mac.replace(':', '')), data, orig) for t, data, orig in read_pcap(path)]
    frames.sort(key=lambda f: f[0])
    for t, n, mac, data, orig in frames:
        if vlan:
            data, orig = data[:12] + struct.pack('>HH', 0x8100, vlan) + data[12:], orig + 4
        way = 2 if data[6:12] == mac else 1
        out.append(block(6, struct.pack('<IIIII', n, t >> 32, t & 0xffffffff, len(data), orig) + data + b'\0' * (-len(data) % 4)
                         + opt(2, struct.pack('<I', way)) + opt(0, b'')))
    open(dst, 'wb').write(b''.join(out))
    return len(frames)


# ---------------------------------------------------------------- programs in the namespaces

def ready():
    print('ready', flush=True)


def family(addr):
    return socket.AF_INET6 if ':' in addr else socket.AF_INET


def listen(addr, port, rcvbuf=0):
    s = socket.socket(family(addr), socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if rcvbuf:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
    s.bind((addr, port))
    s.listen(5)
    ready()
    return s.accept()[0]


def dial(addr, port):
    s = socket.socket(family(addr), socket.SOCK_STREAM)
    s.settimeout(LIMIT - 5)
    s.connect((addr, port))
    return s


def read_all(s):
    n = 0
    while True:
        b = s.recv(65536)
        if not b:
            return n
        n += len(b)


def text(n):
    line = b'The quick brown fox jumps over the lazy dog. 0123456789 abcdef\n'
    return (line * (n // len(line) + 1))[:n]


class App:
    def wire(spec):
        wire(json.loads(spec))

    def echo_server(addr, port):
        s = listen(addr, int(port))
        while True:
            b = s.recv(4096)
            if not b:
                break
            s.sendall(b'you said: ' + b)
        s.close()

    def echo_client(addr, port):
        s = dial(addr, int(port))
        s.sendall(b'hello\n')
        s.recv(4096)
        s.close()

    def page_server(addr, port, size):
        s = listen(addr, int(port))
        s.recv(4096)
        body = text(int(size))
        s.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n' % len(body) + body)
        s.close()

    def page_client(addr, port):
        s = dial(addr, int(port))
        s.sendall(b'GET / HTTP/1.1\r\nHost: www.example.test\r\nConnection: close\r\n\r\n')
        read_all(s)
        s.close()

    def sink(addr, port):
        s = listen(addr, int(port))
        read_all(s)
        s.close()

    def source(addr, port, size):
        s = dial(addr, int(port))
        s.sendall(text(int(size)))
        s.close()

    def udp_echo(addr, port, count):
        s = socket.socket(family(addr), socket.SOCK_DGRAM)
        s.bind((addr, int(port)))
        ready()
        for _ in range(int(count)):
            b, who = s.recvfrom(65536)
            s.sendto(b, who)

    def udp_ask(addr, port, size):
        s = socket.socket(family(addr), socket.SOCK_DGRAM)
        s.settimeout(5)
        s.sendto(text(int(size)), (addr, int(port)))
        s.recvfrom(65536)

    def dns_server(addr):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((addr, 53))
        ready()
        for i in range(2):
            q, who = s.recvfrom(512)
            if i == 0:  # an A record for the question's name
                s.sendto(q[:2] + b'\x85\x80\0\1\0\1\0\0\0\0' + q[12:] + b'\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4' + socket.inet_aton('10.0.0.80'), who)
            else:       # no such name
                s.sendto(q[:2] + b'\x85\x83\0\1\0\0\0\0\0\0' + q[12:], who)

    def dns_client(addr):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.connect((addr, 53))
        s.settimeout(5)
        for i, name in enumerate(['www.example.test', 'nosuch.example.test']):
            q = b''.join(bytes([len(p)]) + p.encode() for p in name.split('.')) + b'\0\0\1\0\1'
            s.send(struct.pack('>HHHHHH', 0x1234 + i, 0x0100, 1, 0, 0, 0) + q)
            s.recv(512)

    def try_udp(addr, port):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(2)
        s.connect((addr, int(port)))
        s.send(b'anybody there?\n')
        try:
            s.recv(100)
        except OSError:
            pass

    def try_tcp(addr, port):
        try:
            dial(addr, int(port))
        except OSError:
            pass

    def trace(addr):
        for ttl in (1, 2, 3):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
            s.sendto(text(32), (addr, 33433 + ttl))
            time.sleep(0.1)

    def short_lived(addr, port, ttl):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, int(ttl))
        s.sendto(text(32), (addr, int(port)))

    def late_reader(addr, port, rcvbuf, seconds, end):
        """Waits for the first datagram, sleeps, then answers each with its number until end seconds later."""
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, int(rcvbuf))
        s.bind((addr, int(port)))
        ready()
        select.select([s], [], [])
        time.sleep(float(seconds))
        s.settimeout(float(end))
        try:
            while True:
                b, who = s.recvfrom(65536)
                s.sendto(b'read ' + b[:10].strip() + b'\n', who)
        except OSError:
            pass

    def numbered(addr, port, sizes, pause, more):
        """Datagrams that begin with their number: many, a pause, some more."""
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((PEER, 6000))
        n, pause = int(sizes), float(pause)
        for i in range(1, n + int(more) + 1):
            s.sendto((b'%-10d' % i + text(1000))[:1000], (addr, int(port)))
            time.sleep(pause if i == n else 0.002)
        time.sleep(0.2)

    def pmtu_udp(addr, port):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.connect((addr, int(port)))
        s.settimeout(5)
        for _ in range(3):
            try:
                s.send(text(1472))
            except OSError:
                pass
            time.sleep(0.2)

    def udp_sink(addr, port, seconds):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((addr, int(port)))
        s.settimeout(float(seconds))
        ready()
        try:
            while True:
                s.recvfrom(65536)
        except OSError:
            pass

    def slow_source(addr, port, count):
        s = dial(addr, int(port))
        for _ in range(int(count)):
            s.sendall(text(1448))
            time.sleep(0.06)
        s.close()

    def lazy_sink(addr, port, seconds):
        """Accepts, does not read for a while, then reads all."""
        s = listen(addr, int(port), 8192)
        time.sleep(float(seconds))
        read_all(s)
        s.close()

    def tiring_answers(addr, port, quick, seconds):
        """Answers the first questions at once, the others late."""
        s, n = listen(addr, int(port)), 0
        while s.recv(4096):
            n += 1
            if n > int(quick):
                time.sleep(float(seconds))
            s.sendall(b'answer\n')
        s.close()

    def asks(addr, port, count):
        s = dial(addr, int(port))
        for _ in range(int(count)):
            s.sendall(b'question\n')
            s.recv(4096)
        s.close()

    def small_writes(addr, port, count):
        s = dial(addr, int(port))
        for _ in range(int(count)):
            s.sendall(b'0123456789')
            time.sleep(0.004)
        s.close()

    def close_unread(addr, port):
        s = listen(addr, int(port))
        time.sleep(0.2)
        s.close()

    def abort(addr, port):
        s = dial(addr, int(port))
        s.sendall(b'never mind\n')
        time.sleep(0.1)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        s.close()

    def talk_into_rst(addr, port):
        s = dial(addr, int(port))
        s.sendall(b'nobody will read this\n')
        try:
            s.recv(100)
        except OSError:
            pass
        s.close()

    def first_to_close(addr, port):
        s = dial(addr, int(port))
        s.sendall(b'bye\n')
        s.shutdown(socket.SHUT_WR)
        read_all(s)
        s.close()

    def keepalive(addr, port):
        s = dial(addr, int(port))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        s.sendall(b'I am here\n')
        time.sleep(2.6)
        s.close()

    def join(group, port):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(('', int(port)))
        member = socket.inet_aton(group) + socket.inet_aton(HOST)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        ready()
        s.settimeout(5)
        s.recv(100)
        time.sleep(1.5)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_DROP_MEMBERSHIP, member)
        time.sleep(1.5)

    def to_group(group, port):
        time.sleep(1)
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(PEER))
        s.sendto(b'to all who listen\n', (group, int(port)))


# ---------------------------------------------------------------- the wire

def kind(f):
    """What a frame is, for the wire's rules."""
    if f[12:14] != b'\x08\x00' or f[23] != 6:
        return 'other'
    ihl = (f[14] & 15) * 4
    tcp = 14 + ihl
    data = struct.unpack('>H', f[16:18])[0] - ihl - (f[tcp + 12] >> 4) * 4
    flags = f[tcp + 13]
    if flags & 2:
        return 'syn'
    if data > 0:
        return 'data'
    return 'fin' if flags & 1 else 'ack'


def wire(spec):
    """Carries frames between a and b: {"ms": one-way delay, "rules": [[from, kind, numbers, action, count]]}.

    A rule counts frames of its kind from its side; those with the given
    numbers (from 1) are lost ("drop") or wait until so many more frames from
    that side have passed ("behind").
    "last-ack" is the first bare ACK after a fin from the same side."""
    ports = {}
    for d in 'ab':
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        s.bind(('w' + d, 0))
        s.setsockopt(263, 1, struct.pack('iHH8s', socket.if_nametoindex('w' + d), 1, 0, b''))  # promiscuous
        ports[d] = s
    delay = spec.get('ms', 0) / 1000
    seen, fin, queue, number = {}, set(), [], 0
    waiting = {'a': [], 'b': []}
    ready()
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        wait = max(0, queue[0][0] - time.monotonic()) if queue else 0.5
        for s in select.select(list(ports.values()), [], [], wait)[0]:
            frame, who = s.recvfrom(65536)
            if who[2] == 4:  # our own
                continue
            side = who[0][1]
            now, what = time.monotonic(), kind(frame)
            if what == 'ack' and side in fin:
                what = 'last-ack'
            if what == 'fin':
                fin.add(side)
            seen[side, what] = seen.get((side, what), 0) + 1
            lost, behind = False, 0
            for frm, k, numbers, action, *count in spec.get('rules', []):
                if frm == side and k == what and seen[side, what] in numbers:
                    lost |= action == 'drop'
                    behind = count[0] if action == 'behind' else 0
            if lost:
                continue
            if behind:
                waiting[side].append([behind, frame])
                continue
            go = [frame]
            for w in waiting[side]:
                w[0] -= 1
                if w[0] == 0:
                    go.append(w[1])
            waiting[side] = [w for w in waiting[side] if w[0] > 0]
            for f in go:
                number += 1
                heapq.heappush(queue, (now + delay, number, 'b' if side == 'a' else 'a', f))
        while queue and queue[0][0] <= time.monotonic():
            _, _, to, frame = heapq.heappop(queue)
            ports[to].send(frame)


# ---------------------------------------------------------------- the captures

CAPTURES = []


def capture(shows, *apps):
    """Registers a capture: what it shows, and what the host's programs did."""
    def add(fn):
        CAPTURES.append((fn.__name__.replace('_', '-'), shows, apps, fn))
        return fn
    return add


@capture('The host pings its neighbour three times: ARP finds the address, then echo request and reply.',
         'ping -c 3 -i 0.5 10.0.0.1')
def ping(n):
    n.direct()
    n.start()
    n.run('h', 'ping -q -c 3 -i 0.5 ' + PEER)


@capture('The first packet to a neighbour nobody has met: it waits while ARP asks, and leaves when the answer comes.',
         'sends one UDP datagram of 100 bytes to 10.0.0.1:5000 and waits for the echo')
def arp(n):
    n.direct()
    n.app('p', 'udp_echo', PEER, 5000, 1, ready=True)
    n.start()
    n.do('h', 'udp_ask', PEER, 5000, 100)


@capture('ARP asks three times, one second apart, and nobody answers: the packet never leaves.',
         'ping -c 1 -W 4 10.0.0.99; it prints "Destination Host Unreachable"')
def arp_unanswered(n):
    n.direct()
    n.start()
    sh('ip', 'netns', 'exec', PREFIX + '-h', 'ping', '-c', '1', '-W', '4', '10.0.0.99', check=False)


@capture('A short TCP conversation from beginning to end: handshake, one line each way, close.',
         'client: connects to 10.0.0.1:7000, writes "hello\\n", reads the answer, closes')
def tcp(n):
    n.direct()
    n.app('p', 'echo_server', PEER, 7000, ready=True)
    n.start()
    n.do('h', 'echo_client', PEER, 7000)


@capture('A web page of 30,000 bytes from the server side: one request in, many full segments out.',
         'server on 10.0.0.2:80: accepts, reads the request, writes a header and 30000 bytes with one call, closes')
def http(n):
    n.direct()
    n.app('h', 'page_server', HOST, 80, 30000, ready=True)
    n.start()
    n.do('p', 'page_client', HOST, 80)


@capture('Two DNS questions over UDP: one name has an address, the other does not exist.',
         'client: one connected UDP socket to 10.0.0.1:53; asks for www.example.test, reads, asks for nosuch.example.test, reads')
def dns(n):
    n.direct()
    n.app('p', 'dns_server', PEER, ready=True)
    n.start()
    n.do('h', 'dns_client', PEER)


@capture('Nobody listens: UDP is answered by ICMP "port unreachable", TCP by a reset, in both directions.',
         'nothing listens on 10.0.0.2:9999, neither UDP nor TCP',
         'then: connected UDP socket to 10.0.0.1:9999 sends 15 bytes, its read fails with ECONNREFUSED',
         'then: connect() to 10.0.0.1:9999 fails with ECONNREFUSED')
def closed_ports(n):
    n.direct()
    n.start()
    n.do('p', 'try_udp', HOST, 9999)
    n.do('p', 'try_tcp', HOST, 9999)
    n.do('h', 'try_udp', PEER, 9999)
    n.do('h', 'try_tcp', PEER, 9999)


@capture('A small traceroute: TTL 1 and 2 run out at two routers, TTL 3 arrives at a closed port.',
         'for TTL 1, 2, 3: a new UDP socket with IP_TTL sends 32 bytes to 10.0.2.1:33434, 33435, 33436, 100 ms apart')
def ttl(n):
    far = n.routed(2)
    n.start()
    n.do('h', 'trace', far)


@capture('A UDP datagram of 4,000 bytes does not fit a frame: three fragments out, three back, put together again.',
         'sends one UDP datagram of 4000 bytes to 10.0.0.1:5000 and reads the echo')
def fragments(n):
    n.direct()
    n.app('p', 'udp_echo', PEER, 5000, 1, ready=True)
    n.start()
    n.do('h', 'udp_ask', PEER, 5000, 4000)


@capture('A router with a smaller MTU says so by ICMP; the next UDP datagrams leave in fragments that fit.',
         'a connected UDP socket sends 1472 bytes to 10.0.1.1:5000 three times, 200 ms apart; the second send fails with EMSGSIZE, which tells it the path is narrow')
def pmtu_udp(n):
    far = n.routed(1, 1400)
    n.app('p', 'udp_sink', far, 5000, 2, ready=True)
    n.start()
    n.do('h', 'pmtu_udp', far, 5000)


@capture('TCP meets a router with a smaller MTU: "fragmentation needed" comes back, and the data goes again in smaller segments.',
         'client: connects to 10.0.1.1:7000, writes 20000 bytes with one call, closes')
def pmtu_tcp(n):
    # The peer's link is narrow, but its MSS says 1460: only the router knows.
    far = n.routed(1, 1400)
    n.run('p', 'ip route replace 10.0.0.0/24 via 10.0.1.2 advmss 1460')
    n.app('p', 'sink', far, 7000, ready=True)
    n.start()
    n.do('h', 'source', far, 7000, 20000)


@capture('The host is a router: ping and TCP pass through it, in by one card and out by the other, with a TTL one less; what has no hops left, or no route, is refused.',
         'none: the host only passes packets on',
         'through it: ping -c 2 -i 0.5 10.0.1.1 from 10.0.0.1, then a TCP conversation between the two',
         'then from 10.0.0.1: a UDP datagram to 10.0.1.1:33434 with TTL 1, a ping to 10.9.9.9, where no route leads, '
         'and one to 10.0.5.1, which 10.0.0.1 could send to 10.0.0.3 itself')
def router(n):
    n.router()
    n.app('r', 'echo_server', '10.0.1.1', 7000, ready=True)
    n.start()
    n.try_ping('p', '-c', '2', '-i', '0.5', '10.0.1.1')
    n.do('p', 'echo_client', '10.0.1.1', 7000)
    n.do('p', 'short_lived', '10.0.1.1', 33434, 1)
    time.sleep(0.1)
    n.try_ping('p', '-c', '1', '-W', '1', '10.9.9.9')
    n.try_ping('p', '-c', '1', '-W', '1', '10.0.5.1')


@capture('A program sleeps while 40 datagrams come: its receive buffer holds seven, the others are dropped; then it reads and answers.',
         'UDP socket on 10.0.0.2:5000 with SO_RCVBUF 8192: waits for the first datagram, sleeps 2 s, reads, and answers each with its number')
def full_buffer(n):
    n.direct()
    n.warm()
    n.app('h', 'late_reader', HOST, 5000, 8192, 2, 1.5, ready=True)
    n.start()
    n.do('p', 'numbered', HOST, 5000, 40, 2.5, 3)
    c = n.counters('h', 'Udp')
    n.notes = ['#: program udp %s:5000 rcvbuf 8192 reads 2s after the first datagram' % HOST,
               '# The recording kernel counted: Udp InDatagrams %d, InErrors %d, RcvbufErrors %d.' % (c['InDatagrams'], c['InErrors'], c['RcvbufErrors'])]


@capture('One data segment is lost: SACK tells which, and fast retransmit sends it again without waiting for a timer.',
         'client: connects to 10.0.0.1:7000, writes 60000 bytes with one call, closes')
def loss(n):
    n.direct(wire={'ms': 10, 'rules': [['a', 'data', [3], 'drop']]})
    n.warm()
    n.app('p', 'sink', PEER, 7000, ready=True)
    n.start()
    n.do('h', 'source', PEER, 7000, 60000)


@capture('The last segment and its tail loss probe are lost: only the retransmission timer (RTO) is left.',
         'client: connects to 10.0.0.1:7000, writes "hello\\n", reads the answer, closes')
def rto(n):
    n.direct(wire={'ms': 10, 'rules': [['a', 'data', [1, 2], 'drop']]})
    n.warm()
    n.app('p', 'echo_server', PEER, 7000, ready=True)
    n.start()
    n.do('h', 'echo_client', PEER, 7000)


@capture('The first SYN is lost: it goes again after one second.',
         'client: connects to 10.0.0.1:7000, writes "hello\\n", reads the answer, closes')
def syn_loss(n):
    n.direct(wire={'ms': 10, 'rules': [['a', 'syn', [1], 'drop']]})
    n.warm()
    n.app('p', 'echo_server', PEER, 7000, ready=True)
    n.start()
    n.do('h', 'echo_client', PEER, 7000)


@capture('Segments arrive in the wrong order: the host queues them, and its ACKs carry SACK blocks until the gap is filled.',
         'server on 10.0.0.2:7000: accepts, reads to the end, closes')
def reorder(n):
    n.direct(wire={'ms': 10, 'rules': [['b', 'data', [4, 14], 'behind', 2]]})
    n.warm()
    n.app('h', 'sink', HOST, 7000, ready=True)
    n.start()
    n.do('p', 'source', HOST, 7000, 30000)


@capture('The host stops reading: its window closes to zero, the peer probes, and the window opens when the program reads.',
         'server on 10.0.0.2:7000 with SO_RCVBUF 8192 set before listen: accepts, sleeps 2 s, reads to the end, closes')
def zero_window(n):
    n.direct()
    n.warm()
    n.app('h', 'lazy_sink', HOST, 7000, 2, ready=True)
    n.start()
    n.do('p', 'slow_source', HOST, 7000, 12)


@capture('The other side of a closed window: the host has data to send, may not, and probes.',
         'client: connects to 10.0.0.1:7000, writes 1448 bytes 12 times, 60 ms apart, closes')
def window_probe(n):
    n.direct()
    n.warm()
    n.app('p', 'lazy_sink', PEER, 7000, 2, ready=True)
    n.start()
    n.do('h', 'slow_source', PEER, 7000, 12)


@capture('Slow start: over a path of 40 ms the bursts grow with each round trip.',
         'client: connects to 10.0.0.1:7000, writes 200000 bytes with one call, closes')
def slow_start(n):
    n.direct(wire={'ms': 20})
    n.warm()
    n.app('p', 'sink', PEER, 7000, ready=True)
    n.start()
    n.do('h', 'source', PEER, 7000, 200000)


@capture('A server answers four questions at once, then two late: its ACK waits 40 ms for the first late answer and then goes alone; the next ACK goes at once.',
         'server on 10.0.0.2:7000: accepts; answers each question with "answer\\n", from the fifth on after sleeping 0.2 s; closes at the end')
def delayed_ack(n):
    n.direct()
    n.warm()
    n.app('h', 'tiring_answers', HOST, 7000, 4, 0.2, ready=True)
    n.start()
    n.do('p', 'asks', HOST, 7000, 6)


@capture('Ten-byte writes over a path of 40 ms: Nagle holds small data back until the last is acknowledged.',
         'client: connects to 10.0.0.1:7000, writes 10 bytes 20 times, 4 ms apart, closes')
def nagle(n):
    n.direct(wire={'ms': 20})
    n.warm()
    n.app('p', 'sink', PEER, 7000, ready=True)
    n.start()
    n.do('h', 'small_writes', PEER, 7000, 20)


@capture('An idle connection with keepalive: a probe each second, each answered.',
         'client: connects to 10.0.0.1:7000, sets SO_KEEPALIVE with TCP_KEEPIDLE 1 and TCP_KEEPINTVL 1, writes 10 bytes, sleeps 2.6 s, closes')
def keepalive(n):
    n.direct()
    n.warm()
    n.app('p', 'sink', PEER, 7000, ready=True)
    n.start()
    n.do('h', 'keepalive', PEER, 7000)


@capture('Two ways to a reset: a server closes with data unread, then a client aborts with SO_LINGER 0.',
         'server on 10.0.0.2:7000: accepts, sleeps 0.2 s, closes without reading',
         'then client: connects to 10.0.0.1:7001, writes 11 bytes, waits 0.1 s, closes with SO_LINGER 0')
def reset(n):
    n.direct()
    n.warm()
    n.app('h', 'close_unread', HOST, 7000, ready=True)
    n.app('p', 'sink_quiet', PEER, 7001, ready=True)
    n.start()
    n.do('p', 'talk_into_rst', HOST, 7000)
    n.do('h', 'abort', PEER, 7001)


@capture('The last ACK of a close is lost: the host is in TIME_WAIT and answers the repeated FIN.',
         'client: connects to 10.0.0.1:7000, writes "bye\\n", shuts its side down, reads to the end, closes')
def time_wait(n):
    n.direct(wire={'ms': 5, 'rules': [['a', 'last-ack', [1], 'drop']]})
    n.warm()
    n.app('p', 'sink', PEER, 7000, ready=True)
    n.start()
    n.do('h', 'first_to_close', PEER, 7000)
    time.sleep(1)


@capture('The host joins a multicast group, gets a datagram sent to it, and leaves: IGMPv3 reports.',
         'binds UDP port 5000, joins 239.1.2.3 on eth0, reads one datagram, waits 1.5 s, leaves, waits 1.5 s')
def multicast(n):
    n.direct()
    n.start()
    n.app('h', 'join', '239.1.2.3', 5000, ready=True)
    n.do('p', 'to_group', '239.1.2.3', 5000)


@capture('IPv6: neighbour discovery finds the address, then ping and a TCP conversation.',
         'ping -c 2 -i 0.5 fd00::1',
         'then client: connects to [fd00::1]:7000, writes "hello\\n", reads the answer, closes')
def ipv6(n):
    n.direct(v6=True)
    n.local = 'fd00::2'
    time.sleep(4)  # duplicate address detection and multicast reports are over
    n.run('p', 'ip -6 neigh flush dev eth0')
    n.run('h', 'ip -6 neigh flush dev eth0')
    n.app('p', 'echo_server', 'fd00::1', 7000, ready=True)
    n.start()
    n.run('h', 'ping -q -c 2 -i 0.5 fd00::1')
    n.do('h', 'echo_client', 'fd00::1', 7000)


@capture('The host is on VLAN 5: ARP, ping and TCP, each frame with a tag of four bytes.',
         'ping -c 1 10.0.0.1',
         'then client: connects to 10.0.0.1:7000, writes "hello\\n", reads the answer, closes')
def vlan(n):
    # This kernel has no 802.1Q module. The frames are the host's own; the tag
    # that eth0.5 would put on is put on when the capture is converted.
    n.direct()
    n.vlan = 5
    n.app('p', 'echo_server', PEER, 7000, ready=True)
    n.start()
    n.run('h', 'ping -q -c 1 ' + PEER)
    n.do('h', 'echo_client', PEER, 7000)


@capture('The same web page with offloads on: frames larger than the MTU and checksums that are not yet filled in.',
         'server on 10.0.0.2:80: accepts, reads the request, writes a header and 30000 bytes with one call, closes')
def offload(n):
    n.direct(offload=True)
    n.app('h', 'page_server', HOST, 80, 30000, ready=True)
    n.start()
    n.do('p', 'page_client', HOST, 80)


def sink_quiet(addr, port):
    """Reads until the connection ends, however it ends."""
    s = listen(addr, int(port))
    try:
        read_all(s)
    except OSError:
        pass
    s.close()


App.sink_quiet = sink_quiet


# ---------------------------------------------------------------- main

def host_file(n, apps):
    cards = 'one network card eth0' if len(n.macs) == 1 else 'network cards ' + ' and '.join(n.macs)
    head = ['# The host that recorded %s.pcapng: Linux %s, %s.' % (n.name, '.'.join(os.uname().release.split('.')[:2]), cards)]
    lines = list(n.host_lines)
    if n.vlan:
        head.append('# The recording kernel had no 802.1Q module: the tag was put on when the capture was converted.')
        up = lines.index('ip link set eth0 up')
        addr = [i for i in lines if i.startswith('ip addr add')][0]
        lines.remove(addr)
        lines = lines[:up] + ['ip link add link eth0 name eth0.%d type vlan id %d' % (n.vlan, n.vlan),
                              addr.replace('eth0', 'eth0.%d' % n.vlan), 'ip link set eth0.%d up' % n.vlan]
    return '\n'.join(head + lines + ['# app: ' + a for a in apps] + n.notes) + '\n'


def record(name, apps, fn):
    n = Net(name)
    try:
        fn(n)
        n.stop()
        count = convert([(d.raw, d.dev, n.macs[d.dev]) for d in n.dumps], os.path.join(OUT, name + '.pcapng'), n.vlan)
        for d in n.dumps:
            os.remove(d.raw)
        with open(os.path.join(OUT, name + '.host'), 'w') as f:
            f.write(host_file(n, apps))
        print('%-16s %4d frames' % (name, count), flush=True)
        return n.local
    finally:
        n.clean()


def main(names):
    if os.geteuid() != 0:
        sys.exit('record.py: needs root, for network namespaces')
    os.sched_setaffinity(0, {0})  # one processor: frames are seen in the order they were sent
    os.makedirs(OUT, exist_ok=True)
    # A namespace may only choose what the machine allows; put back afterwards.
    key = 'net.ipv4.tcp_allowed_congestion_control'
    allowed = sh('sysctl', '-n', key).stdout.split()
    if 'cubic' not in allowed:
        sh('sysctl', '-qw', '%s=%s' % (key, ' '.join(allowed + ['cubic'])))
    try:
        for name, _, apps, fn in CAPTURES:
            if not names or name in names:
                record(name, apps, fn)
    finally:
        if 'cubic' not in allowed:
            sh('sysctl', '-qw', '%s=%s' % (key, ' '.join(allowed)))
    with open(os.path.join(HERE, 'index.txt'), 'w') as f:
        for name, shows, _, _ in CAPTURES:
            local = 'fd00::2' if name == 'ipv6' else HOST
            f.write('\t'.join([name, name + '.pcapng', local, shows]) + '\n')


if __name__ == '__main__':
    if sys.argv[1:2] == ['--app']:
        signal.alarm(LIMIT)
        getattr(App, sys.argv[2])(*sys.argv[3:])
    else:
        main(sys.argv[1:])
