package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Frames with a length in place of an EtherType, and an LLC header (IEEE 802.2):
// net/llc/llc_input.c, net/802/stp.c. Of the service access points only the spanning
// tree's is open. The handler is there on machines of labs, whose kernel has bridges built in,
// and on others as soon as there is a bridge.

// Numbers of LLC.
const (
	llcLen      = 3    // of an unnumbered frame: destination, source, control
	llcSapBSpan = 0x42 // LLC_SAP_BSPAN
	llcUI       = 0x03 // unnumbered information
)

// llc is the handler of 802.2 frames.
type llc struct{}

// Rcv is llc_rcv.
func (llc) Rcv(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.LlcRcv, b).Out()
	sap := uint64(0)
	switch {
	case b.PktType == core.PacketOtherHost:
		ns.Why(step.WhyLlcOther)
	case !llcFixup(b):
		ns.Why(step.WhyLlcShort)
	case b.From(b.Network)[0] != llcSapBSpan:
		sap = uint64(b.From(b.Network)[0])
		ns.Why(step.WhyLlcSap, sap)
	default:
		stpPduRcv(ns, b)
		return
	}
	ns.Drop(b, step.DropNotSpecified, step.LlcRcv)
}

// llcFixup is llc_fixup_skb: take the header off, and what the card has put behind.
func llcFixup(b *core.SKB) bool {
	if !b.MayPull(llcLen + 1) {
		return false
	}
	n := llcLen + 1
	if b.Data()[2]&3 == llcUI {
		n = llcLen
	}
	size := int(b.Eth().Type()) - n
	b.Pull(n)
	b.ResetTransport()
	if size < 0 || size > b.Len() {
		return false
	}
	b.Trim(size)
	return b.MayPull(size)
}

// stpPduRcv is stp_pdu_rcv.
func stpPduRcv(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.StpPduRcv, b).Out()
	h := b.From(b.Network)
	dst := b.Eth().Dst()
	if garp := dst & 0xff; h[1] != llcSapBSpan || h[2] != llcUI || garp >= 0x20 && garp <= 0x2f {
		ns.Why(step.WhyBrNoBPDU)
		ns.Drop(b, step.DropNotSpecified, step.StpPduRcv)
		return
	}
	stpRcv(ns, b)
}

// RegisterLLC is llc_sap_open and stp_proto_register: what loading the bridge module does,
// or starting a kernel with the bridge built in.
func RegisterLLC(ns *core.Netns) { ns.AddPacketType(core.EthP8022, llc{}) }
