package step

const baseDrop = int(areaDrop) << 8

// DropWhy returns the sentence that says what a drop reason means. Its one
// value is the reason.
func DropWhy(r DropReason) Why {
	if int(r) < len(dropWhys) && dropWhys[r] != "" {
		return Why(baseDrop + int(r))
	}
	return WhyDropReason
}

// dropWhys say in words what the reasons mean that the model gives. The values
// that decided are in the sentence of the function that dropped the packet.
var dropWhys = [...]string{
	DropNotSpecified:          "The kernel names no reason here; the function that let it go says why.",
	DropNoSocket:              "No socket of this host wants it.",
	DropSocketClose:           "The socket that it was for is closing.",
	DropSocketFilter:          "The socket's own filter refused it.",
	DropSocketRcvbuff:         "The socket's receive buffer is full: the program does not read fast enough.",
	DropPktTooSmall:           "Fewer bytes are here than its headers promise.",
	DropTCPCSUM:               "The TCP checksum is wrong: it was damaged on the way.",
	DropUDPCSUM:               "The UDP checksum is wrong: it was damaged on the way.",
	DropNetfilterDrop:         "A function at a netfilter hook (a firewall) said DROP.",
	DropOtherhost:             "Its frame was addressed to another host; this card only overheard it.",
	DropIPCSUM:                "The checksum of the IP header is wrong: it was damaged on the way.",
	DropIPInhdr:               "The IP header makes no sense.",
	DropIPRpfilter:            "It came in by a device that does not lead back to its source (rp_filter).",
	DropUnicastInL2Multicast:  "The frame was for many, the IP address in it for one host: that may be a trick.",
	DropIPNoproto:             "Nobody on this host handles its transport protocol.",
	DropProtoMem:              "The protocol may take no more memory for packets that wait.",
	DropSocketBacklog:         "Too many packets wait while the program holds the socket.",
	DropTCPFlags:              "These TCP flags mean nothing in the state that the connection is in.",
	DropTCPAbortOnData:        "Data came for a program that reads no more: it is lost.",
	DropTCPZerowindow:         "This side had said that it has no room (window 0), and data came all the same.",
	DropTCPOldData:            "All of its data is here already: it was sent again needlessly.",
	DropTCPOverwindow:         "Its data lies beyond the window that this side had offered.",
	DropTCPOfomerge:           "Its data waits already among the segments that came out of order.",
	DropTCPRfc7323PAWS:        "Its timestamp is older than one seen before: an old duplicate (PAWS, protection against wrapped numbers).",
	DropTCPListenOverflow:     "The accept queue is full: the program takes connections too slowly.",
	DropTCPOldSequence:        "It ends before what this side has acknowledged: an old copy, or a probe that asks for an ACK.",
	DropTCPInvalidSequence:    "It begins beyond the window that this side had offered.",
	DropTCPInvalidACKSequence: "It acknowledges something that was never sent.",
	DropTCPReset:              "It is a reset (RST), and there is nothing more to do with it.",
	DropTCPInvalidSYN:         "A SYN does not belong into a connection that stands.",
	DropTCPClose:              "The connection is closed.",
	DropTCPOldACK:             "It acknowledges nothing new.",
	DropTCPTooOldACK:          "It acknowledges something older than a whole window: it cannot be of this connection.",
	DropTCPACKUnsentData:      "It acknowledges something that was never sent.",
	DropTCPOfoQueuePrune:      "Memory ran short, and what had come out of order was thrown away: it must be sent again.",
	DropTCPOfoDrop:            "There is no memory for what comes out of order: it must be sent again.",
	DropIPOutnoroutes:         "This host has no route to where it shall go.",
	DropIpv6disabled:          "IPv6 is switched off on that device.",
	DropNeighCreatefail:       "No entry could be made for the neighbour that it goes to.",
	DropNeighFailed:           "The neighbour did not tell its link address: nobody answered.",
	DropNeighQueuefull:        "Too many packets wait for the same neighbour's link address: the oldest goes.",
	DropNeighDead:             "The entry of the neighbour was being removed.",
	DropQdiscDrop:             "The device's queue refused it: it is full, or the link is down.",
	DropCPUBacklog:            "Too many packets wait for this CPU (netdev_max_backlog).",
	DropUnhandledProto:        "Nobody on this host handles this kind of packet.",
	DropSKBCSUM:               "Its checksum could not be computed: the place for it is not inside the packet.",
	DropSKBGsoSeg:             "It stands for several segments and could not be cut into them.",
	DropDevReady:              "The device is not up.",
	DropFullRing:              "The driver's ring is full.",
	DropNomem:                 "There is no memory.",
	DropICMPCSUM:              "The ICMP checksum is wrong: it was damaged on the way.",
	DropInvalidProto:          "This kind of message is not accepted in this form.",
	DropIPInaddrerrors:        "An address in it is not one that this host serves: not its own, or one that no router may pass on.",
	DropIPInnoroutes:          "No route of this host leads to where it shall go.",
	DropIPLocalSource:         "Its source is one of this host's own addresses: nobody else may use them.",
	DropIPInvalidSource:       "Its source is no address that a host can have.",
	DropIPLocalnet:            "A loopback address came in from outside: such addresses never leave a host.",
	DropIPInvalidDest:         "Its destination is no address that a packet can be sent to.",
	DropPktTooBig:             "It is larger than the path takes.",
	DropDupFrag:               "This fragment, or a part of it, is here already.",
	DropFragReasmTimeout:      "The other fragments of its packet did not come in time.",
	DropFragTooFar:            "Too many fragments of other packets came in between: its number may mean another packet by now.",
	DropIPV6BadExthdr:         "An IPv6 extension header makes no sense.",
	DropIPV6NdiscFrag:         "Neighbour discovery must not come in fragments.",
	DropIPV6NdiscHopLimit:     "Its hop limit is not 255: it has passed a router, and neighbours' messages must not.",
	DropIPV6NdiscBadCode:      "A neighbour discovery message must have code 0.",
	DropIPV6NdiscBadOptions:   "An option of the neighbour discovery message makes no sense.",
	DropIPV6NdiscNsOtherhost:  "It asks for an address that is not this host's: somebody else will answer.",
	DropQueuePurge:            "The queue in which it lay was emptied: its socket is gone, or what it waited for will not come.",
	DropPacketSockError:       "A tap (packet socket) could not take its copy; the packet itself is not touched.",
}
