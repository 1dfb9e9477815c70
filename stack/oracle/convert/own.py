"""Our own situations (p01 to p19), in the manner of scenarios.py of the recorder:
put this file beside it and import it where record.py imports scenarios.

Not among the test data: p09 (a connect with a time limit), p11 (what p12 says
in less), p15 (a broadcast comes back to its sender, which one of the tests
cannot follow), p17 (a random nonce), p19 (two recordings were not the same)."""
import record
from record import scenario, M11, M21, M22, M31, BC
import pkt
from pkt import eth, ipv4, udp, tcp, icmp, arp, ipv6, icmp6, ip6
A, B = '10.0.1.1', '10.0.1.2'; R1, R2, H1, H2 = '10.0.1.1', '10.0.2.1', '10.0.1.10', '10.0.2.10'; IP = 0x800; Z = '00:00:00:00:00:00'
def fr(l3, dst=M21, src=M11): return eth(dst, src, IP, l3)
def fr6(l3, dst=M21, src=M11): return eth(dst, src, 0x86dd, l3)
def U(src, dst, sp, dp, pl=b'x', **k): return ipv4(src, dst, 17, udp(src, dst, sp, dp, pl), **k)
def P(src, dst, pl=b'abcdefgh', **k): return ipv4(src, dst, 1, icmp(8, 0, 0x00070001, pl), **k)
DG = "socket.socket(socket.AF_INET,socket.SOCK_DGRAM)"
def sysc(S, h, k, v): S.cmd('ip netns exec %s sysctl -qw %s=%s' % (h.ns, k, v))

@scenario('p01_neigh_queue', 'More packets than an unresolved neighbour may hold')
def p01(S):
    h1, h2 = S.pair(warm=False); h1.sysctl('net.ipv4.neigh.eth0.unres_qlen_bytes', 4000); S.start()
    h1.x("s=%s; s.bind(('',40000)); _=[tryx(s.sendto,b'%%d'%%i+b'.'*599,('10.0.1.98',9)) for i in range(0)]" % DG)
    for i in range(6): h1.x("_=tryx(s.sendto,b'%d'+b'.'*%d,('10.0.1.98',9))" % (i, 599 if i != 3 else 1300))
    S.wait(.1); S.point('queued'); h2.inject('eth0', eth(M11, M21, 0x806, arp(2, M21, '10.0.1.98', M11, A)), 'the answer comes late'); S.wait(.1); S.point('answered')
    sysc(S, h1, 'net.ipv4.neigh.eth0.unres_qlen_bytes', 1600)
    for i in range(5): h1.x("_=tryx(s.sendto,b'%d',('10.0.1.97',9))" % i)
    S.wait(3.3); S.point('failed'); h1.x("_=tryx(s.sendto,b'again',('10.0.1.97',9))"); S.wait(.1)

@scenario('p02_neigh_tcp_confirm', 'TCP confirms a neighbour: no probe')
def p02(S):
    h1, h2 = S.pair(warm=False); h1.ip('neigh replace 10.0.1.2 lladdr %s dev eth0 nud stale' % M21); h2.warm(A, M11, 'eth0'); h1.sysctl('net.ipv4.neigh.eth0.delay_first_probe_time', 1); S.start()
    h2.x("l=lsock(80)"); h1.x("c=csock(40000); c.connect(('10.0.1.2',80))"); h2.x("s,_a=l.accept(); _=None"); S.wait(.4); S.point('open')
    h1.x("c.send(b'one')"); h2.x("_=s.recv(9)"); h2.x("s.send(b'two')"); h1.x("_=c.recv(9)"); S.point('data'); S.wait(1.3); S.point('later')
    h1.x("c.send(b'three')"); h2.x("_=s.recv(9)"); S.wait(.1); h1.x("c.close()"); S.wait(.05); h2.x("s.close()"); S.wait(.1)

@scenario('p03_gratuitous_arp', 'Gratuitous ARP: known and unknown neighbours, arp_accept, locktime')
def p03(S):
    h1, h2 = S.pair(warm=False); S.start()
    rq = lambda a, m, t=None: eth(BC, m, 0x806, arp(1, m, a, Z, t or a)); rp = lambda a, m, tha=BC: eth(BC, m, 0x806, arp(2, m, a, tha, a))
    def go(f, n): h1.inject('eth0', f, n); S.wait(.05); h2.sh('ip neigh show'); S.point(n)
    go(rq('10.0.1.50', M11), 'request, unknown'); go(rp('10.0.1.50', M11), 'reply, unknown')
    S.cmd('ip -n %s neigh replace 10.0.1.51 lladdr %s dev eth0 nud stale' % (h2.ns, M31)); S.cmd('ip -n %s neigh replace 10.0.1.52 lladdr %s dev eth0 nud reachable' % (h2.ns, M31)); S.cmd('ip -n %s neigh replace 10.0.1.53 lladdr %s dev eth0 nud permanent' % (h2.ns, M31))
    go(rq('10.0.1.51', M11), 'request, at once: locktime'); S.wait(1.1)
    go(rq('10.0.1.51', M11), 'request, stale'); go(rp('10.0.1.52', M11), 'reply, reachable'); go(rp('10.0.1.53', M11), 'reply, permanent')
    sysc(S, h2, 'net.ipv4.conf.eth0.arp_accept', 1); go(rq('10.0.1.54', M11), 'arp_accept=1: request'); go(rp('10.0.1.55', M11), 'arp_accept=1: reply')
    sysc(S, h2, 'net.ipv4.conf.eth0.arp_accept', 2); go(rq('10.0.1.56', M11), 'arp_accept=2: same subnet'); go(rq('10.8.0.1', M11), 'arp_accept=2: other subnet')
    go(rq('10.0.1.2', M11), 'somebody claims our address'); go(eth(M21, M11, 0x806, arp(2, M11, '10.0.1.57', M21, B)), 'unicast reply nobody asked for'); S.wait(.1)

@scenario('p04_own_address', 'Ping, UDP and TCP to an address of eth0 from the host itself')
def p04(S):
    h1, h2 = S.pair(); S.caplo = [h1]; S.start(); h1.sh('ping -c 1 -W 1 10.0.1.1'); S.wait(.05); S.point('ping')
    h1.x("s=%s; s.bind(('10.0.1.1',9000)); c=%s; c.bind(('',40000)); c.sendto(b'hi',('10.0.1.1',9000)); _=s.recv(9)" % (DG, DG)); S.point('udp')
    h1.x("u=%s; u.bind(('',40001)); u.connect(('10.0.1.1',9001)); _=[tryx(u.send,b'x'), tryx(u.send,b'y')]" % DG); S.point('udp closed')
    h1.x("l=lsock(80)"); h1.x("t=csock(40002); t.connect(('10.0.1.1',80))"); h1.x("a,_a=l.accept(); _=None"); h1.x("t.send(b'own'); _=a.recv(9)"); h1.x("t.close()"); S.wait(.05); h1.x("a.close()"); S.point('tcp'); h1.x("_=tryx(csock(40003).connect,('10.0.1.1',81))"); S.wait(.1)

@scenario('p05_ping_socket', 'An ICMP datagram socket: echo, TTL error, wrong type')
def p05(S):
    h1, r, h2 = S.router(); h1.sysctl('net.ipv4.ping_group_range', '0 2147483647'); S.start()
    h1.x("s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM,1); s.bind(('',777)); s.settimeout(.5)")
    h1.x("_=tryx(s.sendto,b'\\x08\\x00\\x00\\x00\\x00\\x00\\x00\\x01hello',('10.0.2.10',0))"); S.wait(.05); h1.x("_=tryx(s.recv,99)"); S.point('echo')
    h1.x("_=tryx(s.sendto,b'\\x0d\\x00\\x00\\x00\\x00\\x00\\x00\\x01hello',('10.0.2.10',0))", note='only echo requests'); h1.x("_=tryx(s.sendto,b'\\x08\\x00',('10.0.2.10',0))", note='too short'); S.point('refused')
    h1.x("s.setsockopt(socket.IPPROTO_IP,socket.IP_TTL,1); _=tryx(s.sendto,b'\\x08\\x00\\x00\\x00\\x00\\x00\\x00\\x02ttl',('10.0.2.10',0))"); S.wait(.05); h1.x("_=tryx(s.recv,99)"); S.point('ttl')
    h1.x("t=socket.socket(socket.AF_INET,socket.SOCK_DGRAM,1); t.bind(('',778)); t.connect(('192.0.2.1',0)); t.settimeout(.5); t.setsockopt(socket.IPPROTO_IP,11,1); _=tryx(t.send,b'\\x08\\x00\\x00\\x00\\x00\\x00\\x00\\x03none')"); S.wait(.05); h1.x("_=tryx(t.recv,99)"); S.point('no route')
    h2.inject('eth0', eth(M22, M31, IP, ipv4(H2, H1, 1, icmp(0, 0, 777 << 16 | 9, b'unasked'))), 'a reply with our id'); S.wait(.05); h1.x("_=tryx(s.recv,99)"); S.point('unasked')
    h2.inject('eth0', eth(M22, M31, IP, ipv4(H2, H1, 1, icmp(0, 0, 999 << 16 | 9, b'unasked'))), 'a reply with another id'); S.wait(.1); h1.x("s.close()"); S.wait(.05)

@scenario('p06_icmp_bad_csum', 'ICMP messages with a wrong checksum, or cut')
def p06(S):
    h1, h2 = S.pair(); S.start(); inner = ipv4(B, A, 17, udp(B, A, 5555, 6666, b'zz'), id=7)
    for n, p in (('echo', icmp(8, 0, 0x70001, b'abc', bad_csum=True)), ('long echo', icmp(8, 0, 0x70001, b'L' * 300, bad_csum=True)), ('echo reply', icmp(0, 0, 0x70001, b'abc', bad_csum=True)), ('error', icmp(3, 3, 0, inner, bad_csum=True)), ('unknown type', icmp(200, 0, 0, bad_csum=True)), ('4 bytes', icmp(8, 0, 0x70001)[:4]), ('timestamp of 4 bytes', icmp(13, 0, 0x70001, b'ab')), ('good', icmp(8, 0, 0x70001, b'abc'))):
        h1.inject('eth0', fr(ipv4(A, B, 1, p)), n); S.wait(.04); S.point(n)

@scenario('p07_icmp_ratelimit', 'Many errors for one sender, then a pause, then many again; another sender; echo is not limited')
def p07(S):
    h1, h2 = S.pair(); h2.warm('10.0.1.77', M11, 'eth0'); S.start(); n = 0
    def burst(k, src, what, gap=.01):
        nonlocal n
        for i in range(k): n += 1; h1.inject('eth0', fr(what(src, n)), '%s %d' % (src, i)); S.wait(gap)
    closed = lambda s, i: U(s, B, 1000, 9000, b'abc', id=i)
    burst(9, A, closed); S.point('nine'); burst(2, '10.0.1.77', closed); S.point('another sender'); S.wait(2.2); burst(4, A, closed); S.point('after a pause')
    burst(8, A, lambda s, i: P(s, B, id=i)); S.point('echo'); sysc(S, h2, 'net.ipv4.icmp_ratelimit', 0); burst(3, A, closed); S.point('icmp_ratelimit=0')
    sysc(S, h2, 'net.ipv4.icmp_ratelimit', 1000); sysc(S, h2, 'net.ipv4.icmp_ratemask', 0x1910); burst(3, A, closed); S.point('mask without type 3'); S.wait(.1)

@scenario('p08_udp_lookup', 'Which UDP socket gets a datagram')
def p08(S):
    h1, h2 = S.pair(); h2.ip('addr add 10.0.1.3/24 dev eth0'); h2.warm('10.0.1.77', M11, 'eth0'); S.start()
    def mk(n, addr, conn=None, pre=''): h2.x("%s=%s; %s.setsockopt(1,2,1); %s.bind((%r,9000))%s; %s.setblocking(False)" % (n, DG, n, n, addr, '; %s.connect(%r)' % (n, conn) if conn else '', n))
    def rd(*ns):
        for x in ns: h2.x("_=tryx(%s.recv,99)" % x, note=x)
    def send(n, src, dst, sp, pl): h1.inject('eth0', fr(U(src, dst, sp, 9000, pl)), n); S.wait(.03)
    mk('w', ''); send('wildcard only', A, B, 1000, b'1'); rd('w'); S.point('wildcard')
    mk('a', B); send('exact address', A, B, 1000, b'2'); send('other address', A, '10.0.1.3', 1000, b'3'); rd('w', 'a'); S.point('address')
    mk('k', B, (A, 1000)); send('connected', A, B, 1000, b'4'); send('other source port', A, B, 1001, b'5'); send('other source', '10.0.1.77', B, 1000, b'6'); rd('w', 'a', 'k'); S.point('connected')
    mk('kw', '', (A, 1000)); send('to the other address, connected', A, '10.0.1.3', 1000, b'7'); rd('w', 'a', 'k', 'kw'); S.point('connected after wildcard bind')
    mk('w2', ''); send('two wildcards: the later', A, '10.0.1.3', 1005, b'8'); rd('w', 'w2'); S.point('two')
    h2.x("k.close(); a.close()"); send('after close', A, B, 1000, b'9'); rd('w', 'w2', 'kw'); S.point('closed')
    h2.x("b=socket.socket(socket.AF_INET6,socket.SOCK_DGRAM); b.setsockopt(1,2,1); b.bind(('::',9000)); b.setblocking(False)"); send('dual', A, B, 1006, b'd'); rd('w', 'w2', 'b'); S.wait(.05)

@scenario('p09_route_types', 'unreachable, prohibit, blackhole and throw at a router')
def p09(S):
    h1, r, h2 = S.router()
    for t, n in (('unreachable', 1), ('prohibit', 2), ('blackhole', 3), ('throw', 4)): r.ip('route add %s 10.66.%d.0/24' % (t, n))
    S.routes = [('r', '10.66.%d.1' % n) for n in (1, 2, 3, 4)]; S.start()
    for n in (1, 2, 3, 4): h1.sh('ping -c 1 -W 0.3 10.66.%d.1' % n); S.wait(.05); S.point('forward %d' % n)
    for n in (1, 2, 3, 4): r.x("_=tryx(%s.connect,('10.66.%d.1',9))" % (DG, n)); S.point('local %d' % n)
    for n in (1, 2, 3, 4): h1.x("c=csock(%d); c.settimeout(.3); _=tryx(c.connect,('10.66.%d.1',80)); c.close()" % (40000 + n, n)); S.wait(.05); S.point('tcp %d' % n)
    S.wait(.1)

@scenario('p10_l2_broadcast', 'Unicast packets in broadcast and multicast frames')
def p10(S):
    h1, h2 = S.pair(); S.start(); h2.x("s=%s; s.bind(('10.0.1.2',9000)); s.setblocking(False)" % DG); h2.x("l=lsock(80)"); MC = '01:00:5e:01:01:01'
    def go(n, f): h1.inject('eth0', f, n); S.wait(.05); h2.x("_=tryx(s.recv,99)"); S.point(n)
    for n, m in (('broadcast', BC), ('multicast', MC)):
        go(n + ' udp open', fr(U(A, B, 1000, 9000, b'abc'), m)); go(n + ' udp closed', fr(U(A, B, 1000, 9001, b'abc'), m)); go(n + ' tcp syn', fr(ipv4(A, B, 6, tcp(A, B, 1000, 80, 5, flags='S')), m)); go(n + ' tcp closed', fr(ipv4(A, B, 6, tcp(A, B, 1000, 81, 5, flags='S')), m)); go(n + ' echo', fr(P(A, B), m)); go(n + ' protocol 200', fr(ipv4(A, B, 200, b'payload!'), m))
    sysc(S, h2, 'net.ipv4.conf.eth0.drop_unicast_in_l2_multicast', 1); go('drop: broadcast', fr(U(A, B, 1000, 9000, b'abc'), BC)); go('drop: multicast', fr(U(A, B, 1000, 9000, b'abc'), MC)); go('drop: unicast', fr(U(A, B, 1000, 9000, b'abc'))); S.wait(.1)

@scenario('p11_local_fragments', 'Sending more than the MTU: ping, UDP, DF')
def p11(S):
    h1, h2 = S.pair(); S.start(); h1.sh('ping -c 1 -W 1 -s 4000 10.0.1.2'); S.wait(.05); S.point('ping'); h2.x("s=%s; s.bind(('',9000))" % DG)
    h1.x("c=%s; c.bind(('',40000)); _=tryx(c.sendto,b'f'*5000,('10.0.1.2',9000))" % DG); S.wait(.05); h2.x("_=len(s.recv(9999))"); S.point('udp')
    h1.x("_=tryx(c.sendto,b'g'*1473,('10.0.1.2',9000))", note='one byte too many'); S.wait(.05); h2.x("_=len(s.recv(9999))"); h1.x("_=tryx(c.sendto,b'g'*1472,('10.0.1.2',9000))"); S.wait(.05); h2.x("_=len(s.recv(9999))"); S.point('edge')
    h1.x("_=tryx(c.sendto,b'h'*3000,('10.0.1.2',9001))", note='closed port'); S.wait(.05); S.point('closed'); h1.x("c.setsockopt(0,10,0); _=tryx(c.sendto,b'i'*100,('10.0.1.2',9000))", note='IP_PMTUDISC_DONT'); S.wait(.05); h2.x("_=len(s.recv(9999))"); h1.x("c.setsockopt(0,10,3); _=tryx(c.sendto,b'j'*1473,('10.0.1.2',9000))", note='IP_PMTUDISC_PROBE'); S.wait(.1)

@scenario('p12_router_fragments', 'A router cuts packets for a smaller link')
def p12(S):
    h1, r, h2 = S.router(); r.ip('link set eth1 mtu 1000'); h2.ip('link set eth0 mtu 1000'); S.start(); h2.x("s=%s; s.bind(('',9000)); s.settimeout(.2)" % DG)
    h1.x("c=%s; c.bind(('',40000)); c.setsockopt(0,10,0); _=tryx(c.sendto,b'f'*1472,('10.0.2.10',9000))" % DG); S.wait(.05); h2.x("_=tryx(s.recv,9)"); S.point('one'); h1.x("_=tryx(c.sendto,b'f'*3000,('10.0.2.10',9000))", note='fragments are cut again'); S.wait(.05); h2.x("_=tryx(s.recv,9)"); S.point('again')
    h1.sh('ping -c 1 -W 1 -s 2000 10.0.2.10'); S.wait(.05); S.point('ping'); o = bytes([0x94, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0, 0])
    h1.inject('eth0', fr(U(H1, H2, 1000, 9000, b'o' * 1200, df=False, opts=o, id=77)), 'with options'); S.wait(.05); h2.x("_=tryx(s.recv,9)"); S.point('options'); h1.inject('eth0', fr(U(H1, H2, 1000, 9000, b'o' * 1200, df=True, id=78)), 'DF'); S.wait(.05); S.point('DF')
    h1.inject('eth0', fr(U(H1, H2, 1000, 9000, b'o' * 972, df=True, id=79)), 'fits'); S.wait(.1)

@scenario('p13_rules', 'Policy rules: from, iif, to, and the types of rules')
def p13(S):
    h1, r, h2 = S.router(); r.ip('addr add 10.0.1.2/24 dev eth0')
    for x in ('rule add from 10.0.1.66 unreachable pref 100', 'rule add from 10.0.1.67 prohibit pref 101', 'rule add from 10.0.1.68 blackhole pref 102', 'rule add iif eth0 to 10.9.0.0/16 table 200 pref 103', 'rule add from 10.0.1.2 to 10.8.0.0/16 lookup 201 pref 104', 'route add default via 10.0.2.10 table 200', 'route add 10.8.0.0/16 via 10.0.2.10 table 201'): r.ip(x)
    r.warm('10.0.1.66', M11, 'eth0'); r.warm('10.0.1.67', M11, 'eth0'); r.warm('10.0.1.68', M11, 'eth0'); S.routes = [('r', '10.9.0.1')]; S.start(); n = 0
    for s, d, why in (('10.0.1.66', H2, 'unreachable'), ('10.0.1.67', H2, 'prohibit'), ('10.0.1.68', H2, 'blackhole'), (H1, '10.9.0.1', 'table 200'), (H1, '10.8.0.1', 'no rule')):
        n += 1; h1.inject('eth0', fr(P(s, d, id=n)), why); S.wait(.04); S.point(why)
    for d in ('10.9.0.1', '10.8.0.1'): r.x("u=%s; _=tryx(u.sendto,b'x',(%r,9))" % (DG, d)); r.x("u=%s; u.bind(('10.0.1.2',0)); _=tryx(u.sendto,b'x',(%r,9))" % (DG, d)); S.point(d)
    S.wait(.1)

@scenario('p14_ip_options', 'IP options at a host and at a router')
def p14(S):
    h1, r, h2 = S.router(); S.start(); n = 0; q = lambda a: bytes(int(x) for x in a.split('.'))
    rr = bytes([7, 15, 4]) + bytes(12); lsr = lambda t, *a: bytes([t, 3 + 4 * len(a), 4]) + b''.join(q(x) for x in a)
    for d, o, why in ((H2, bytes([1, 1, 1, 0]), 'nop'), (H2, rr, 'record route'), (R1, rr, 'record route to the router'), (H2, bytes([7, 7, 8]) + bytes(4), 'record route full'), (H2, bytes([68, 12, 5, 0]) + bytes(8), 'timestamp'), (H2, bytes([68, 20, 5, 1]) + bytes(16), 'timestamp and address'), (H2, bytes([68, 8, 9, 0]) + bytes(4), 'timestamp overflow'),
                      (R1, lsr(131, H2), 'loose source route'), (R1, lsr(137, H2), 'strict source route'), (H2, lsr(137, R2), 'strict source route, wrong hop'), (H2, bytes([148, 4, 0, 0]), 'router alert'), (H2, bytes([7, 2, 4, 0]), 'length too small'), (H2, bytes([7, 40, 4, 0]), 'length too big'), (H2, bytes([7, 7, 3]) + bytes(5), 'pointer too small'), (R1, bytes([7, 7, 5]) + bytes(5), 'pointer not at a slot'), (H2, bytes([30, 4, 0, 0]), 'unknown option'), (H2, bytes([134, 6, 0, 0, 0, 1]), 'CIPSO too short'), (R1, bytes([136, 4, 0, 1]), 'stream id')):
        n += 1; h1.inject('eth0', fr(P(H1, d, id=n, opts=o)), why); S.wait(.04); S.point(why)
    sysc(S, r, 'net.ipv4.conf.all.accept_source_route', 0); h1.inject('eth0', fr(P(H1, R1, id=90, opts=lsr(131, H2))), 'source routes refused'); S.wait(.04); S.point('refused')
    h1.inject('eth0', fr(P(H1, H2, id=91, ttl=1, opts=rr)), 'ttl 1 with options'); S.wait(.04); S.point('ttl'); h1.inject('eth0', fr(U(H1, H2, 1, 9, b'x', id=92, opts=rr)), 'closed port with options'); S.wait(.1)

@scenario('p15_lookup_order', 'Which route wins: local, longest prefix, tos, metric, default')
def p15(S):
    h1, r, r2 = S.ns('h1', 'r', 'r2'); S.veth((h1, 'eth0', 11, M11, ['10.0.1.10/24']), (r, 'eth0', 21, M21, ['10.0.1.1/24'])); S.veth((h1, 'eth1', 12, '02:00:00:00:00:12', ['10.0.3.10/24']), (r2, 'eth0', 31, M31, ['10.0.3.1/24']))
    h1.warm('10.0.1.1', M21, 'eth0'); h1.warm('10.0.3.1', M31, 'eth1')
    for x in ('default via 10.0.1.1 metric 100', 'default via 10.0.3.1 metric 50', '10.40.0.0/16 via 10.0.1.1', '10.40.1.0/24 via 10.0.3.1', '10.40.1.1/32 via 10.0.1.1', '10.41.0.0/16 via 10.0.1.1 metric 20', '10.41.0.0/16 via 10.0.3.1 metric 10', '10.42.0.0/16 via 10.0.1.1', '10.42.0.0/16 tos 0x10 via 10.0.3.1'): h1.ip('route add ' + x)
    D = ['10.40.0.1', '10.40.1.2', '10.40.1.1', '10.41.0.1', '10.42.0.1', '192.0.2.1', '10.0.3.10', '10.0.3.255', '10.0.3.0']; S.routes = [('h1', d) for d in D]; S.start()
    for d in D: h1.x("s=%s; s.setsockopt(1,6,1); _=tryx(s.sendto,b'x',(%r,9))" % (DG, d), note=d); S.point(d)
    h1.x("s=%s; s.setsockopt(0,1,0x10); _=tryx(s.sendto,b'x',('10.42.0.1',9))" % DG, note='tos'); S.point('tos'); S.cmd('ip -n %s route del 10.41.0.0/16 via 10.0.3.1 metric 10' % h1.ns); h1.x("s=%s; _=tryx(s.sendto,b'x',('10.41.0.1',9))" % DG); S.point('deleted')
    S.cmd('ip -n %s link set eth1 down' % h1.ns); h1.x("s=%s; _=tryx(s.sendto,b'x',('192.0.2.1',9))" % DG); h1.x("s=%s; _=tryx(s.sendto,b'x',('10.40.1.2',9))" % DG); S.wait(.1)

# ------------------------------------------------------------------ IPv6
def ns6(src, dst, target, mac=M11, hlim=255, code=0, opt=True, bad=False):
    pl = ip6(target) + (bytes([1, 1]) + pkt.mac(mac) if opt else b''); b = icmp6(src, dst, 135, code, 0, pl)
    if bad: b = b[:2] + bytes([b[2] ^ 0x55]) + b[3:]
    return ipv6(src, dst, 58, b, hlim=hlim)
def na6(src, dst, target, mac, flags=0x60, hlim=255): return ipv6(src, dst, 58, icmp6(src, dst, 136, 0, flags << 24, ip6(target) + bytes([2, 1]) + pkt.mac(mac)), hlim=hlim)
SN2, SNM = 'ff02::1:ff00:2', '33:33:ff:00:00:02'

@scenario('p16_nd_checks', 'Which neighbour solicitations and advertisements are believed')
def p16(S):
    h1, h2 = S.pair(v6=True, warm=False); S.start(); t = 'fd00:1::2'; s = 'fd00:1::1'
    for n, f, m in (('good', ns6(s, SN2, t), SNM), ('hop limit 64', ns6(s, SN2, t, hlim=64), SNM), ('code 1', ns6(s, SN2, t, code=1), SNM), ('checksum', ns6(s, SN2, t, bad=True), SNM), ('multicast target', ns6(s, SN2, SN2), SNM), ('without the address of the sender', ns6('fd00:1::7', SN2, t, opt=False), SNM), ('target of nobody', ns6(s, 'ff02::1:ff00:99', 'fd00:1::99'), '33:33:ff:00:00:99'), ('duplicate address probe', ns6('::', SN2, t, opt=False), SNM), ('probe with an option', ns6('::', SN2, t), SNM), ('probe to a unicast address', ns6('::', t, t, opt=False), M21), ('cut', ipv6(s, SN2, 58, icmp6(s, SN2, 135, 0, 0, ip6(t)[:8]), hlim=255), SNM), ('option of length 0', ipv6(s, SN2, 58, icmp6(s, SN2, 135, 0, 0, ip6(t) + bytes(8)), hlim=255), SNM),
                    ('unicast', ns6(s, t, t), M21), ('advertisement, other address, override', na6(s, t, s, M31), M21), ('advertisement, no override', na6(s, t, s, M11, 0x40), M21), ('advertisement nobody asked for', na6('fd00:1::8', 'ff02::1', 'fd00:1::8', M11, 0x20), '33:33:00:00:00:01'), ('advertisement, solicited, to all', na6(s, 'ff02::1', s, M11, 0x60), '33:33:00:00:00:01'), ('for our own address', na6(s, 'ff02::1', t, M11, 0x20), '33:33:00:00:00:01')):
        h1.inject('eth0', fr6(f, m), n); S.wait(.05); S.point(n)

@scenario('p17_dad', 'Duplicate address detection: free, taken, and two at once')
def p17(S):
    h1, h2 = S.pair(v6=True, warm=False); S.start(); S.cmd('ip -n %s addr add fd00:1::50/64 dev eth0' % h1.ns); S.wait(2.2); h1.sh('ip -6 addr show dev eth0'); S.point('free')
    S.cmd('ip -n %s addr add fd00:1::2/64 dev eth0' % h1.ns); S.wait(1.6); h1.sh('ip -6 addr show dev eth0'); S.point('taken')
    S.cmd('ip -n %s addr add fd00:1::60/64 dev eth0' % h1.ns); S.wait(.01); h2.inject('eth0', eth('33:33:ff:00:00:60', M21, 0x86dd, ns6('::', 'ff02::1:ff00:60', 'fd00:1::60', opt=False)), 'somebody else probes'); S.wait(1.5); h1.sh('ip -6 addr show dev eth0'); S.wait(.1)

@scenario('p18_packet_too_big', 'A packet too big for the next link, IPv6')
def p18(S):
    h1, r, h2 = S.router(v6=True)
    for h, a, m in ((h1, 'fd00:1::1', M21), (r, 'fd00:1::10', M11), (h2, 'fd00:2::1', M22)): h.ip('-6 neigh replace %s lladdr %s dev eth0 nud permanent' % (a, m))
    r.ip('-6 neigh replace fd00:2::10 lladdr %s dev eth1 nud permanent' % M31); r.ip('link set eth1 mtu 1400'); h2.ip('link set eth0 mtu 1400'); S.start(); h2.x("s=socket.socket(socket.AF_INET6,socket.SOCK_DGRAM); s.bind(('::',9000)); s.settimeout(.2)")
    h1.x("c=socket.socket(socket.AF_INET6,socket.SOCK_DGRAM); c.bind(('::',40000)); c.connect(('fd00:2::10',9000)); _=tryx(c.send,b'a'*1452)"); S.wait(.1); S.point('first'); h1.x("_=tryx(c.send,b'b'*1452)"); S.wait(.1); h2.x("_=tryx(s.recv,9)"); S.point('second'); h1.x("_=tryx(c.send,b'c'*1452)"); S.wait(.1); h2.x("_=tryx(s.recv,9)"); S.point('third')
    h1.sh('ping -6 -c 1 -W 1 -s 1400 fd00:2::10'); S.wait(.1); S.point('ping'); h2.sh('ping -6 -c 1 -W 1 -s 3000 fd00:1::10'); S.wait(.1)

@scenario('p19_forward6', 'What an IPv6 router forwards')
def p19(S):
    h1, r, h2 = S.router(v6=True)
    for h, a, m in ((h1, 'fd00:1::1', M21), (r, 'fd00:1::10', M11), (h2, 'fd00:2::1', M22)): h.ip('-6 neigh replace %s lladdr %s dev eth0 nud permanent' % (a, m))
    r.ip('-6 neigh replace fd00:2::10 lladdr %s dev eth1 nud permanent' % M31)
    for t, n in (('unreachable', 1), ('prohibit', 2), ('blackhole', 3)): r.ip('-6 route add %s fd66:%d::/32' % (t, n))
    S.start(); h1.sh('ping -6 -c 1 -W 1 fd00:2::10'); S.wait(.05); S.point('ping'); s, d = 'fd00:1::10', 'fd00:2::10'
    E = lambda a, b, **k: ipv6(a, b, 58, icmp6(a, b, 128, 0, 0x70001, b'abcdefgh'), **k)
    for n, f, m in (('hop limit 1', E(s, d, hlim=1), M21), ('source link-local', E('fe80::10', d), M21), ('source unspecified', E('::', d), M21), ('source loopback', E('::1', d), M21), ('source multicast', E('ff02::1', d), M21), ('destination loopback', E(s, '::1'), M21), ('destination unspecified', E(s, '::'), M21), ('destination link-local of nobody', E(s, 'fe80::99'), M21), ('unreachable', E(s, 'fd66:1::1'), M21), ('prohibit', E(s, 'fd66:2::1'), M21), ('blackhole', E(s, 'fd66:3::1'), M21), ('no route', E(s, '2001:db8::1'), M21), ('broadcast frame', E(s, d), BC), ('multicast frame', E(s, d), '33:33:00:00:00:01'), ('multicast nobody joined', E(s, 'ff05::99'), '33:33:00:00:00:99'), ('routing header type 0', ipv6(s, 'fd00:1::1', 43, bytes([58, 2, 0, 1]) + bytes(4) + ip6(d) + icmp6(s, d, 128, 0, 1)), M21), ('hop-by-hop unknown', ipv6(s, d, 0, bytes([58, 0, 0xc5, 4]) + bytes(4) + icmp6(s, d, 128, 0, 1)), M21), ('next header 200', ipv6(s, 'fd00:1::1', 200, b'payload!'), M21), ('no next header', ipv6(s, 'fd00:1::1', 59, b''), M21), ('version 5', (lambda b: bytes([0x50]) + b[1:])(E(s, d)), M21), ('longer than the frame', (lambda b: b[:4] + bytes([1, 0]) + b[6:])(E(s, d)), M21)):
        h1.inject('eth0', fr6(f, m), n); S.wait(.05); S.point(n)
    sysc(S, r, 'net.ipv6.conf.all.forwarding', 0); h1.inject('eth0', fr6(E(s, d)), 'forwarding off'); S.wait(.1)
