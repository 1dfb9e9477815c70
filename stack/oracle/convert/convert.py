#!/usr/bin/env python3
"""Turns recordings of a real kernel into the test data of package oracle.

    convert.py KERNEL OUT [family letters or scenario ids ...]

KERNEL is the folder with recordings/, recorder/ and stability.json (see
schema.md there); OUT gets one JSON file for each scenario, and the sysctls of
a fresh namespace of that kernel (sysctl-baseline.txt). Without names the
families a, b, c, f and g are converted.

A scenario becomes one record for each host, because a model can then be run
on one host alone: what was set up on it, what came in from outside (frames,
commands, system calls, loss of carrier) in time order, and what the kernel of
that host did with it. Times are nanoseconds since the recording began.
"""
import ast, errno as _errno, glob, importlib, json, os, re, shlex, socket as _socket, struct, sys

KERNEL, OUT = sys.argv[1:3]
WHICH = sys.argv[3:] or ['a', 'b', 'c', 'f', 'g']
sys.path.insert(0, os.path.join(KERNEL, 'recorder'))
pkt = importlib.import_module('pkt')

def load(d, f): return json.load(open(os.path.join(d, f)))
def ns(us): return int(round(us * 1000))

# --------------------------------------------------------------- the frames
def runs(b):
    """hex, with (xx*n) for long runs of a byte"""
    return ''.join('(%02x*%d)' % (m[1][0], len(m[0])) if m[1] else m[0].hex() for m in re.finditer(rb'(?s)(.)\1{63,}|.', b))

class Frames:
    """The frames of a scenario, each content once; hosts refer to them by number."""
    def __init__(s): s.list = []; s.at = {}
    def add(s, b):
        if b not in s.at: s.at[b] = len(s.list); s.list.append(runs(b))
        return s.at[b]

def captured(d, meta):
    """all captured frames, complete: (t ns, host, dev, direction, bytes)"""
    w0 = meta['mono_to_real_ns'] + meta['t0_mono_ns']
    dirs = {}
    for p in load(d, 'packets.json'): dirs.setdefault((p['ns'], p['dev']), []).append(p['dir'])
    out = []
    for f in sorted(glob.glob(d + '/raw/*.pcap')):
        host, dev = os.path.basename(f)[:-5].split('-', 1)
        rows = sorted(((t - w0, b, ol) for t, b, ol, lt in pkt.read_pcap(f) if t >= w0), key=lambda r: r[0])
        dr = dirs.get((host, dev), [])
        assert len(dr) == len(rows), (f, len(dr), len(rows))
        for (t, b, ol), x in zip(rows, dr):
            assert len(b) == ol, 'a frame was cut in ' + f
            assert x in ('in', 'out', 'lo'), (f, x)
            out.append((t, host, dev, x, b))
    have = {(h, dv) for _, h, dv, _, _ in out} | {tuple(os.path.basename(f)[:-5].split('-', 1)) for f in glob.glob(d + '/raw/*.pcap')}
    for l in meta['links']:                    # a port that nobody captured: what its other end saw, turned round
        for me, other in ((l['a'], l['b']), (l['b'], l['a'])):
            if (me[0], me[1]) in have: continue
            out += [(t, me[0], me[1], 'in' if x == 'out' else 'out', b) for t, h, dv, x, b in list(out) if (h, dv) == (other[0], other[1])]
    for l in meta['links']:                    # a frame that a filter sent out with a stranger's source address looks as if it came in; the other end got it later
        for me, other in ((l['a'], l['b']), (l['b'], l['a'])):
            theirs = {(b, t) for t, h, dv, x, b in out if (h, dv) == (other[0], other[1]) and x == 'in'}
            out = [(t, h, dv, 'out' if x == 'in' and (h, dv) == (me[0], me[1]) and any(b == c and 0 < u - t < 1e6 for c, u in theirs) else x, b) for t, h, dv, x, b in out]
    return sorted(out, key=lambda r: r[0])

# ------------------------------------------------- Python statements -> calls
SOPT = {(1, 2): 'SO_REUSEADDR', (1, 8): 'SO_RCVBUF', (1, 7): 'SO_SNDBUF', (1, 36): 'SO_MARK', (1, 4): 'SO_ERROR', (1, 6): 'SO_BROADCAST', (1, 9): 'SO_KEEPALIVE', (1, 13): 'SO_LINGER', (1, 15): 'SO_REUSEPORT',
        (0, 1): 'IP_TOS', (0, 2): 'IP_TTL', (0, 10): 'IP_MTU_DISCOVER', (0, 11): 'IP_RECVERR', (0, 14): 'IP_MTU', (0, 35): 'IP_ADD_MEMBERSHIP', (0, 36): 'IP_DROP_MEMBERSHIP', (6, 1): 'TCP_NODELAY', (6, 3): 'TCP_CORK', (6, 4): 'TCP_KEEPIDLE', (6, 5): 'TCP_KEEPINTVL', (6, 6): 'TCP_KEEPCNT', (6, 11): 'TCP_INFO', (41, 25): 'IPV6_RECVERR'}
FAM = {2: 'inet', 10: 'inet6'}; TYP = {1: 'stream', 2: 'dgram', 3: 'raw'}
SYSCALL = {'read': 'read', 'write': 'write', 'send': 'sendto', 'sendto': 'sendto', 'recv': 'recvfrom', 'recvfrom': 'recvfrom', 'recverr': 'recvmsg', 'connect': 'connect', 'bind': 'bind', 'listen': 'listen', 'close': 'close', 'accept': 'accept4'}
INFO = ('state', 'ca_state', 'retransmits', 'probes', 'backoff', 'snd_mss', 'rcv_mss', 'advmss', 'pmtu', 'unacked', 'sacked', 'lost', 'retrans', 'snd_cwnd', 'total_retrans')

class Tok:
    """what a call returned, to be filled with what was recorded"""
    def __init__(s, call, path=()): s.call, s.path = call, path
    def __getitem__(s, k): return Tok(s.call, s.path + (k if isinstance(k, (int, str)) else 'slice',))
    def decode(s, *a): return s
    def hex(s): return Tok(s.call, s.path + ('hex',))
    def __iter__(s): return iter(())           # list(peer): not compared
    def __radd__(s, k): return (k if isinstance(k, list) else []) + [s]    # _ += recv(): one for each call

def data(c, b):
    """how the bytes sent are written: text, and how often it is repeated"""
    if len(b) > 64 and b == b[:1] * len(b): c['text'], c['times'] = b[:1].decode('latin1'), len(b)
    else: c['text'] = b.decode('latin1')

class Program:
    """The program on one host. It runs the recorded statements against sockets that only write down what is called."""
    def __init__(s, host, answer, device, rows):
        s.host, s.calls, s.nfd, s.t, s.answer, s.device, s.rows = host, [], 3, 0, answer, device, rows
        P = s
        class Sock:
            def __init__(k, fam=2, typ=1, proto=0, fd=None):
                k.fd = fd; k.timeout = None; k.open = True; k.ret = []
                if fd is None:
                    k.fd = P.nfd; P.nfd += 1
                    P.call('socket', k.fd, family=FAM[int(fam)], type=TYP[int(typ)], **({'proto': int(proto)} if proto else {}))
            def wait(k):
                return {} if k.timeout is None else {'timeout_ms': int(k.timeout * 1000)} if k.timeout else {'nonblock': True}
            def bind(k, a): return Tok(P.call('bind', k.fd, addr=P.addr(a)))
            def listen(k, n=128): return Tok(P.call('listen', k.fd, backlog=n))
            def connect(k, a): return Tok(P.call('connect', k.fd, addr=P.addr(a), **k.wait()))
            def connect_ex(k, a): return Tok(P.call('connect', k.fd, addr=P.addr(a), **k.wait()), ('errno',))
            def accept(k):
                fd = P.nfd; P.nfd += 1
                c = P.call('accept', k.fd, newfd=fd, **k.wait()); return Sock(fd=fd), Tok(c, ('from',))
            def send(k, b):
                c = P.call('send', k.fd, **k.wait()); data(c, b); c['want'] = {'ret': len(b)}; return Tok(c)
            def sendall(k, b): k.send(b)
            def sendto(k, b, a):
                c = P.call('sendto', k.fd, addr=P.addr(a), **k.wait()); data(c, b); c['want'] = {'ret': len(b)}; return Tok(c)
            def recv(k, n):
                c = P.call('recv', k.fd, n=n, **k.wait())
                if P.rets is not None:         # a loop: how often it read, and how much, only the trace tells
                    r = P.rets.pop(0) if P.rets else -11
                    if r < 0: c['want'] = {'errno': _errno.errorcode[-r]}; raise OSError(-r, '')
                    c['want'] = {'ret': r}; return b'x' * r
                if P.budget is not None:
                    P.budget -= 1
                    if P.budget < 0: c['want'] = {'errno': 'EAGAIN'}; raise BlockingIOError()
                return Tok(c)
            def recvfrom(k, n): c = P.call('recvfrom', k.fd, n=n, **k.wait()); return Tok(c), Tok(c, ('from',))
            def setsockopt(k, lv, op, v):
                o = SOPT[(int(lv), int(op))]
                if o.endswith('_MEMBERSHIP'):  # the group, and the device of the address behind it
                    return Tok(P.call('setsockopt', k.fd, opt=o, addr=_socket.inet_ntoa(v[:4]) + ':0', value=P.device(_socket.inet_ntoa(v[4:]))))
                if o == 'SO_LINGER':           # seconds, -1: off
                    on, v = struct.unpack('ii', v); v = v if on else -1
                return Tok(P.call('setsockopt', k.fd, opt=SOPT[(int(lv), int(op))], value=v))
            def getsockopt(k, lv, op, n=0): return Tok(P.call('getsockopt', k.fd, opt=SOPT[(int(lv), int(op))]), ('value',))
            def getsockname(k): return Tok(P.call('getsockname', k.fd), ('addr',))
            def getpeername(k): return Tok({})     # not compared
            def settimeout(k, v): k.timeout = v
            def setblocking(k, v): k.timeout = None if v else 0
            def shutdown(k, how): P.call('shutdown', k.fd, n=how)
            def close(k):
                if k.open: k.open = False; P.call('close', k.fd)
            def __del__(k):
                if k.open and not P.over: k.close()
        s.over = False; s.budget = s.rets = None
        class SockMod:
            socket = Sock
            def __getattr__(m, k): return getattr(_socket, k)
        class Time:
            def sleep(m, x): P.t += int(x * 1e9)
        class Threads:
         class Thread:                         # what it does fits into the send buffer: it does not wait
             def __init__(m, target, daemon): m.target = target
             def start(m): m.target()
        class Code:
            def get(m, t, d=None): return Tok(t.call, t.path + ('name',)) if isinstance(t, Tok) else _errno.errorcode.get(t, d)
        class OS:
            def read(m, fd, n): return Tok(P.call('read', fd, by=P.host, n=n))
            def write(m, fd, b): P.call('write', fd, by=P.host, text=b.decode('latin1'))
            def close(m, fd): P.call('close', fd)
        class Errno:
            errorcode = Code()
            def __getattr__(m, k): return getattr(_errno, k)
        def tryx(f, *a): return f(*a)
        def lsock(port, addr='0.0.0.0', backlog=8, fam=2, **o):
            k = Sock(fam, 1); k.setsockopt(1, 2, 1)
            if 'rcvbuf' in o: k.setsockopt(1, 8, o['rcvbuf'])
            k.bind((addr, port)); k.listen(backlog); return k
        def csock(port=0, addr='', fam=2, nb=False, **o):
            k = Sock(fam, 1); k.setsockopt(1, 2, 1)
            for n, v in (('rcvbuf', 8), ('sndbuf', 7)):
                if n in o: k.setsockopt(1, v, o[n])
            if port or addr: k.bind((addr, port))
            if nb: k.setblocking(False)
            return k
        def tcpinfo(k): return Tok(P.call('getsockopt', k.fd, opt='TCP_INFO'), ('info',))
        def rd():
            """the function of that name in b12: SO_ERROR, then the error queue until it is empty"""
            for n, k in P.G['U'].items():
                e, q = P.recorded[n]
                P.call('getsockopt', k.fd, opt='SO_ERROR')['want'] = {'value': code(e)}
                for x in q: P.call('recverr', k.fd, nonblock=True)['want'] = {'err': [code(x[0])] + x[1:]}
                P.call('recverr', k.fd, nonblock=True)['want'] = {'errno': 'EAGAIN'}
        def length(x): return Tok(x.call, x.path + ('len',)) if isinstance(x, Tok) else len(x)
        s.G = {'struct': struct, 'socket': SockMod(), 'time': Time(), 'threading': Threads(), 'errno': Errno(), 'tryx': tryx, 'lsock': lsock, 'csock': csock, 'tcpinfo': tcpinfo, 'rd': rd, 'len': length, 'os': OS(), 't': 3}
    def addr(s, a):
        if isinstance(a, Tok): return s.answer(s.t0, a.call)
        h = a[0] or '0.0.0.0'
        return ('[%s]:%d' if ':' in h else '%s:%d') % (h, a[1])
    def call(s, op, fd, **k):
        c = {'t': s.t, 'call': op, 'fd': fd}; c.update(k); s.calls.append(c); return c
    def run(s, e):
        """one statement of the timeline -> its calls"""
        s.calls = []; s.t = s.t0 = ns(e['t0']); s.recorded = e.get('ret'); s.G['_'] = None
        assert 'err' not in e, e
        s.budget = len(e['ret']) if re.search(r'while 1:\n  try: _(\.append|\+=)', e['what']) else None
        s.rets = [x['ret'] for j in s.rows if j['by'] == 'syscall recvfrom by ' + s.host and e['t0'] <= j['t'] <= e['t1'] for x in j['steps'] if 'ret' in x] if re.search(r'while 1:\n +d=s\.recv', e['what']) else None
        tree = ast.parse(e['what'])
        tree.body = [b for b in tree.body if not (isinstance(b, ast.FunctionDef) and b.name == 'rd') and not isinstance(b, ast.Import)]
        exec(compile(tree, '<statement>', 'exec'), s.G)
        fill(s.G['_'], e.get('ret')); s.G['_'] = None
        return s.calls

# ------------------------------------- programs of which only the trace tells
def served(rows, host, t0, send):
    """a thread that reads, and answers some of what it reads: its calls are those of the trace"""
    out = []
    for j in rows:
        t, ret = ns(j['t']), next((x['ret'] for x in j['steps'] if 'ret' in x), None)
        if t < t0 or ret is None: continue
        if j['by'] == 'syscall recvfrom by ' + host: out.append({'t': t, 'call': 'recv', 'fd': 4, 'n': 65536, 'want': {'ret': ret}})
        if j['by'] == 'syscall sendto by ' + host: out.append({'t': t, 'call': 'send', 'fd': 4, 'text': send[ret], 'want': {'ret': ret}})
    return out

def netcat(line, rows, t0, t1):
    """nc: the calls of the trace, and those that leave none there. It reads when poll says that something is there."""
    listens = ' -l ' in line; local = line.split('-l ')[1].replace(' ', ':') if listens else '0.0.0.0:40000'
    fd, out = 4 if listens else 3, []
    w = re.match(r'printf (\w+)', line)
    def add(op, t, fd, **k): out.append(dict({'t': t, 'call': op, 'by': 'nc', 'fd': fd}, **k))
    mine = [j for j in rows if j['by'].endswith(' by nc') and t0 <= ns(j['t']) <= t1]
    first = ns(mine[0]['t'])
    add('socket', first, 3, family='inet', type='stream')
    add('setsockopt', first, 3, opt='SO_REUSEADDR', value=1)
    if not listens: add('bind', first, 3, addr=local)
    for j in mine:
        t, op, ret = ns(j['t']), j['by'].split()[1], next((x['ret'] for x in j['steps'] if 'ret' in x), None)
        if op == 'bind': add(op, t, 3, addr=local)
        elif op == 'listen': add(op, t, 3, backlog=1); add('accept', t, 3, newfd=4)
        elif op == 'connect': add(op, t, 3, addr='10.0.1.2:8080')
        elif op == 'write': add(op, t, fd, text=w[1], want={'ret': ret})
        elif op == 'shutdown': add(op, t, fd, n=1)
        elif op == 'read': add(op, t, fd, n=16384, want={'ret': ret})
        elif op in ('close', 'exit_group'): break
        else: raise ValueError(op)
    t = ns(mine[-1]['t'])
    add('close', t, fd)
    if listens: add('close', t, 3)
    return out

def code(x): return getattr(_errno, x) if isinstance(x, str) else x
def fill(t, v):
    if isinstance(t, list):
        for a, b in zip(t, v or []): fill(a, b)
        return
    if not isinstance(t, Tok): return
    c = t.call; w = c.setdefault('want', {}); p = t.path
    if isinstance(v, str) and v.startswith('ERR '):
        w.pop('ret', None); w['errno'] = {'timed out': 'EAGAIN'}.get(v[4:], v[4:])
    elif p[-1:] == ('len',): w['ret'] = v
    elif p[-1:] == ('hex',): w['ret'] = len(v) // 2            # a packet: it has an IP id
    elif p[:1] == ('errno',): w['errno'] = _errno.errorcode[v] if v else ''
    elif p[:1] == ('value',): w['value'] = code(v)
    elif p[:1] == ('addr',): w['addr'] = v if isinstance(v, str) else v[0]
    elif p[:1] == ('info',): w.setdefault('info', {}).update({p[1]: v} if len(p) > 1 else {k: v[k] for k in INFO})
    elif 'slice' in p: w['prefix'] = v
    elif isinstance(v, str): w['text'] = v; w['ret'] = len(v)
    elif isinstance(v, int): w['ret'] = v

# ---------------------------------------------------------------- commands
def plain(line, netns):
    """a command without the prefix that chose the namespace; None if it is for another one"""
    m = re.match(r'ip netns exec (\S+) (.*)', line)
    if m: return m[2].replace('sysctl -qw', 'sysctl -w') if m[1] == netns else None
    m = re.match(r'ip -n (\S+) (.*)', line)
    if m: return 'ip ' + m[2] if m[1] == netns else None
    return None

def setup(meta, role):
    netns = meta['hosts'][role]['netns']; nft = iter([t for r, t in meta['nft_input'] if r == role]); out = []
    for l in meta['setup']:
        if l.startswith('nft -f - (in %s)' % netns): out.append("nft -f - <<'EOF'\n" + next(nft).strip('\n') + '\nEOF'); continue
        m = re.match(r"\(agent of (\S+)\) .*struct\.pack\('16sH',b'(\w+)',(\w+)\)", l.replace('\n', ' '))
        if m:                                  # the host's program opens a tun or tap device, and keeps it
            if m[1] == role: out.append('/dev/net/tun %s %s' % (m[2], m[3]))
            continue
        if re.match(r'ip link add \S+ index \d+ netns', l) or l.startswith('nft -f - (in '): continue      # the links are under devices
        m = re.match(r'ip (?:-n|netns exec) (\S+)', l)
        assert m and any(h['netns'] == m[1] for h in meta['hosts'].values()), l
        c = plain(l, netns)
        if c: out.append(c)
    return out

def ping(line, e, rows, frames, role):
    w = shlex.split(line); c = {'call': 'ping', 'cmd': line, 'count': 1, 'timeout_ms': 10000, 'interval_ms': 1000}; i = 1
    opt = {'-c': ('count', int), '-W': ('timeout_ms', lambda x: int(float(x) * 1000)), '-i': ('interval_ms', lambda x: int(float(x) * 1000)), '-t': ('ttl', int), '-Q': ('tos', lambda x: int(x, 0)), '-s': ('size', int)}
    while i < len(w):
        if w[i] in opt: k, f = opt[w[i]]; c[k] = f(w[i + 1]); i += 2
        elif w[i] == '-6': i += 1
        elif w[i].startswith('-'): raise ValueError(line)
        else: c['addr'] = w[i]; i += 1
    t0, t1 = ns(e['t0']), ns(e['t1'])
    c['t'] = next((ns(j['t']) for j in rows if j['by'].endswith(' by ping') and t0 <= ns(j['t']) <= t1), t0)
    for t, h, dv, x, b in frames:
        if h != role or x == 'in' or not t0 <= t <= t1: continue
        i = pkt.dec_eth(b); q = (i.get('ip') or i.get('ip6') or {}); q = q.get('icmp') or q.get('icmp6') or {}
        if q.get('name') == 'echo-request': c['id'] = q['id']; break
    m = re.search(r'(\d+) packets transmitted, (\d+) received', e['out']); c['want'] = {'rc': e['rc'], 'sent': int(m[1]), 'received': int(m[2])}
    return c

# ------------------------------------------------- numbers that a kernel draws
def chosen(frames, role, commands):
    ports, tcp, seen = [], [], set()
    own = {m[1] for c in commands for m in [re.match(r'ip addr add ([^/ ]+)', c)] if m} | {'127.0.0.1'}
    for t, h, dv, x, b in frames:
        if h != role or x == 'in': continue
        d = pkt.dec_eth(b); i = d.get('ip') or d.get('ip6') or {}
        for p in ('tcp', 'udp'):
            q = i.get(p)
            if not q or i['src'] not in own: continue
            f = '[%s]:%d' if 'ip6' in d else '%s:%d'; l, r = f % (i['src'], q['sport']), f % (i['dst'], q['dport'])
            if 50000 <= q['sport'] <= 60999 and (p, l, r) not in seen: seen.add((p, l, r)); ports.append({'proto': p, 'local': l, 'remote': r})
            if p == 'tcp' and 'S' in q['flags'] and (l, r) not in seen:
                seen.add((l, r)); ts = next((o for o in q['opts'] if o[0] == 'ts'), None)
                tcp.append(dict({'t': t, 'local': l, 'remote': r, 'isn': q['seq']}, **({'tsval': ts[1]} if ts else {})))
    return {k: v for k, v in (('ports', ports), ('tcp', tcp)) if v}

# ---------------------------------------------------------------- one scenario
# What schema.md section 5 calls incomparable although two recordings within one
# boot were the same: the choice between equal next hops hangs on a key drawn at boot.
NEVER = {'c21_ecmp': ('wire', 'skb_rx', 'skb_tx', 'drops', 'consumed', 'fib', 'icmp_send', 'neigh', 'journeys', 'mib')}
KIND = {'drops': 'drop', 'consumed': 'consumed', 'icmp_send': 'icmp_send', 'tcp_states': 'state', 'neigh': 'neigh', 'tcp_send_reset': 'rst', 'data_ready': 'ready', 'sk_error': 'error', 'ca_state': 'ca', 'fdb_update': 'fdb', 'skb_rx': 'rx', 'skb_tx': 'tx'}
def of_host(oracle, sec, role):
    v = oracle.get(sec) or []
    return v.get(role, []) if isinstance(v, dict) else [x for x in v if x['ns'] == role]

def offloaded(journeys):
    """what a veth hands over besides a frame's bytes: that its checksum is still to be filled in, and the gso_size"""
    gso = {s['pkt']: s['gso'][0] for j in journeys for s in j['steps'] if 'tx' in s and 'gso' in s}
    def undone(b):
        i = pkt.dec_eth(b).get('ip') or {}; t = i.get('tcp')
        if not t or t['csum_ok']: return {}
        l = '%s:%d > %s:%d TCP [%s] len %d ttl %d' % (i['src'], t['sport'], i['dst'], t['dport'], t['flags'], t['len'], i['ttl'])
        return dict({'partial': True}, **({'gso': gso[l]} if l in gso else {}))
    return undone

def raw_nft(d, role):
    """the traces of all packets, in the order in which they began"""
    by = {}
    for l in open('%s/raw/nft-trace-%s.txt' % (d, role)):
        m = re.match(r'trace id (\S+) (\S+ \S+ \S+) (packet: (.*)|rule (.*) # handle (\d+) \(verdict (.*)\)|policy (\S+))', l)
        if m: by.setdefault(m[1], []).append([m[2], 'packet', m[4].strip()] if m[4] else [m[2], 'rule', m[5], int(m[6]), m[7]] if m[5] else [m[2], 'policy', m[8]])
    return list(by.values())

def convert(d, stable):
    meta, tl, points, oracle = load(d, 'meta.json'), load(d, 'timeline.json'), load(d, 'points.json'), load(d, 'oracle.json')
    journeys = load(d, 'journeys.json'); F = Frames(); cap = captured(d, meta); notes = []
    o = {'scenario': meta['name'], 'title': meta['title'], 'truth': meta['truth'], 'kernel': meta['kernel'], 'stable': [], 'unstable': [], 'hosts': []}
    for k, v in stable.get(meta['name'], {}).items():
        if k not in ('walks', 'timers', 'conntrack'): o['stable' if v == 'same' and k not in NEVER.get(meta['name'], ()) else 'unstable'].append(k)
    for role, hm in meta['hosts'].items():
        H = {'name': role}; rows = [j for j in journeys if j['ns'] == role]; o['hosts'].append(H)
        if not hm['traced']: H['untraced'] = True
        H['devices'] = [dict({'name': e[1], 'index': e[2], 'mac': e[3], 'mtu': 1500}, **({'offloads': l['offloads']} if l['offloads'] != 'off' else {})) for l in meta['links'] for e in (l['a'], l['b']) if e[0] == role]
        for l in meta['links']:                # a smaller MTU of the other end
            for me, other in ((l['a'], l['b']), (l['b'], l['a'])):
                m = [m for c in setup(meta, other[0]) for m in [re.match(r'ip link set %s mtu (\d+)' % other[1], c)] if m]
                for x in H['devices']:
                    if me[0] == role and x['name'] == me[1] and m and int(m[-1][1]) < 1500: x['peer_mtu'] = int(m[-1][1])
        sent = [{'t': t, 'dev': dv, 'frame': F.add(b)} for t, h, dv, x, b in cap if h == role and x != 'in']
        links = {x['name'] for x in H['devices']}; undone = offloaded(journeys) if any('offloads' in x for x in H['devices']) else lambda b: {}
        ins = [dict({'t': t, 'dev': dv, 'frame': F.add(b)}, **undone(b)) for t, h, dv, x, b in cap if h == role and x == 'in' and dv in links]    # what other devices get comes by these
        for x in ins if any('offloads' in x for x in H['devices']) else ():
            dec = next(p for p in load(d, 'packets.json') if ns(p['t']) == x['t'] or abs(ns(p['t']) - x['t']) < 1000 and p['ns'] == role and p['dir'] == 'in')
            l = re.sub(r' (seq|ack|win) \S+', '', dec['sum'])
            j = next((j for j in reversed(journeys) if j['ns'] != role and ns(j['t']) <= x['t'] and any('tx' in s and s['pkt'] == l for s in j['steps'])), None)
            if j and j['by'].startswith('syscall'): x['called'] = True
        H['captured'] = sorted({os.path.basename(f)[:-5].split('-', 1)[1] for f in glob.glob(d + '/raw/%s-*.pcap' % role)} | {x['name'] for x in H['devices']})
        if not hm['traced']: H['sent'] = sent; continue
        H['setup'] = setup(meta, role)
        ch = chosen(cap, role, H['setup'])
        if ch: H['chosen'] = ch
        def answer(t0, call):
            for t, h, dv, x, b in cap:
                i = pkt.dec_eth(b).get('ip') or {}
                if h == role and x == 'out' and t >= t0 and 'udp' in i: return '%s:%d' % (i['dst'], i['udp']['dport'])
            raise ValueError('no answer found')
        def device(a):
            c = next(m for m in (re.match(r'ip addr add %s/\d+ dev (\S+)' % re.escape(a), c) for c in H['setup']) if m)
            return next(x['index'] for x in H['devices'] if x['name'] == m[1]) if (m := c) else 0
        prog = Program(role, answer, device, rows); prog.nfd += sum(c.startswith('/dev/net/tun') for c in H['setup'])
        for e in tl:
            t0 = ns(e['t0'])
            if e['kind'] == 'point':
                if e['what'] != 'start': ins.append({'t': t0, 'point': e['what']})
            elif e['kind'] == 'inject':
                if e['ns'] != role: continue
                dev, hx = e['what'].split(' ')
                t = next((t for t, h, dv, x, b in cap if (h, dv, x) == (role, dev, 'out') and b.hex() == hx and t >= t0), t0)
                ins.append({'t': t, 'call': 'inject', 'dev': dev, 'frame': F.add(bytes.fromhex(hx))})
            elif e['kind'] == 'cmd' and e['ns'] == '':
                c = plain(e['what'], hm['netns'])
                if c: ins.append({'t': t0, 'cmd': c})
                m = re.match(r'ip -n (\S+) link set (\S+) (up|down)', e['what'])
                for l in meta['links'] if m else []:
                    for me, other in ((l['a'], l['b']), (l['b'], l['a'])):
                        if meta['hosts'][other[0]]['netns'] == m[1] and other[1] == m[2] and me[0] == role: ins.append({'t': t0, 'dev': me[1], 'carrier': m[3]})
            elif e['ns'] != role: continue
            elif 'nc -' in e['what']: ins += netcat((re.search(r"run\('([^']*)'", e['what']) or [0, e['what']])[1], rows, t0, next(x['t1'] * 1000 for x in tl[tl.index(e):] if x['kind'] in ('cmd', 'call-end') and x['ns'] == role))
            elif e['kind'] == 'call-end': pass
            elif 'target=srv' in e['what']: ins += served(rows, role, t0, {6: 'answer', 4: 'late'})
            elif e['kind'] == 'cmd' and e['what'].startswith('ping '): ins.append(ping(e['what'], e, rows, cap, role))
            elif e['kind'] == 'cmd':
                cs = [x.strip() for x in e['what'].split(';')]
                for c in cs: ins.append({'t': t0, 'cmd': c})
                ins[-1]['out'] = e['out']
            elif e['kind'] in ('call', 'call-start'):
                if e['kind'] == 'call-start': x = next(x for x in tl[tl.index(e):] if x['kind'] == 'call-end' and x['ns'] == role); e = dict(e, t1=x['t1'], ret=x.get('ret'))
                calls = prog.run(e)
                cand = [(ns(j['t']), j['by'].split()[1]) for j in rows if j['by'] in ('syscall %s by %s' % (x, role) for x in set(SYSCALL.values())) and ns(e['t0']) <= ns(j['t']) <= ns(e['t1'])]
                late = 0
                for c in calls:                # the time of the call itself where the trace has it
                    k = next((n for n, (t, sc) in enumerate(cand) if sc == SYSCALL.get(c['call'])), None)
                    if k is not None and cand[k][0] >= c['t']: late = cand[k][0]; cand = cand[k + 1:]
                    c['t'] = max(c['t'], late)
                ins += calls
            else: raise ValueError(e)
        prog.over = True
        order = {'point': 2}
        ins.sort(key=lambda x: (x['t'], 2 if 'point' in x else 1 if 'frame' not in x else 0))
        H['inputs'] = ins; H['sent'] = sent; H['until'] = ns(tl[-1]['t1'])
        by = {k: list(of_host(oracle, s, role)) for s, k in (('tcp_states', 'state'), ('icmp_send', 'icmp_send'))}
        for j in rows:
            for s in j['steps']:
                for k in by:
                    if next(iter(s)) == k:
                        # (in a row of its own, what came before it may be a row that began later)
                        n = next(n for n, x in enumerate(by[k]) if k != 'state' or (s['state'], s['sk']) == (x['from'] + '>' + x['to'], x['addr']))
                        s['by'] = by[k].pop(n)['by']
        H['rows'] = [dict({'t': ns(j['t']), 'by': j['by'], 'steps': j['steps']}, **({'nft': j['nft']} if 'nft' in j else {})) for j in rows]
        f = '%s/raw/nft-trace-%s.txt' % (d, role)
        if os.path.exists(f) and sum(len(r.get('nft', ())) for r in H['rows']) != len(t := raw_nft(d, role)) and any(x[0].startswith('bridge') for y in t for x in y):
            for r in H['rows']: r.pop('nft', None)       # the recorder could not tell the clones of a flooded packet apart
            H['rows'][0]['nft'] = t
        for sec, k in KIND.items():
            a, b = len(of_host(oracle, sec, role)), sum(next(iter(s)) == k for j in rows for s in j['steps'])
            if a != b: notes.append('%s %s: %d in oracle.json, %d in the rows' % (role, sec, a, b))
        H['mib'] = [{'until': p['label'], 't': p['t0'], 'counters': p['ns'][role]['mib']} for p in points[1:]]
    o['frames'] = F.list
    with open(os.path.join(OUT, meta['name'] + '.json'), 'w') as f: f.write(text(o))
    return notes

def text(o):
    """JSON with one row a line"""
    j = lambda x: json.dumps(x, separators=(',', ':'))
    rows = lambda v, ind: '[\n' + ',\n'.join(ind + ' ' + j(x) for x in v) + '\n' + ind + ']' if v else '[]'
    out = []
    for k, v in o.items():
        if k == 'frames': out.append(' "frames": ' + rows(v, ' '))
        elif k == 'hosts': out.append(' "hosts": [' + ',\n'.join('{\n' + ',\n'.join('  %s: %s' % (j(kk), rows(vv, '  ') if isinstance(vv, list) and kk != 'captured' else j(vv)) for kk, vv in h.items()) + '\n }' for h in v) + ']')
        else: out.append(' %s: %s' % (j(k), j(v)))
    return '{\n' + ',\n'.join(out) + '\n}\n'

def main():
    stable = json.load(open(os.path.join(KERNEL, 'stability.json'))); total = 0
    for d in sorted(glob.glob(os.path.join(KERNEL, 'recordings', '*'))):
        n = os.path.basename(d)
        if not any(n.split('_')[0] == w or len(w) == 1 and n.startswith(w) for w in WHICH): continue
        notes = convert(d, stable); total += os.path.getsize(os.path.join(OUT, n + '.json'))
        for x in notes: print('%s: %s' % (n, x))
    with open(os.path.join(OUT, 'sysctl-baseline.txt'), 'w') as f: f.write(open(os.path.join(KERNEL, 'sysctl-baseline.txt')).read())
    print('%d bytes' % total)

main()
