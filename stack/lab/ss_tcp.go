package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/tcp"
)

// tcpInfo is what ss -i prints of a TCP socket: struct tcp_info and what its
// congestion control tells, in the words and the order of iproute2's
// tcp_stats_print.
func (c *ssCmd) tcpInfo(r *sockRow) string {
	sk, ok := r.sk.Prot.(*tcp.Sock)
	if !ok {
		return ""
	}
	p := &ssPrint{plain: c.numeric}
	if !c.mem && !c.oneline {
		p.b.WriteString("\n\t")
	}
	i, cc := sk.Info(), sk.CCInfo()
	if c.opts || c.ext {
		for _, o := range [...]struct {
			bit  uint8
			name string
		}{{tcp.InfoTimestamps, "ts"}, {tcp.InfoSACK, "sack"}, {tcp.InfoECN, "ecn"}, {tcp.InfoECNSeen, "ecnseen"}, {tcp.InfoSynData, "fastopen"}} {
			if i.Options&o.bit != 0 {
				p.b.WriteString(" " + o.name)
			}
		}
	}
	p.b.WriteString(" " + sk.Congestion())
	if i.Options&tcp.InfoWScale != 0 {
		fmt.Fprintf(&p.b, " wscale:%d,%d", i.SndWscale, i.RcvWscale)
	}
	rtt := p.timing(&i, &cc)
	p.counts(&i)
	p.congestion(&cc)
	p.rates(&i, rtt)
	p.rest(&i)
	return p.b.String()
}

// An ssPrint writes the fields that are not zero.
type ssPrint struct {
	b     strings.Builder
	plain bool // -n: rates without units
}

func (p *ssPrint) num(name string, v uint64) {
	if v != 0 {
		fmt.Fprintf(&p.b, " %s:%d", name, v)
	}
}

// timing prints up to ssthresh. It returns the round trip in ms.
func (p *ssPrint) timing(i *tcp.Info, cc *tcp.CCInfo) float64 {
	if i.RTO != 0 && i.RTO != 3000000 {
		fmt.Fprintf(&p.b, " rto:%s", gnum(float64(i.RTO)/1000))
	}
	p.num("backoff", uint64(i.Backoff))
	rtt := float64(i.RTT)
	if cc.Kind == tcp.CCVegas && cc.VegasEnabled != 0 && cc.VegasRTT != 0 && cc.VegasRTT != 0x7fffffff {
		rtt = float64(cc.VegasRTT)
	}
	if rtt != 0 {
		fmt.Fprintf(&p.b, " rtt:%s/%s", gnum(rtt/1000), gnum(float64(i.RTTVar)/1000))
	}
	if i.ATO != 0 {
		fmt.Fprintf(&p.b, " ato:%s", gnum(float64(i.ATO)/1000))
	}
	p.num("mss", uint64(i.SndMSS))
	p.num("pmtu", uint64(i.PMTU))
	p.num("rcvmss", uint64(i.RcvMSS))
	p.num("advmss", uint64(i.AdvMSS))
	p.num("cwnd", uint64(i.SndCwnd))
	if i.SndSsthresh < 0xffff {
		p.num("ssthresh", uint64(i.SndSsthresh))
	}
	return rtt / 1000
}

func (p *ssPrint) counts(i *tcp.Info) {
	p.num("bytes_sent", i.BytesSent)
	p.num("bytes_retrans", i.BytesRetrans)
	p.num("bytes_acked", i.BytesAcked)
	p.num("bytes_received", i.BytesReceived)
	p.num("segs_out", uint64(i.SegsOut))
	p.num("segs_in", uint64(i.SegsIn))
	p.num("data_segs_out", uint64(i.DataSegsOut))
	p.num("data_segs_in", uint64(i.DataSegsIn))
}

// congestion prints what DCTCP and BBR tell of themselves.
func (p *ssPrint) congestion(cc *tcp.CCInfo) {
	switch {
	case cc.Kind == tcp.CCDCTCP && cc.DCTCPEnabled != 0:
		fmt.Fprintf(&p.b, " dctcp:(ce_state:%d,alpha:%d,ab_ecn:%d,ab_tot:%d)", cc.DCTCPCEState, cc.DCTCPAlpha, cc.DCTCPAbECN, cc.DCTCPTot)
	case cc.Kind == tcp.CCDCTCP:
		p.b.WriteString(" dctcp:fallback_mode")
	case cc.Kind == tcp.CCBBR:
		fmt.Fprintf(&p.b, " bbr:(bw:%sbps,mrtt:%s", p.rate(float64(cc.BBRBw)*8), gnum(float64(cc.BBRMinRTT)/1000))
		if cc.BBRPacingGain != 0 {
			fmt.Fprintf(&p.b, ",pacing_gain:%s", gnum(float64(cc.BBRPacingGain)/256))
		}
		if cc.BBRCwndGn != 0 {
			fmt.Fprintf(&p.b, ",cwnd_gain:%s", gnum(float64(cc.BBRCwndGn)/256))
		}
		p.b.WriteString(")")
	}
}

// rate is sprint_bw.
func (p *ssPrint) rate(v float64) string {
	g3 := func(f float64) string { return strconv.FormatFloat(f, 'g', 3, 64) }
	switch {
	case p.plain:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 1e12:
		return g3(v/1e12) + "T"
	case v >= 1e9:
		return g3(v/1e9) + "G"
	case v >= 1e6:
		return g3(v/1e6) + "M"
	case v >= 1e3:
		return g3(v/1e3) + "k"
	}
	return gnum(v)
}

const noRate = ^uint64(0)

func (p *ssPrint) rates(i *tcp.Info, rtt float64) {
	if i.State == core.TCPListen {
		return
	}
	if rtt > 0 && i.SndMSS != 0 && i.SndCwnd != 0 {
		fmt.Fprintf(&p.b, " send %sbps", p.rate(float64(i.SndCwnd)*float64(i.SndMSS)*8000/rtt))
	}
	p.num("lastsnd", uint64(i.LastDataSent))
	p.num("lastrcv", uint64(i.LastDataRecv))
	p.num("lastack", uint64(i.LastAckRecv))
	if i.PacingRate != 0 && i.PacingRate != noRate {
		fmt.Fprintf(&p.b, " pacing_rate %sbps", p.rate(float64(i.PacingRate)*8))
		if i.MaxPacingRate != 0 && i.MaxPacingRate != noRate {
			fmt.Fprintf(&p.b, "/%sbps", p.rate(float64(i.MaxPacingRate)*8))
		}
	}
	if i.DeliveryRate != 0 {
		fmt.Fprintf(&p.b, " delivery_rate %sbps", p.rate(float64(i.DeliveryRate)*8))
	}
	p.num("delivered", uint64(i.Delivered))
	p.num("delivered_ce", uint64(i.DeliveredCE))
	if i.RateAppLimited {
		p.b.WriteString(" app_limited")
	}
}

func (p *ssPrint) rest(i *tcp.Info) {
	if i.BusyTime != 0 {
		fmt.Fprintf(&p.b, " busy:%dms", i.BusyTime/1000)
		for _, x := range [...]struct {
			name string
			v    uint64
		}{{"rwnd_limited", i.RwndLimited}, {"sndbuf_limited", i.SndbufLimited}} {
			if x.v != 0 {
				fmt.Fprintf(&p.b, " %s:%dms(%.1f%%)", x.name, x.v/1000, 100*float64(x.v)/float64(i.BusyTime))
			}
		}
	}
	if i.State == core.TCPListen {
		return
	}
	p.num("unacked", uint64(i.Unacked))
	if i.Retrans != 0 || i.TotalRetrans != 0 {
		fmt.Fprintf(&p.b, " retrans:%d/%d", i.Retrans, i.TotalRetrans)
	}
	p.num("lost", uint64(i.Lost))
	p.num("sacked", uint64(i.Sacked))
	p.num("dsack_dups", uint64(i.DSACKDups))
	if i.Reordering != 3 {
		p.num("reordering", uint64(i.Reordering))
	}
	p.num("reord_seen", uint64(i.ReordSeen))
	if i.RcvRTT != 0 {
		fmt.Fprintf(&p.b, " rcv_rtt:%s", gnum(float64(i.RcvRTT)/1000))
	}
	p.num("rcv_space", uint64(i.RcvSpace))
	p.num("rcv_ssthresh", uint64(i.RcvSsthresh))
	p.num("notsent", uint64(i.NotsentBytes))
	if i.MinRTT != 0 && uint32(i.MinRTT) != ^uint32(0) {
		fmt.Fprintf(&p.b, " minrtt:%s", gnum(float64(i.MinRTT)/1000))
	}
	p.num("rcv_ooopack", uint64(i.RcvOoopack))
	p.num("snd_wnd", uint64(i.SndWnd))
}
