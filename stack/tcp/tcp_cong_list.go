package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// congID is a congestion control's place in tcp_cong_list, and its bit in
// core.CongList.
type congID uint8

// The congestion controls, in the order in which the kernel registers them:
// Reno always, then those that are built in. DCTCP and Vegas are modules of
// their own, which the kernel loads when somebody names them.
const (
	congReno congID = iota
	congBBR
	congCubic
	congDCTCP
	congVegas
	numCong
)

// congTable is tcp_cong_list.
var congTable = [numCong]congOps{congReno: reno{}, congBBR: bbr{}, congCubic: cubic{}, congDCTCP: dctcp{}, congVegas: vegas{}}

// congBuiltin are those that are registered when the machine starts, and that
// every program may choose.
const congBuiltin = 1<<congReno | 1<<congBBR | 1<<congCubic

// congByName is tcp_ca_find_autoload, nil if there is none of that name.
func congByName(name string) congOps {
	for _, c := range congTable {
		if c.name() == name {
			return c
		}
	}
	return nil
}

// loadCong is request_module: from now on the list has it.
func loadCong(m *core.Machine, id congID) { m.CongLoaded |= 1 << id }

// chars packs the name for a sentence: its letters, the first in the highest
// byte.
func (id congID) chars() (v uint64) {
	s := congTable[id].name()
	for i := 0; i < len(s) && i < 8; i++ {
		v |= uint64(s[i]) << (56 - 8*i)
	}
	return v
}

// AvailableCongestion is net.ipv4.tcp_available_congestion_control: what is
// registered.
func AvailableCongestion(m *core.Machine) []string { return congNames(congBuiltin | m.CongLoaded) }

// AllowedCongestion is net.ipv4.tcp_allowed_congestion_control: what programs
// without CAP_NET_ADMIN may choose.
func AllowedCongestion(m *core.Machine) []string { return congNames(allowedCong(m)) }

func allowedCong(m *core.Machine) uint8 { return congBuiltin&^m.CongForbidden | m.CongAllowed }

func congNames(set uint8) (names []string) {
	for id, c := range congTable {
		if set>>id&1 != 0 {
			names = append(names, c.name())
		}
	}
	return names
}

// SetAllowedCongestion is tcp_set_allowed_congestion_control. It reports false
// (ENOENT) if one of the names is not registered; then nothing changes.
func SetAllowedCongestion(m *core.Machine, names []string) bool {
	var set uint8
	for _, n := range names {
		c := congByName(n)
		if c == nil || (congBuiltin|m.CongLoaded)>>c.id()&1 == 0 {
			return false
		}
		set |= 1 << c.id()
	}
	m.CongAllowed, m.CongForbidden = set, congBuiltin&^set
	return true
}

// SetDefaultCongestion is tcp_set_default_congestion_control: the namespace's
// choice for new connections, which everybody may then choose too. It reports
// ENOENT for a name that does not exist, EPERM if a namespace other than the
// machine's first chooses one that is not allowed.
func SetDefaultCongestion(ns *core.Netns, name string) core.Errno {
	c := congByName(name)
	if c == nil {
		return step.ENOENT
	}
	m := ns.Machine
	loadCong(m, c.id())
	if len(m.NS) > 0 && m.NS[0] != ns && allowedCong(m)>>c.id()&1 == 0 {
		return step.EPERM
	}
	ns.Sysctl.TCPCongestionControl = c.name()
	m.CongAllowed |= 1 << c.id()
	m.CongForbidden &^= 1 << c.id()
	return 0
}

// CCInfo is union tcp_cc_info: what getsockopt(TCP_CC_INFO) and inet_diag tell
// of the congestion control's own state. Kind says which fields hold.
type CCInfo struct {
	Kind CCKind

	// Vegas: is it at work, round trips measured, the least ever and the least
	// of this round trip, µs.
	VegasEnabled, VegasRTTCnt, VegasRTT, VegasMinRTT uint32

	// DCTCP: is it at work, was the last packet marked, the marked share in
	// 1/1024, and the bytes of this round trip that were marked and all.
	DCTCPEnabled, DCTCPCEState       uint16
	DCTCPAlpha, DCTCPAbECN, DCTCPTot uint32

	// BBR: bandwidth in bytes a second, the least round trip in µs, gains in
	// 1/256.
	BBRBw                               uint64
	BBRMinRTT, BBRPacingGain, BBRCwndGn uint32
}

// CCKind tells whose CCInfo it is.
type CCKind uint8

// The congestion controls that tell something (INET_DIAG_VEGASINFO,
// INET_DIAG_DCTCPINFO, INET_DIAG_BBRINFO).
const (
	CCNone CCKind = iota
	CCVegas
	CCDCTCP
	CCBBR
)

// CCInfo is getsockopt(TCP_CC_INFO).
func (sk *Sock) CCInfo() CCInfo { return sk.ca.ccInfo(sk) }
