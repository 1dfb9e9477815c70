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
	DummyXmit
	TunNetXmit
	TunGetUser
	TunDoRead
	TunQueuePurge
	VethPoll
	MacvlanStartXmit
	MacvlanBroadcast
	MacvlanHandleFrame
	MacvlanProcessBroadcast
	VxlanXmit
	VxlanXmitOne
	VxlanRcv
	VxlanSnoop
	VxlanCleanup
	GroCellPoll
	UdpTunnelXmitSkb
	IPTunnelXmit
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
	DummyXmit & 255:           {"dummy_xmit", Driver, "drivers/net/dummy.c", "Swallow the frame: nothing is behind a dummy device."},
	TunNetXmit & 255:          {"tun_net_xmit", Driver, "drivers/net/tun.c", "Put the packet into the ring of the program that holds the tun device."},
	TunGetUser & 255:          {"tun_get_user", Driver, "drivers/net/tun.c", "A program wrote a packet into the tun device: it is received."},
	TunDoRead & 255:           {"tun_do_read", Driver, "drivers/net/tun.c", "The program that holds the tun device reads the packet."},

	VethPoll & 255:      {"veth_poll", Driver, "drivers/net/veth.c", "Hand what came over the pair to GRO."},
	TunQueuePurge & 255: {"tun_queue_purge", Driver, "drivers/net/tun.c", "The file is closed: what it has not read is gone."},

	MacvlanStartXmit & 255:        {"macvlan_start_xmit", Driver, "drivers/net/macvlan.c", "Send by the device below, or directly to a macvlan beside it."},
	MacvlanBroadcast & 255:        {"macvlan_broadcast", Driver, "drivers/net/macvlan.c", "Each macvlan that listens to the group gets a copy."},
	MacvlanHandleFrame & 255:      {"macvlan_handle_frame", Driver, "drivers/net/macvlan.c", "Is the frame for a macvlan on top of this device?"},
	MacvlanProcessBroadcast & 255: {"macvlan_process_broadcast", Driver, "drivers/net/macvlan.c", "The worker copies a broadcast that waited."},

	VxlanXmit & 255:        {"vxlan_xmit", Driver, "drivers/net/vxlan/vxlan_core.c", "Behind which hosts is the destination? Each gets a datagram."},
	VxlanXmitOne & 255:     {"vxlan_xmit_one", Driver, "drivers/net/vxlan/vxlan_core.c", "Put the frame into one datagram: route, VXLAN header, source port."},
	VxlanRcv & 255:         {"vxlan_rcv", Driver, "drivers/net/vxlan/vxlan_core.c", "Take the frame out of a datagram, for the device with that VNI."},
	VxlanSnoop & 255:       {"vxlan_snoop", Driver, "drivers/net/vxlan/vxlan_core.c", "Learn: the inner sender is behind the outer one."},
	VxlanCleanup & 255:     {"vxlan_cleanup", Driver, "drivers/net/vxlan/vxlan_core.c", "Forget addresses that were silent for too long."},
	GroCellPoll & 255:      {"gro_cell_poll", Core, "net/core/gro_cells.c", "Receive what was taken out of a tunnel."},
	UdpTunnelXmitSkb & 255: {"udp_tunnel_xmit_skb", Transport, "net/ipv4/udp_tunnel_core.c", "The outer UDP header."},
	IPTunnelXmit & 255:     {"iptunnel_xmit", Network, "net/ipv4/ip_tunnel_core.c", "The outer IP header, and off."},
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
	WhyEthBroadcast
	WhyIrq
	WhyTxClean
	WhyTxCleanNone
	WhyRxClean
	WhyRxCleanNone
	WhyRxRefill
	WhyRSSNone
	WhyRxCsumOff
	WhyRxCsumOther
	WhyTxDesc
	WhyTxMap
	WhyTxMapCsum
	WhyLoopback
	WhyTunNobody
	WhyTunRing
	WhyTunFull
	WhyTunVersion
	WhyTunRcv
	WhyTunDown
	WhyTunRead
	WhyVethPoll
	WhyTapRcv
	WhyInTun
	WhyMacvlanNext
	WhyMacvlanOut
	WhyMacvlanCopies
	WhyMacvlanNone
	WhyMacvlanDown
	WhyMacvlanFor
	WhyMacvlanDefrag
	WhyMacvlanBack
	WhyMacvlanQueued
	WhyMacvlanFull
	WhyUDPEncap
	WhyTunnelNoSum
	WhyTunnelLocalSum
	WhyTunnelLater
	WhyTunnelSum
	WhyTunnelHeader
	WhyVxlanSource
	WhyVxlanFDBFull
	WhyVxlanLearn
	WhyVxlanKnown
	WhyVxlanStatic
	WhyVxlanMoved
	WhyVxlanAged
	WhyVxlanShort
	WhyVxlanNoVNI
	WhyVxlanUnknown
	WhyVxlanInner
	WhyVxlanReserved
	WhyVxlanOut
	WhyVxlanLoop
	WhyVxlanECN
	WhyVxlanBacklog
	WhyVxlanCell
	WhyVxlanNowhere
	WhyVxlanDefault
	WhyVxlanBehind
	WhyVxlanDead
	WhyVxlanNoRoute
	WhyVxlanCircle
	WhyVxlanIn
	WhyVxlanBypass
	endDriverWhy
)

var driverWhys = [int(endDriverWhy) - baseDriver]string{
	WhyEthHost & 255:       "The destination {0:mac} is this device's own address, so the packet is for this host; EtherType {1:ether}.",
	WhyEthOther & 255:      "The destination {0:mac} is not this device's address {1:mac}: the frame is for another host (OTHERHOST).",
	WhyEthGroup & 255:      "The destination {0:mac} is a group: whoever joined it listens. EtherType {1:ether}.",
	WhyRingFull & 255:      "All {0} descriptors of receive ring {1} are taken: the card drops the frame and counts it.",
	WhyIrqCoalesced & 255:  "The card held this interrupt back until {0:dur} had passed since its last one: so many frames do not cost as many interrupts (coalescing, rx-usecs).",
	WhyRSS & 255:           "The card's hash of the flow (addresses, and ports where it looks at them) is {0:hex}. Its last seven bits are {2}: that place of the indirection table (ethtool -x) names receive queue {1}.",
	WhyRxCsum & 255:        "The card has verified the checksum of TCP or UDP: nobody sums the bytes again.",
	WhyRxCsumBad & 255:     "The card did not find the TCP or UDP checksum right: the software will look itself.",
	WhyTxTSO & 255:         "The card cuts it into {0} {0?segment|segments} of at most {1} bytes of payload (TSO, segmentation offload).",
	WhyTxRingFull & 255:    "Only {0} of {1} transmit descriptors are free: the queue of {2:dev} stops until the card has sent some.",
	WhyTxWake & 255:        "{0} transmit descriptors are free again: the queue of {1:dev} goes on.",
	WhyNoPeer & 255:        "{0:dev} has no other end.",
	WhyPeerDown & 255:      "The other end, {0:dev}, is down.",
	WhyTooBigForPeer & 255: "{0} bytes are more than the other end takes: its MTU {1}, link header and a VLAN tag make {2}.",
	WhyForwardSkb & 255:    "{0} bytes fit; route, mark and priority are forgotten on the way to {1:dev}.",
	WhyVlanPut & 255:       "VLAN tag {0} goes on; {1:dev} carries it.",
	WhyFrameShort & 255:    "{0} bytes are no whole Ethernet header.",
	WhyCaptureSuper & 255:  "{0} bytes are more than a frame of this link: the capturing host's card had merged or not yet cut segments (offload).",
	WhyEthBroadcast & 255:  "The destination {0:mac} means everybody on the link. EtherType {1:ether}.",
	WhyIrq & 255:           "Queue {0} of {1:dev} has something to report: the card interrupts the CPU (interrupt {2}).",
	WhyTxClean & 255:       "{0} sent {0?packet is|packets are} freed; {1} of {2} descriptors of the transmit ring are free.",
	WhyTxCleanNone & 255:   "The card has sent nothing since this queue was looked at last.",
	WhyRxClean & 255:       "{0} {0?frame was|frames were} taken out of receive ring {1}; {2} {2?waits|wait} there.",
	WhyRxCleanNone & 255:   "Receive ring {1} is empty.",
	WhyRxRefill & 255:      "{0} {0?descriptor gets|descriptors get} an empty buffer again, so that the card can fill it.",
	WhyRSSNone & 255:       "The card computes no hash for such a frame: it goes to receive queue {0}.",
	WhyRxCsumOff & 255:     "{0:dev} checks no checksums (rx-checksumming is off): the software will.",
	WhyRxCsumOther & 255:   "The card checks TCP and UDP checksums only: the software sees to the rest.",
	WhyTxDesc & 255:        "The packet needs {0} of the {1} free descriptors of transmit ring {2}.",
	WhyTxMap & 255:         "The card fetches its {0} bytes from memory by itself (DMA) and sends them.",
	WhyTxMapCsum & 255:     "The card fetches its {0} bytes from memory by itself (DMA), fills the checksum in, and sends them.",
	WhyLoopback & 255:      "{0} bytes turn around: what {1:dev} sends, it receives.",
	WhyTunNobody & 255:     "No program holds {0:dev}: nobody would read the packet.",
	WhyTunRing & 255:       "{0} bytes wait for the program that holds {1:dev}; {2} {2?packet lies|packets lie} in its ring of {3}.",
	WhyTunFull & 255:       "The program that holds {0:dev} does not read: its ring of {1} packets is full.",
	WhyTunVersion & 255:    "The packet's first half byte is {0}: neither IPv4 nor IPv6, and a tun device carries nothing else.",
	WhyTunRcv & 255:        "A program wrote {0} bytes into {1:dev}: IP version {2}.",
	WhyTunDown & 255:       "{0:dev} is down: what is written into it is refused.",
	WhyVethPoll & 255:      "{0} {0?packet was|packets were} in the ring of {1:dev}.",
	WhyTunRead & 255:       "The program that holds {1:dev} has {0} bytes; {2} {2?packet waits|packets wait} still.",
	WhyTapRcv & 255:        "A program wrote {0} bytes into {1:dev}.",
	WhyInTun & 255:         "At the end of the trace it waits for the program that holds the tun device.",

	WhyMacvlanNext & 255:   "{0:mac} is {1:dev}, a macvlan beside this one: the frame turns around at {2:dev} and does not leave the machine.",
	WhyMacvlanOut & 255:    "It leaves by the device below, {0:dev}.",
	WhyMacvlanCopies & 255: "{1} {1?macvlan listens|macvlans listen} to {0:mac} and {1?gets|get} a copy.",
	WhyMacvlanNone & 255:   "No macvlan on top of {1:dev} that is up has the address {0:mac}: the frame stays with {1:dev}.",
	WhyMacvlanDown & 255:   "It is for {0:dev}, which is down.",
	WhyMacvlanFor & 255:    "{0:mac} is the address of {1:dev}: from here on it is that device's frame.",
	WhyMacvlanDefrag & 255: "A fragment of a datagram to a group: macvlan would put it together first.",
	WhyMacvlanBack & 255:   "{0:dev} sent this frame itself, and it came back from the link: it gets it again, and nobody else.",
	WhyMacvlanQueued & 255: "A copy waits for the kernel's worker, behind {0} others; {1} may wait.",
	WhyMacvlanFull & 255:   "Already {0} broadcasts wait for the worker: this one is not copied to the macvlans.",

	WhyUDPEncap & 255:       "The socket at port {0} is the kernel's own: a tunnel takes the datagram, no program.",
	WhyTunnelNoSum & 255:    "The outer UDP header goes without a checksum, as this tunnel is set.",
	WhyTunnelLater & 255:    "The packet stands for {0} segments: the sum of the addresses is noted, the rest is added when it is cut.",
	WhyTunnelLocalSum & 255: "The inner checksum is not filled in yet, but it is known what everything from there on will sum to: the outer checksum is made of that and the headers before it.",
	WhyTunnelSum & 255:      "The outer checksum over {0} bytes is left to the device.",
	WhyTunnelHeader & 255:   "The outer header says {0:ip4} to {1:ip4}, TTL {2}, TOS {3:hex}.",
	WhyVxlanSource & 255:    "The inner sender {0:mac} is no address that one host can have.",
	WhyVxlanFDBFull & 255:   "The table may hold {0} addresses, and it does: nothing is learned.",
	WhyVxlanLearn & 255:     "{0:mac} is new: it is behind {1:ip4}.",
	WhyVxlanKnown & 255:     "{0:mac} is known to be behind {1:ip4}.",
	WhyVxlanStatic & 255:    "{0:mac} was set to be behind {1:ip4}, but it came from {2:ip4}.",
	WhyVxlanMoved & 255:     "{0:mac} was behind {1:ip4}; now it is behind {2:ip4}.",
	WhyVxlanAged & 255:      "{0:mac} was silent for {1:dur}: it is forgotten.",
	WhyVxlanShort & 255:     "{0} bytes are no UDP and VXLAN header.",
	WhyVxlanNoVNI & 255:     "The flags {0:hex} do not say that there is a network number (VNI).",
	WhyVxlanUnknown & 255:   "No device that is up here has the network number (VNI) {0}.",
	WhyVxlanInner & 255:     "{0} bytes inside are too few for the headers that shall be there.",
	WhyVxlanReserved & 255:  "Reserved bits of the VXLAN header are set.",
	WhyVxlanOut & 255:       "Network number (VNI) {0} is {1:dev}: the outer headers are gone, the {2} bytes inside are its frame.",
	WhyVxlanLoop & 255:      "The inner sender {0:mac} is this device itself: its own frame came back.",
	WhyVxlanECN & 255:       "A router marked the outer packet as congested, and the inner one cannot carry the mark: it is dropped, so that the sender notices.",
	WhyVxlanBacklog & 255:   "{0} frames wait already.",
	WhyVxlanCell & 255:      "{0} {0?frame was|frames were} taken out of datagrams for {1:dev}.",
	WhyVxlanNowhere & 255:   "No host is known for {0:mac}.",
	WhyVxlanDefault & 255:   "{0:mac} is not in the table: the frame goes to {1} {1?host|hosts}, as set for all that is not known.",
	WhyVxlanBehind & 255:    "{0:mac} is behind {1:ip4}.",
	WhyVxlanDead & 255:      "{0:dev} has no socket, or its datagrams travel in itself.",
	WhyVxlanNoRoute & 255:   "There is no route to {0:ip4}.",
	WhyVxlanCircle & 255:    "The route to {0:ip4} leads into {1:dev} itself.",
	WhyVxlanIn & 255:        "With network number (VNI) {0} it goes to {1:ip4}, port {2}; the source port {3} is a hash of the inner flow.",
	WhyVxlanBypass & 255:    "The other end is {0:dev} of this very host: the frame is handed over without headers.",
}

// What a driver passed over.
const (
	TryMacvlanMode Try = Try(baseDriver + 1 + iota)
	TryMacvlanGroup
	endDriverTry
)

var driverTries = [int(endDriverTry) - baseDriver]Tried{
	TryMacvlanMode & 255:  {"copy", "{0:dev}", "its mode keeps it apart from this sender"},
	TryMacvlanGroup & 255: {"copy", "{0:dev}", "it does not listen to {1:mac}"},
}
