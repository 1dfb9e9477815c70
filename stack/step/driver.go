package step

const baseDriver = int(areaDriver) << 8

// Device drivers: igb (a NIC with descriptor rings), veth, loopback.
const (
	IgbMsixRing Step = Step(baseDriver + 1 + iota)
	IgbPoll
	IgbCleanRxIrq
	IgbBuildSkb
	IgbAllocRxBuffers
	IgbXmitFrame
	IgbTxMap
	IgbCleanTxIrq
	VethXmit
	IgbProcessSkbFields
	LoopbackXmit
	EthTypeTrans
	DevForwardSkb
	VlanDevXmit
	endDriver
)

var driverSteps = [int(endDriver) - baseDriver]Info{
	IgbMsixRing & 255:         {"igb_msix_ring", Driver, "drivers/net/ethernet/intel/igb/igb_main.c", "The card interrupts: frames wait in this queue's ring."},
	IgbPoll & 255:             {"igb_poll", Driver, "drivers/net/ethernet/intel/igb/igb_main.c", "Empty the queue's rings, up to the weight."},
	IgbCleanRxIrq & 255:       {"igb_clean_rx_irq", Driver, "drivers/net/ethernet/intel/igb/igb_main.c", "Take finished descriptors out of the receive ring."},
	IgbBuildSkb & 255:         {"igb_build_skb", Driver, "drivers/net/ethernet/intel/igb/igb_main.c", "Wrap the frame's memory in an sk_buff."},
	IgbAllocRxBuffers & 255:   {"igb_alloc_rx_buffers", Driver, "drivers/net/ethernet/intel/igb/igb_main.c", "Give the card empty buffers again."},
	IgbXmitFrame & 255:        {"igb_xmit_frame", Driver, "drivers/net/ethernet/intel/igb/igb_main.c", "The stack hands a frame to the card."},
	IgbTxMap & 255:            {"igb_tx_map", Driver, "drivers/net/ethernet/intel/igb/igb_main.c", "Map the frame for DMA and fill transmit descriptors."},
	IgbCleanTxIrq & 255:       {"igb_clean_tx_irq", Driver, "drivers/net/ethernet/intel/igb/igb_main.c", "Free the frames that the card has sent."},
	VethXmit & 255:            {"veth_xmit", Driver, "drivers/net/veth.c", "Hand the frame to the other end of the pair."},
	IgbProcessSkbFields & 255: {"igb_process_skb_fields", Driver, "drivers/net/ethernet/intel/igb/igb_main.c", "Take over what the card found out: hash, checksum, VLAN tag."},
	LoopbackXmit & 255:        {"loopback_xmit", Driver, "drivers/net/loopback.c", "Turn the packet around: what was sent is received."},
	EthTypeTrans & 255:        {"eth_type_trans", Driver, "net/ethernet/eth.c", "Read the Ethernet header: for whom, and which protocol."},
	DevForwardSkb & 255:       {"__dev_forward_skb2", Driver, "net/core/dev.c", "Does it fit the other end? Forget what this host knew about it."},
	VlanDevXmit & 255:         {"vlan_dev_hard_start_xmit", Driver, "net/8021q/vlan_dev.c", "Tag the packet and give it to the device below."},
}

// Why a driver decided.
const (
	WhyEthHost Why = Why(baseDriver + 1 + iota)
	WhyEthOther
	WhyEthGroup
	WhyRingFull
	WhyIrqCoalesced
	WhyRSS
	WhyRxCsum
	WhyRxCsumBad
	WhyTxTSO
	WhyTxRingFull
	WhyTxWake
	WhyNoPeer
	WhyPeerDown
	WhyTooBigForPeer
	WhyForwardSkb
	WhyVlanPut
	WhyFrameShort
	WhyCaptureSuper
	endDriverWhy
)

var driverWhys = [int(endDriverWhy) - baseDriver]string{
	WhyEthHost & 255:       "The destination {0:mac} is this device's own address, so the packet is for this host; EtherType {1:ether}.",
	WhyEthOther & 255:      "The destination {0:mac} is not this device's address {1:mac}: the packet is marked OTHERHOST.",
	WhyEthGroup & 255:      "The destination {0:mac} is a group address ({1:pkt}).",
	WhyRingFull & 255:      "All {0} descriptors of receive ring {1} are taken: the card drops the frame and counts it.",
	WhyIrqCoalesced & 255:  "The card waits {0:dur} after the last interrupt before it interrupts again.",
	WhyRSS & 255:           "The card's hash of the addresses and ports is {0:hex}: receive queue {1}.",
	WhyRxCsum & 255:        "The card has verified the checksum: nobody sums the bytes again.",
	WhyRxCsumBad & 255:     "The card found no right checksum: the software will check it.",
	WhyTxTSO & 255:         "The card cuts it into {0} segments of {1} bytes (TSO).",
	WhyTxRingFull & 255:    "Only {0} of {1} transmit descriptors are free: the queue of {2:dev} stops.",
	WhyTxWake & 255:        "{0} transmit descriptors are free again: the queue of {1:dev} goes on.",
	WhyNoPeer & 255:        "{0:dev} has no other end.",
	WhyPeerDown & 255:      "The other end, {0:dev}, is down.",
	WhyTooBigForPeer & 255: "{0} bytes are more than the other end takes: its MTU {1}, link header and a VLAN tag make {2}.",
	WhyForwardSkb & 255:    "{0} bytes fit; route, mark and priority are forgotten on the way to {1:dev}.",
	WhyVlanPut & 255:       "VLAN tag {0} goes on; {1:dev} carries it.",
	WhyFrameShort & 255:    "{0} bytes are no whole Ethernet header.",
	WhyCaptureSuper & 255:  "{0} bytes are more than a frame of this link: the capturing host's card had merged or not yet cut segments (offload).",
}

var driverTries = [...]Tried{}
