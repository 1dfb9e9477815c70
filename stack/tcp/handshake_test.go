package tcp

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// The key a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4 and these addresses make this
// cookie on every Linux.
func TestFastOpenCookie(t *testing.T) {
	key := [2]uint64{0xb2b2b2b2a1a1a1a1, 0xd4d4d4d4c3c3c3c3}
	v6 := func(s string) wire.Addr {
		p, err := netip.ParseAddr(s)
		if err != nil {
			t.Fatal(err)
		}
		a := p.As16()
		return wire.Addr{Hi: binary.BigEndian.Uint64(a[:]), Lo: binary.BigEndian.Uint64(a[8:])}
	}
	for _, c := range []struct {
		key  [2]uint64
		s, d wire.Addr
		want string
	}{
		{key, wire.IP4(0xc0000201).Addr(), wire.IP4(0xc0a80001).Addr(), "3021b9d889017eeb"},
		{key, v6("fd3d:fa7b:d17d::1"), v6("fd3d:0a0b:17d6::1"), "c1d1e9742a47a9bc"},
		{[2]uint64{}, wire.IP4(0xc0000201).Addr(), wire.IP4(0xc0a80001).Addr(), "b7c12350a90dc8f5"},
		{[2]uint64{}, v6("fd3d:fa7b:d17d::1"), v6("fd3d:0a0b:17d6::1"), "82af1a8f9a205c34"},
	} {
		f := fastopenCookie(c.key, c.s, c.d)
		if got := hex.EncodeToString(f.val[:f.n]); got != c.want {
			t.Errorf("cookie %s, want %s", got, c.want)
		}
	}
}

// syn is a SYN of the other side with a fast open option and data.
func (b *bench) synFO(cookie []byte, n int) {
	p := b.bytes(tseg{flags: "S", mss: 1000, sackOK: true, n: n})
	h := wire.TCP(p)
	o := h.DataOff()
	opt := make([]byte, (2+len(cookie)+3)&^3)
	wire.PutNOPs(opt, len(opt))
	wire.PutFastOpen(opt, cookie)
	q := append(append(append([]byte(nil), p[:o]...), opt...), p[o:]...)
	wire.TCP(q).SetDataOff(o + len(opt))
	b.in(q)
}

func (b *bench) fastopenListen() {
	b.ns.Sysctl.TCPFastopen = 3
	b.listen()
	if e := b.lis.SetSockOpt(optFastopen, []byte{5, 0, 0, 0}, false); e != 0 {
		b.t.Fatal(e)
	}
}

// RFC 7413 §4: a request gets a cookie; with it the data of the SYN is there at
// once, and the program may answer before the handshake is complete.
func TestFastOpenServer(t *testing.T) {
	b := newBench(t)
	b.fastopenListen()
	b.synFO(nil, 0)
	var o wire.TCPOptions
	wire.ParseTCPOptions(wire.TCP(b.sent[0]).Options(), &o)
	b.tx("S. 0:0 ack 1 win 64240")
	if !o.HasCookie || o.CookieLen != 8 {
		t.Fatalf("no cookie: %+v", o)
	}
	b.mib(step.TcpExtTCPFastOpenCookieReqd, 1)
	b.rx(tseg{flags: "RA", seq: 1, ack: 1})

	b.synFO(o.Cookie[:8], 10)
	b.tx("S. 0:0 ack 11 win 64240")
	b.mib(step.TcpExtTCPFastOpenPassive, 1)
	b.sk = b.lis.Accept()
	if b.sk == nil || b.sk.State != core.TCPSynRecv {
		t.Fatal("not accepted before the handshake is complete")
	}
	b.recv(10)
	b.sent = nil
	if i := b.sk.Info(); i.Options&InfoSynData == 0 || i.Options&InfoTFOChild == 0 || i.BytesReceived != 10 {
		t.Errorf("tcp_info %+v", i)
	}
	b.rx(tseg{flags: "A", seq: 11, ack: 1})
	b.state(core.TCPEstablished)
	if n := b.lis.rare().fo.q.qlen; n != 0 {
		t.Errorf("%d still wait", n)
	}

	// A cookie of somebody else: the data is not taken.
	b = newBench(t)
	b.fastopenListen()
	b.synFO([]byte{1, 2, 3, 4, 5, 6, 7, 8}, 10)
	b.tx("S. 0:0 ack 1 win 64240")
	b.mib(step.TcpExtTCPFastOpenPassiveFail, 1)

	// Nobody acknowledges the SYN-ACK of a fast open connection.
	b = newBench(t)
	b.fastopenListen()
	b.ns.Sysctl.TCPFastopen = 0x203
	b.synFO(nil, 10)
	b.tx("S. 0:0 ack 11 win 64240")
	b.runTo(1000)
	b.tx("S. 0:0 ack 11 win 64240")
	b.run(200 * sim.Second)
	if b.lis.rare().fo.q.qlen != 0 {
		t.Error("the connection was not given up")
	}
}

// The side that connects: a cookie is asked for, kept, and used.
func TestFastOpenClient(t *testing.T) {
	b := newBench(t)
	b.sk = b.tcp.newSock(core.AFInet)
	b.sk.Bind(here, 80)
	n, e := b.sk.sendmsgFastopen(make([]byte, 100), there, 4000, true, false)
	if n != 0 || e != step.EINPROGRESS {
		t.Fatal(n, e)
	}
	var o wire.TCPOptions
	wire.ParseTCPOptions(wire.TCP(b.sent[0]).Options(), &o)
	if !o.HasCookie || o.CookieLen != 0 {
		t.Errorf("no request: %+v", o)
	}
	b.sent = nil
	b.synackFO([]byte{1, 2, 3, 4, 5, 6, 7, 8}, 1)
	b.state(core.TCPEstablished)
	b.sk.disconnect()
	b.sk.Close()

	b.sent = nil
	b.sk = b.tcp.newSock(core.AFInet)
	b.sk.Bind(here, 80)
	n, e = b.sk.sendmsgFastopen(make([]byte, 100), there, 4000, true, false)
	if n != 100 || e != step.EINPROGRESS {
		t.Fatal(n, e)
	}
	wire.ParseTCPOptions(wire.TCP(b.sent[0]).Options(), &o)
	if o.CookieLen != 8 || o.Cookie[0] != 1 {
		t.Errorf("no cookie: %+v", o)
	}
	b.tx("S 0:100 ack - win 64240")
	b.synackFO(nil, 101)
	b.state(core.TCPEstablished)
	b.mib(step.TcpExtTCPFastOpenActive, 1)
	if i := b.sk.Info(); i.Options&InfoSynData == 0 || i.Unacked != 0 {
		t.Errorf("%+v", i)
	}
	b.sk.disconnect()
	b.sk.Close()

	// The server takes the SYN only: the data goes again at once.
	b.sent = nil
	b.sk = b.tcp.newSock(core.AFInet)
	b.sk.Bind(here, 80)
	b.sk.sendmsgFastopen(make([]byte, 100), there, 4000, true, false)
	b.sent = nil
	b.synackFO(nil, 1)
	b.tx("P. 1:100 ack 1 win 64240")
	b.mib(step.TcpExtTCPFastOpenActiveFail, 1)
	if i := b.sk.Info(); i.FastopenClientFail != tfoDataNotAcked {
		t.Errorf("%+v", i)
	}
}

func (b *bench) synackFO(cookie []byte, ack int) {
	p := b.bytes(tseg{flags: "SA", seq: 0, ack: ack, mss: 1000, sackOK: true})
	if cookie == nil {
		b.in(p)
		return
	}
	h := wire.TCP(p)
	opt := make([]byte, (2+len(cookie)+3)&^3)
	wire.PutNOPs(opt, len(opt))
	wire.PutFastOpen(opt, cookie)
	q := append(append([]byte(nil), p...), opt...)
	wire.TCP(q).SetDataOff(h.DataOff() + len(opt))
	b.in(q)
}

// SYN cookies: nothing is remembered, and all comes back with the ACK.
func TestSynCookies(t *testing.T) {
	for _, ts := range []uint32{0, 7} {
		b := newBench(t)
		b.ns.Sysctl.TCPSyncookies = 2
		b.listen()
		syn := tseg{flags: "S", mss: 1400, sackOK: true, ws: 8}
		if ts != 0 {
			syn.ts = [2]uint32{ts, 0}
		}
		b.rx(syn)
		if b.lis.rare().reqs != 0 {
			t.Error("a half-open connection is remembered")
		}
		b.mib(step.TcpExtSyncookiesSent, 1)
		h := wire.TCP(b.sent[0])
		b.iss = h.Seq()
		var o wire.TCPOptions
		wire.ParseTCPOptions(h.Options(), &o)
		b.sent = nil
		ack := tseg{flags: "A", seq: 1, ack: 1}
		if ts != 0 {
			ack.ts = [2]uint32{ts + 1, o.TSVal}
		}
		bad := ack
		bad.ack = 100
		b.rx(bad)
		b.mib(step.TcpExtSyncookiesFailed, 1)
		b.sent = nil
		b.rx(ack)
		b.mib(step.TcpExtSyncookiesRecv, 1)
		b.sk = b.lis.Accept()
		if b.sk == nil || b.sk.State != core.TCPEstablished {
			t.Fatal("no connection")
		}
		if b.sk.rx.mssClamp != 1300 {
			t.Errorf("MSS %d, want 1300: the next in the table", b.sk.rx.mssClamp)
		}
		if on := ts != 0; b.sk.rx.sackOK != on || b.sk.rx.wscaleOK != on || b.sk.rx.tstampOK != on || on && b.sk.rx.sndWscale != 7 {
			t.Errorf("options %+v", b.sk.rx)
		}
		b.rx(tseg{flags: "PA", seq: 1, ack: 1, n: 5, ts: ack.ts})
		b.recv(5)
		// After two minutes it is no cookie any more.
		b.run(130 * sim.Second)
		b.lis.setRare().synqOverflow = b.ns.Clock.Now()
		ack.port = 80
		b.sk.setState(core.TCPClose)
		b.rx(ack)
		b.mib(step.TcpExtSyncookiesFailed, 2)
	}
}

// RFC 9293 §3.8.5: urgent data out of the stream and within it, both ways.
func TestUrgent(t *testing.T) {
	b := newBench(t).established()
	urg := func(s tseg, ptr int) {
		p := b.bytes(s)
		h := wire.TCP(p)
		h.SetFlags(h.Flags() | wire.TCPUrg)
		h.SetUrg(uint16(ptr))
		b.in(p)
	}
	urg(tseg{flags: "A", seq: 1, ack: 1, n: 5}, 3)
	if b.sk.urgData != urgValid|3 || b.sk.urgSeq != irs+3 {
		t.Errorf("urgent %#x at %d", b.sk.urgData, b.sk.urgSeq-irs)
	}
	b.sent = nil
	// tcp_stdurg: the pointer points at the byte.
	b.ns.Sysctl.TCPStdurg = 1
	urg(tseg{flags: "A", seq: 6, ack: 1, n: 5}, 3)
	if b.sk.urgData != urgValid|9 || b.sk.urgSeq != irs+9 {
		t.Errorf("urgent %#x at %d", b.sk.urgData, b.sk.urgSeq-irs)
	}
	// It is announced before it comes.
	urg(tseg{flags: "A", seq: 11, ack: 1, n: 1}, 5)
	if b.sk.urgData != urgNotYet {
		t.Errorf("urgent %#x", b.sk.urgData)
	}
	b.rx(tseg{flags: "A", seq: 12, ack: 1, n: 5})
	if b.sk.urgData != urgValid|16 {
		t.Errorf("urgent %#x", b.sk.urgData)
	}
}

// Every option's range and error, as do_tcp_setsockopt has them.
func TestSockOpt(t *testing.T) {
	b := newBench(t)
	sk := b.tcp.newSock(core.AFInet)
	set := func(name, v int) core.Errno {
		return sk.SetSockOpt(name, binary.LittleEndian.AppendUint32(nil, uint32(v)), false)
	}
	get := func(name int) int {
		v, e := sk.GetSockOpt(name, 4)
		if e != 0 || len(v) != 4 {
			t.Fatalf("option %d: %v %v", name, v, e)
		}
		return int(int32(binary.LittleEndian.Uint32(v)))
	}
	for _, c := range []struct {
		name, v int
		e       core.Errno
		want    int
	}{
		{optNoDelay, 5, 0, 1}, {optNoDelay, 0, 0, 0}, {optCork, 1, 0, 1}, {optCork, 0, 0, 0},
		{optMaxSeg, 87, step.EINVAL, 536}, {optMaxSeg, 88, 0, 88}, {optMaxSeg, 32768, step.EINVAL, 88}, {optMaxSeg, 0, 0, 536},
		{optKeepIdle, 0, step.EINVAL, 7200}, {optKeepIdle, 32767, 0, 32767}, {optKeepIntvl, 32768, step.EINVAL, 75}, {optKeepIntvl, 3, 0, 3},
		{optKeepCnt, 128, step.EINVAL, 9}, {optKeepCnt, 127, 0, 127}, {optSynCnt, 0, step.EINVAL, 6}, {optSynCnt, 9, 0, 9},
		{optLinger2, -5, 0, -1}, {optLinger2, 500, 0, 120}, {optLinger2, 7, 0, 7}, {optLinger2, 0, 0, 60},
		{optDeferAccept, 1, 0, 1}, {optDeferAccept, 4, 0, 7}, {optDeferAccept, 0, 0, 0},
		{optWindowClamp, 1, 0, 1152}, {optWindowClamp, 70000, 0, 70000}, {optQuickAck, 0, 0, 0}, {optQuickAck, 1, 0, 1},
		{optThinLinear, 2, step.EINVAL, 0}, {optThinLinear, 1, 0, 1}, {optThinDupack, 1, 0, 0}, {optUserTimeout, -1, step.EINVAL, 0}, {optUserTimeout, 1500, 0, 1500},
		{optSaveSyn, 3, step.EINVAL, 0}, {optSaveSyn, 2, 0, 2}, {optNotsentLowat, 1000, 0, 1000}, {optInq, 2, step.EINVAL, 0}, {optInq, 1, 0, 1},
		{optFastopen, -1, step.EINVAL, 0}, {optFastopen, 5, 0, 5}, {optFastopenConnect, 2, step.EINVAL, 0}, {optFastopenConnect, 1, 0, 1},
		{optFastopenNoCookie, 2, step.EINVAL, 0}, {optFastopenNoCookie, 1, 0, 1},
		{optRtoMaxMs, 999, step.EINVAL, 120000}, {optRtoMaxMs, 120001, step.EINVAL, 120000}, {optRtoMaxMs, 5000, 0, 5000},
		{optRtoMinUs, 200001, step.EINVAL, 200000}, {optRtoMinUs, 8000, 0, 8000}, {optDelackMaxUs, 4000, step.EINVAL, 200000}, {optDelackMaxUs, 50000, 0, 52000},
		{optTxDelay, 0, 0, 0},
	} {
		if e := set(c.name, c.v); e != c.e {
			t.Errorf("set %d to %d: %v, want %v", c.name, c.v, e, c.e)
		}
		if v := get(c.name); v != c.want {
			t.Errorf("option %d is %d, want %d", c.name, v, c.want)
		}
	}
	for _, c := range []struct {
		name int
		v    []byte
		null bool
		e    core.Errno
	}{
		{optNoDelay, []byte{1, 0, 0}, false, step.EINVAL}, {optNoDelay, make([]byte, 4), true, step.EFAULT}, {999, make([]byte, 4), false, step.ENOPROTOOPT},
		{optCongestion, nil, false, step.EINVAL}, {optCongestion, []byte("nosuch"), false, step.ENOENT}, {optFastopenKey, make([]byte, 15), false, step.EINVAL},
		{optFastopenKey, make([]byte, 32), false, 0}, {optTimestamp, make([]byte, 4), false, step.EPERM}, {optMD5Sig, make([]byte, 216), false, step.NotModelled},
		{optULP, []byte("tls"), false, step.NotModelled}, {optRepair, []byte{1, 0, 0, 0}, false, step.NotModelled}, {optRepair, []byte{9, 0, 0, 0}, false, step.EINVAL},
	} {
		if e := sk.SetSockOpt(c.name, c.v, c.null); e != c.e {
			t.Errorf("set %d to % x: %v, want %v", c.name, c.v, e, c.e)
		}
	}
	if v, e := sk.GetSockOpt(optInfo, 1000); len(v) != infoSize || e != 0 || v[0] != core.TCPClose {
		t.Errorf("tcp_info: %d bytes %v", len(v), e)
	}
	if v, e := sk.GetSockOpt(optCongestion, 100); len(v) != 16 || e != 0 || string(v[:5]) != "cubic" {
		t.Errorf("%q %v", v, e)
	}
	if v, _ := sk.GetSockOpt(optFastopenKey, 100); len(v) != 32 {
		t.Errorf("%d bytes of keys", len(v))
	}
}
