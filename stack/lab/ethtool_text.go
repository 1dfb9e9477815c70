package lab

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
)

const ethVethSettings = `	Supported ports: [  ]
	Supported link modes:   Not reported
	Supported pause frame use: No
	Supports auto-negotiation: No
	Supported FEC modes: Not reported
	Advertised link modes:  Not reported
	Advertised pause frame use: No
	Advertised auto-negotiation: No
	Advertised FEC modes: Not reported
	Speed: 10000Mb/s
	Duplex: Full
	Auto-negotiation: off
	Port: Twisted Pair
	PHYAD: 0
	Transceiver: internal
	MDI-X: Unknown
`

const ethIGBSettings = `	Supported ports: [ TP ]
	Supported link modes:   10baseT/Half 10baseT/Full
	                        100baseT/Half 100baseT/Full
	                        1000baseT/Full
	Supported pause frame use: Symmetric
	Supports auto-negotiation: Yes
	Supported FEC modes: Not reported
	Advertised link modes:  10baseT/Half 10baseT/Full
	                        100baseT/Half 100baseT/Full
	                        1000baseT/Full
	Advertised pause frame use: Symmetric
	Advertised auto-negotiation: Yes
	Advertised FEC modes: Not reported
	Speed: %s
	Duplex: %s
	Auto-negotiation: on
	Port: Twisted Pair
	PHYAD: 1
	Transceiver: internal
	MDI-X: off (auto)
	Supports Wake-on: pumbg
	Wake-on: g
        Current message level: 0x00000007 (7)
                               drv probe link
`

const ethCoalesce = `Coalesce parameters for %s:
Adaptive RX: n/a  TX: n/a
stats-block-usecs: n/a
sample-interval: n/a
pkt-rate-low: n/a
pkt-rate-high: n/a

rx-usecs: %d
rx-frames: n/a
rx-usecs-irq: n/a
rx-frames-irq: n/a

tx-usecs: 0
tx-frames: n/a
tx-usecs-irq: n/a
tx-frames-irq: n/a

rx-usecs-low: n/a
rx-frame-low: n/a
tx-usecs-low: n/a
tx-frame-low: n/a

rx-usecs-high: n/a
rx-frame-high: n/a
tx-usecs-high: n/a
tx-frame-high: n/a

CQE mode RX: n/a  TX: n/a

`

// An ethFeature is a row of ethtool -k: what veth, lo, igb and tun have. 1 and 0 are
// on and off, + and - are that and fixed. bit is what the model has of it; a
// name that begins with a tab belongs to the one above.
type ethFeature struct {
	name string
	has  string
	bit  uint32
	real string // the kernel's name, if it is another one
}

var ethFeatures = []ethFeature{
	{"rx-checksumming", "1+1-", core.FeatureRxCsum, "rx-checksum"}, {"tx-checksumming", "1111", core.FeatureTxCsum, ""}, {"\ttx-checksum-ipv4", "----", 0, ""},
	{"\ttx-checksum-ip-generic", "1+11", core.FeatureTxCsum, ""}, {"\ttx-checksum-ipv6", "----", 0, ""}, {"\ttx-checksum-fcoe-crc", "----", 0, ""}, {"\ttx-checksum-sctp", "1+1-", core.FeatureTxCsum, ""},
	{"scatter-gather", "1111", core.FeatureSG, ""}, {"\ttx-scatter-gather", "1+11", core.FeatureSG, ""}, {"\ttx-scatter-gather-fraglist", "1+-1", core.FeatureSG, ""},
	{"tcp-segmentation-offload", "1111", core.FeatureTSO, ""}, {"\ttx-tcp-segmentation", "1111", core.FeatureTSO, ""}, {"\ttx-tcp-ecn-segmentation", "11-1", core.FeatureTSO, ""},
	{"\ttx-tcp-mangleid-segmentation", "1100", core.FeatureTSO, ""}, {"\ttx-tcp6-segmentation", "1111", core.FeatureTSO, ""}, {"\ttx-tcp-accecn-segmentation", "11--", core.FeatureTSO, ""},
	{"generic-segmentation-offload", "1111", core.FeatureGSO, "tx-generic-segmentation"}, {"generic-receive-offload", "0111", core.FeatureGRO, "rx-gro"}, {"large-receive-offload", "----", 0, "rx-lro"},
	{"rx-vlan-offload", "1-1-", core.FeatureVlanRx, "rx-vlan-hw-parse"}, {"tx-vlan-offload", "1-11", core.FeatureVlanTx, "tx-vlan-hw-insert"}, {"ntuple-filters", "--0-", 0, "rx-ntuple-filter"},
	{"receive-hashing", "--1-", 0, "rx-hashing"}, {"highdma", "1++-", 0, ""}, {"rx-vlan-filter", "--+-", 0, ""}, {"vlan-challenged", "-+--", 0, ""}, {"tx-gso-robust", "----", 0, ""},
	{"tx-fcoe-segmentation", "----", 0, ""}, {"tx-gre-segmentation", "1-1-", 0, ""}, {"tx-gre-csum-segmentation", "1-1-", 0, ""}, {"tx-ipxip4-segmentation", "1-1-", 0, ""},
	{"tx-ipxip6-segmentation", "1-1-", 0, ""}, {"tx-udp_tnl-segmentation", "1-10", 0, ""}, {"tx-udp_tnl-csum-segmentation", "1-10", 0, ""}, {"tx-gso-partial", "--1-", 0, ""},
	{"tx-tunnel-remcsum-segmentation", "----", 0, ""}, {"tx-sctp-segmentation", "11--", 0, ""}, {"tx-esp-segmentation", "----", 0, ""}, {"tx-udp-segmentation", "1110", core.FeatureGSOUDP, ""},
	{"tx-gso-list", "11--", 0, ""}, {"tx-nocache-copy", "0-00", 0, ""}, {"loopback", "-+--", 0, ""}, {"rx-fcs", "----", 0, ""}, {"rx-all", "--0-", 0, ""}, {"tx-vlan-stag-hw-insert", "1--1", 0, ""},
	{"rx-vlan-stag-hw-parse", "1---", 0, ""}, {"rx-vlan-stag-filter", "----", 0, ""}, {"l2-fwd-offload", "----", 0, ""}, {"hw-tc-offload", "--0-", 0, ""}, {"esp-hw-offload", "----", 0, ""},
	{"esp-tx-csum-hw-offload", "----", 0, ""}, {"rx-udp_tunnel-port-offload", "----", 0, ""}, {"tls-hw-tx-offload", "----", 0, ""}, {"tls-hw-rx-offload", "----", 0, ""}, {"rx-gro-hw", "----", 0, ""},
	{"tls-hw-record", "----", 0, ""}, {"rx-gro-list", "0000", 0, ""}, {"macsec-hw-offload", "----", 0, ""}, {"rx-udp-gro-forwarding", "0000", core.FeatureUDPGRO, ""}, {"hsr-tag-ins-offload", "----", 0, ""},
	{"hsr-tag-rm-offload", "----", 0, ""}, {"hsr-fwd-offload", "----", 0, ""}, {"hsr-dup-offload", "----", 0, ""},
}

func (f *ethFeature) kernel() string {
	if f.real != "" {
		return f.real
	}
	return strings.TrimPrefix(f.name, "\t")
}

func (e *ethCmd) column() int {
	switch {
	case e.veth != nil:
		return 0
	case e.lo:
		return 1
	case e.tun:
		return 3
	}
	return 2
}

// now is how a feature stands.
func (e *ethCmd) now(f *ethFeature) (on, fixed bool) {
	c := f.has[e.column()]
	on, fixed = c == '1' || c == '+', c == '+' || c == '-'
	if f.bit != 0 && !fixed && (f.bit != core.FeatureGSOUDP || e.nic == nil) {
		on = e.d.Features&f.bit != 0
	}
	return on, fixed
}

// features is -k.
func (e *ethCmd) features() int {
	if len(e.w) > 0 {
		e.p.errf("ethtool: unexpected parameter '%s'\n", e.w[0])
		return 1
	}
	if !e.known("-k") {
		return 1
	}
	e.p.outf("Features for %s:\n", e.d.Name)
	for i := range ethFeatures {
		f := &ethFeatures[i]
		on, fixed := e.now(f)
		e.p.outf("%s: %s%s\n", f.name, map[bool]string{true: "on", false: "off"}[on], map[bool]string{true: " [fixed]"}[fixed])
	}
	return 0
}

// ethShort are the short names of -K, and the rows that each stands for.
var ethShort = map[string]string{"rx": "rx-checksumming", "tx": "tx-checksumming", "sg": "scatter-gather", "tso": "tcp-segmentation-offload", "gso": "generic-segmentation-offload",
	"gro": "generic-receive-offload", "lro": "large-receive-offload", "rxvlan": "rx-vlan-offload", "txvlan": "tx-vlan-offload", "ntuple": "ntuple-filters", "rxhash": "receive-hashing"}

// rows are the kernel's features that a name of -K stands for.
func ethRows(name string) (l []*ethFeature) {
	if s := ethShort[name]; s != "" {
		name = s
	}
	for i := range ethFeatures {
		f := &ethFeatures[i]
		if f.name == name {
			for k := i + 1; k < len(ethFeatures) && strings.HasPrefix(ethFeatures[k].name, "\t"); k++ {
				l = append(l, &ethFeatures[k])
			}
			if l == nil {
				l = append(l, f)
			}
			return l
		}
		if f.kernel() == name {
			return []*ethFeature{f}
		}
	}
	return nil
}

// setFeatures is -K.
func (e *ethCmd) setFeatures() int {
	p := e.p
	want := map[*ethFeature]bool{}
	offset := 52
	for i := 0; i < len(e.w); i += 2 {
		on := i+1 < len(e.w) && e.w[i+1] == "on"
		if i+1 >= len(e.w) || !on && e.w[i+1] != "off" {
			got := "(null)"
			if i+1 < len(e.w) {
				got = e.w[i+1]
			}
			p.errf("ethtool (-K): flag '%s' for parameter '(null)' is not followed by 'on' or 'off'\n", got)
			return 1
		}
		rows := ethRows(e.w[i])
		if rows == nil {
			p.errf("netlink error: bit name not found (offset %d)\nnetlink error: Operation not supported\n", offset)
			return 92
		}
		for _, f := range rows {
			if _, fixed := e.now(f); !fixed || len(rows) == 1 {
				want[f] = on
			}
			offset += 8 + (len(f.kernel())+4)&^3 + 4*b2i(on)
		}
	}
	if !e.known("-K") {
		return 1
	}
	return e.apply(want)
}

// apply is netdev_update_features: what depends on a feature goes with it.
func (e *ethCmd) apply(want map[*ethFeature]bool) int {
	p := e.p
	before := map[*ethFeature]bool{}
	any := false
	bits := e.d.Features
	for i := range ethFeatures {
		f := &ethFeatures[i]
		before[f], _ = e.now(f)
		w, asked := want[f]
		if _, fixed := e.now(f); !asked || fixed {
			continue
		}
		if w == before[f] {
			any = true
			continue
		}
		if f.bit == 0 {
			p.errf("not modelled: the feature %s\n", f.kernel())
			return 1
		}
		if any = true; w {
			bits |= f.bit
		} else {
			bits &^= f.bit
		}
	}
	if bits&core.FeatureTxCsum == 0 {
		bits &^= core.FeatureTSO | core.FeatureGSOUDP
	}
	if bits&core.FeatureSG == 0 {
		bits &^= core.FeatureTSO | core.FeatureGSO
	}
	e.d.Features = bits
	e.report(want, before)
	if !any {
		if len(want) > 0 && e.differs(want) {
			return 1
		}
	}
	return 0
}

func (e *ethCmd) differs(want map[*ethFeature]bool) bool {
	for f, w := range want {
		if on, _ := e.now(f); on != w {
			return true
		}
	}
	return false
}

// report prints what has become of the wish, if it is not just that.
func (e *ethCmd) report(want, before map[*ethFeature]bool) {
	var out strings.Builder
	exact := true
	changed := false
	for i := range ethFeatures {
		f := &ethFeatures[i]
		if strings.HasSuffix(f.name, "ing") && f.has == "111" && f.name[0] != '\t' || f.name == "scatter-gather" || f.name == "tcp-segmentation-offload" {
			continue // a heading
		}
		on, _ := e.now(f)
		w, asked := want[f]
		word := map[bool]string{true: "on", false: "off"}
		switch {
		case asked && on != w:
			out.WriteString(f.kernel() + ": " + word[on] + " [requested " + word[w] + "]\n")
			exact = false
		case on != before[f] && !asked:
			out.WriteString(f.kernel() + ": " + word[on] + " [not requested]\n")
			exact, changed = false, true
		case on != before[f]:
			out.WriteString(f.kernel() + ": " + word[on] + "\n")
			changed = true
		}
	}
	if exact {
		return
	}
	if !changed {
		e.p.out("Could not change any device features\n")
	}
	e.p.out("Actual changes:\n" + out.String())
}

// ethTunSettings is ethtool TUN between its first line and its last.
const ethTunSettings = `	Supported ports: [  ]
	Supported link modes:   Not reported
	Supported pause frame use: No
	Supports auto-negotiation: No
	Supported FEC modes: Not reported
	Advertised link modes:  Not reported
	Advertised pause frame use: No
	Advertised auto-negotiation: No
	Advertised FEC modes: Not reported
	Speed: 10000Mb/s
	Duplex: Full
	Auto-negotiation: off
	Port: Twisted Pair
	PHYAD: 0
	Transceiver: internal
	MDI-X: Unknown
        Current message level: 0x00000000 (0)
                              
`
