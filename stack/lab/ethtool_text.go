package lab

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
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

// An ethFeature is a row of ethtool -k: what veth, lo, igb, tun, bridge, vxlan, macvlan,
// ifb and dummy have. 1 and 0 are on and off, + and - are that and fixed, r is off
// although it is asked for. bit is what the model has of it; a name that begins with a
// tab belongs to the one above.
type ethFeature struct {
	name string
	has  string
	bit  uint32
	real string // the kernel's name, if it is another one
}

var ethFeatures = []ethFeature{
	{"rx-checksumming", "1+1--1+--", core.FeatureRxCsum, "rx-checksum"}, {"tx-checksumming", "111011111", core.FeatureTxCsum, ""}, {"\ttx-checksum-ipv4", "---------", 0, ""},
	{"\ttx-checksum-ip-generic", "1+1r11+11", core.FeatureTxCsum, ""}, {"\ttx-checksum-ipv6", "---------", 0, ""}, {"\ttx-checksum-fcoe-crc", "---------", 0, ""},
	{"\ttx-checksum-sctp", "1+1------", core.FeatureTxCsum, ""}, {"scatter-gather", "111111111", core.FeatureSG, ""}, {"\ttx-scatter-gather", "1+1111+11", core.FeatureSG, ""},
	{"\ttx-scatter-gather-fraglist", "1+-111+11", core.FeatureSG, ""}, {"tcp-segmentation-offload", "111011111", core.FeatureTSO, ""}, {"\ttx-tcp-segmentation", "111r11+11", core.FeatureTSO, ""},
	{"\ttx-tcp-ecn-segmentation", "11-r11+11", core.FeatureTSO, ""}, {"\ttx-tcp-mangleid-segmentation", "110011+11", core.FeatureTSO, ""}, {"\ttx-tcp6-segmentation", "111r11+11", core.FeatureTSO, ""},
	{"\ttx-tcp-accecn-segmentation", "11--11+11", 0, ""}, {"generic-segmentation-offload", "111111111", core.FeatureGSO, "tx-generic-segmentation"}, {"generic-receive-offload", "011111r11", core.FeatureGRO, "rx-gro"},
	{"large-receive-offload", "------0--", 0, "rx-lro"}, {"rx-vlan-offload", "1-1------", core.FeatureVlanRx, "rx-vlan-hw-parse"}, {"tx-vlan-offload", "1-111--1-", core.FeatureVlanTx, "tx-vlan-hw-insert"},
	{"ntuple-filters", "--0------", 0, "rx-ntuple-filter"}, {"receive-hashing", "--1------", 0, "rx-hashing"}, {"highdma", "1++-1-+11", 0, ""},
	{"rx-vlan-filter", "--+------", 0, ""}, {"vlan-challenged", "-+-------", 0, ""}, {"tx-gso-robust", "----1-+--", 0, ""},
	{"tx-fcoe-segmentation", "----1----", 0, ""}, {"tx-gre-segmentation", "1-1-1-+11", 0, ""}, {"tx-gre-csum-segmentation", "1-1-1-+11", 0, ""},
	{"tx-ipxip4-segmentation", "1-1-1-+11", 0, ""}, {"tx-ipxip6-segmentation", "1-1-1-+11", 0, ""}, {"tx-udp_tnl-segmentation", "1-1r1-+11", core.FeatureTunnel, ""},
	{"tx-udp_tnl-csum-segmentation", "1-1r1-+11", core.FeatureTunnelSum, ""}, {"tx-gso-partial", "--1-1----", 0, ""}, {"tx-tunnel-remcsum-segmentation", "----1----", 0, ""},
	{"tx-sctp-segmentation", "11--11+11", 0, ""}, {"tx-esp-segmentation", "----1----", 0, ""}, {"tx-udp-segmentation", "111r11+11", core.FeatureGSOUDP, ""},
	{"tx-gso-list", "11--11+11", core.FeatureGSOList, ""}, {"tx-nocache-copy", "0-0000000", 0, ""}, {"loopback", "-+-------", 0, ""},
	{"rx-fcs", "---------", 0, ""}, {"rx-all", "--0------", 0, ""}, {"tx-vlan-stag-hw-insert", "1--11--1-", core.FeatureVlanSTx, ""},
	{"rx-vlan-stag-hw-parse", "1--------", 0, ""}, {"rx-vlan-stag-filter", "---------", 0, ""}, {"l2-fwd-offload", "---------", 0, ""},
	{"hw-tc-offload", "--0------", 0, ""}, {"esp-hw-offload", "---------", 0, ""}, {"esp-tx-csum-hw-offload", "---------", 0, ""},
	{"rx-udp_tunnel-port-offload", "---------", 0, ""}, {"tls-hw-tx-offload", "---------", 0, ""}, {"tls-hw-rx-offload", "---------", 0, ""},
	{"rx-gro-hw", "---------", 0, ""}, {"tls-hw-record", "---------", 0, ""}, {"rx-gro-list", "000000000", core.FeatureGROList, ""},
	{"macsec-hw-offload", "---------", 0, ""}, {"rx-udp-gro-forwarding", "000000000", core.FeatureUDPGRO, ""}, {"hsr-tag-ins-offload", "---------", 0, ""},
	{"hsr-tag-rm-offload", "---------", 0, ""}, {"hsr-fwd-offload", "---------", 0, ""}, {"hsr-dup-offload", "---------", 0, ""},
}

func (f *ethFeature) kernel() string {
	if f.real != "" {
		return f.real
	}
	return strings.TrimPrefix(f.name, "\t")
}

// ethColumn is the place of each kind of device in a row; what is not there is not
// known.
var ethColumn = map[string]int{"veth": 0, "lo": 1, "igb": 2, "tun": 3, "bridge": 4, "vxlan": 5, "macvlan": 6, "ifb": 7, "dummy": 8}

// heading reports whether a row stands for those below it.
func (f *ethFeature) heading() bool {
	return f.name == "tx-checksumming" || f.name == "scatter-gather" || f.name == "tcp-segmentation-offload"
}

// now is how a feature stands.
func (e *ethCmd) now(f *ethFeature) (on, fixed bool) {
	if f.heading() {
		for _, r := range ethRows(f.name) {
			x, _ := e.now(r)
			on = on || x
		}
		return on, false
	}
	c := f.has[ethColumn[e.kind]]
	on, fixed = c == '1' || c == '+', c == '+' || c == '-'
	if w, ok := e.p.lab.dev(e.d).feat[f.kernel()]; ok && f.bit == 0 {
		on = w
	}
	if br := device.BridgeOf(e.d); br != nil && len(br.Ports) > 0 && (f.name == "tx-gso-robust" || f.name == "tx-fcoe-segmentation") {
		on = false // no port has these (netdev_increment_features)
	}
	if f.bit != 0 && !fixed && (f.bit != core.FeatureGSOUDP || e.nic == nil) {
		on = e.d.Features&f.bit != 0
	}
	return on, fixed
}

// wanted is whether somebody asks for a feature (wanted_features): the user, or else
// the driver.
func (e *ethCmd) wanted(f *ethFeature) bool {
	if w, ok := e.p.lab.dev(e.d).feat[f.kernel()]; ok {
		return w
	}
	return strings.IndexByte("1+r", f.has[ethColumn[e.kind]]) >= 0
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
		note := map[bool]string{true: " [fixed]"}[fixed]
		if w := e.wanted(f); !fixed && !f.heading() && on != w {
			note = " [requested " + onOffWord(w) + "]"
		}
		e.p.outf("%s: %s%s\n", f.name, onOffWord(on), note)
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
	offset := e.attrAt(0) + 20
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

// ethEffect are features whose change would make a difference that the model does not
// show; the others without a bit are about tunnels, SCTP and the like.
var ethEffect = map[string]bool{"rx-ntuple-filter": true, "rx-all": true, "hw-tc-offload": true, "rx-hashing": true}

// apply is netdev_update_features: what depends on a feature goes with it.
func (e *ethCmd) apply(want map[*ethFeature]bool) int {
	p := e.p
	before := map[*ethFeature]bool{}
	any := false
	bits := e.d.Features
	st := e.p.lab.dev(e.d)
	for i := range ethFeatures {
		f := &ethFeatures[i]
		before[f], _ = e.now(f)
		w, asked := want[f]
		if _, fixed := e.now(f); !asked || fixed {
			continue
		}
		if st.feat == nil {
			st.feat = map[string]bool{}
		}
		if any = true; w == before[f] {
			st.feat[f.kernel()] = w
			continue
		}
		if ethEffect[f.kernel()] {
			p.errf("not modelled: the feature %s\n", f.kernel())
			return 1
		}
		if st.feat[f.kernel()] = w; w {
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
	if t := device.TunOf(e.d); t != nil {
		bits = t.FixFeatures(bits)
	}
	e.d.Features = bits
	device.FeaturesChanged(e.d)
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

// ethBits are the kernel's features in the order of their bits (NETIF_F_*_BIT), as far as
// that is another one than -k's.
const ethBits = `tx-scatter-gather tx-checksum-ipv4 tx-checksum-ip-generic tx-checksum-ipv6 highdma tx-scatter-gather-fraglist tx-vlan-hw-insert rx-vlan-hw-parse rx-vlan-filter
vlan-challenged tx-generic-segmentation rx-gro rx-lro tx-tcp-segmentation tx-gso-robust tx-tcp-ecn-segmentation tx-tcp-mangleid-segmentation tx-tcp6-segmentation
tx-fcoe-segmentation tx-gre-segmentation tx-gre-csum-segmentation tx-ipxip4-segmentation tx-ipxip6-segmentation tx-udp_tnl-segmentation tx-udp_tnl-csum-segmentation
tx-gso-partial tx-tunnel-remcsum-segmentation tx-sctp-segmentation tx-esp-segmentation tx-udp-segmentation tx-gso-list tx-tcp-accecn-segmentation tx-checksum-fcoe-crc
tx-checksum-sctp rx-ntuple-filter rx-hashing rx-checksum`

// ethByBit are the features in the order in which -K tells of them.
func ethByBit() (l []*ethFeature) {
	seen := map[*ethFeature]bool{}
	for _, n := range strings.Fields(ethBits) {
		for i := range ethFeatures {
			if f := &ethFeatures[i]; f.kernel() == n && !f.heading() {
				l, seen[f] = append(l, f), true
			}
		}
	}
	for i := range ethFeatures {
		if f := &ethFeatures[i]; !seen[f] && !f.heading() {
			l = append(l, f)
		}
	}
	return l
}

// report prints what has become of the wish, if it is not just that.
func (e *ethCmd) report(want, before map[*ethFeature]bool) {
	var out strings.Builder
	exact := true
	changed := false
	for _, f := range ethByBit() {
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
		e.p.errf("Could not change any device features\n")
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
