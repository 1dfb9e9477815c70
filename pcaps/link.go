package pcaps

import "strconv"

// LinkType says what a frame's first bytes are (the LINKTYPE_ values of
// www.tcpdump.org/linktypes.html, and the DLT_ values some systems write).
type LinkType uint16

// The link types that are read.
const (
	LinkNull     LinkType = 0   // BSD loopback: 4 bytes address family, host order
	LinkEthernet LinkType = 1   // Ethernet
	LinkRawBSD   LinkType = 12  // raw IP (DLT_RAW)
	LinkRawOBSD  LinkType = 14  // raw IP (DLT_RAW of OpenBSD)
	LinkRaw      LinkType = 101 // raw IP, version by its first nibble
	LinkLoop     LinkType = 108 // OpenBSD loopback: 4 bytes address family, network order
	LinkSLL      LinkType = 113 // Linux cooked capture, 16 bytes
	LinkIPv4     LinkType = 228 // raw IPv4
	LinkIPv6     LinkType = 229 // raw IPv6
	LinkSLL2     LinkType = 276 // Linux cooked capture v2, 20 bytes
)

// Known reports whether frames of this type can be walked.
func (l LinkType) Known() bool {
	switch l {
	case LinkNull, LinkEthernet, LinkLoop, LinkSLL, LinkSLL2:
		return true
	}
	return l.IsIP()
}

// IsIP reports whether the frame begins with the IP header.
func (l LinkType) IsIP() bool {
	switch l {
	case LinkRawBSD, LinkRawOBSD, LinkRaw, LinkIPv4, LinkIPv6:
		return true
	}
	return false
}

// HeaderLen is the length of the link header in bytes, without VLAN tags; -1
// for a type that is not read.
func (l LinkType) HeaderLen() int {
	switch l {
	case LinkNull, LinkLoop:
		return 4
	case LinkEthernet:
		return 14
	case LinkSLL:
		return 16
	case LinkSLL2:
		return 20
	}
	if l.IsIP() {
		return 0
	}
	return -1
}

// String returns the name of www.tcpdump.org/linktypes.html without its
// prefix, or "link type N".
func (l LinkType) String() string {
	if s, ok := linkNames[l]; ok {
		return s
	}
	return "link type " + strconv.Itoa(int(l))
}

// direction reads the packet type of a Linux cooked header: 4 is "sent by us",
// 0 to 3 were received (packet(7), sll_pkttype).
func (l LinkType) direction(data []byte) Direction {
	kind := -1
	switch {
	case l == LinkSLL && len(data) >= 2:
		kind = int(data[0])<<8 | int(data[1])
	case l == LinkSLL2 && len(data) >= 11:
		kind = int(data[10])
	}
	switch kind {
	case 0, 1, 2, 3:
		return DirIn
	case 4:
		return DirOut
	}
	return DirUnknown
}

// linkNames names what people meet, so that a refusal can say what it refuses.
var linkNames = map[LinkType]string{
	0: "NULL", 1: "ETHERNET", 2: "EXP_ETHERNET", 3: "AX25", 4: "PRONET", 5: "CHAOS", 6: "IEEE802_5",
	7: "ARCNET_BSD", 8: "SLIP", 9: "PPP", 10: "FDDI", 11: "ATM_RFC1483", 12: "RAW", 14: "RAW",
	50: "PPP_HDLC", 51: "PPP_ETHER", 99: "SYMANTEC_FIREWALL", 100: "ATM_RFC1483", 101: "RAW", 104: "C_HDLC",
	105: "IEEE802_11", 107: "FRELAY", 108: "LOOP", 109: "ENC", 113: "LINUX_SLL", 114: "LTALK",
	117: "PFLOG", 119: "IEEE802_11_PRISM", 122: "IP_OVER_FC", 123: "SUNATM", 127: "IEEE802_11_RADIOTAP",
	129: "ARCNET_LINUX", 130: "JUNIPER_MLPPP", 131: "JUNIPER_MLFR", 132: "JUNIPER_ES", 133: "JUNIPER_GGSN",
	134: "JUNIPER_MFR", 135: "JUNIPER_ATM2", 136: "JUNIPER_SERVICES", 137: "JUNIPER_ATM1", 138: "APPLE_IP_OVER_IEEE1394", 139: "MTP2_WITH_PHDR", 140: "MTP2", 141: "MTP3",
	142: "SCCP", 143: "DOCSIS", 144: "LINUX_IRDA", 147: "USER0", 148: "USER1", 149: "USER2", 150: "USER3",
	151: "USER4", 152: "USER5", 153: "USER6", 154: "USER7", 155: "USER8", 156: "USER9", 157: "USER10",
	158: "USER11", 159: "USER12", 160: "USER13", 161: "USER14", 162: "USER15", 163: "IEEE802_11_AVS",
	164: "JUNIPER_MONITOR", 165: "BACNET_MS_TP", 166: "PPP_PPPD", 167: "JUNIPER_PPPOE", 168: "JUNIPER_PPPOE_ATM",
	174: "JUNIPER_PIC_PEER", 175: "ERF_ETH", 176: "ERF_POS", 169: "GPRS_LLC", 170: "GPF_T", 171: "GPF_F", 177: "LINUX_LAPD",
	178: "JUNIPER_ETHER", 179: "JUNIPER_PPP", 180: "JUNIPER_FRELAY", 181: "JUNIPER_CHDLC",
	182: "MFR", 186: "USB_FREEBSD", 187: "BLUETOOTH_HCI_H4", 189: "USB_LINUX", 190: "CAN20B",
	192: "PPI", 195: "IEEE802_15_4_WITHFCS", 196: "SITA", 197: "ERF", 200: "JUNIPER_ST",
	201: "BLUETOOTH_HCI_H4_WITH_PHDR", 202: "AX25_KISS", 203: "LAPD", 204: "PPP_WITH_DIR",
	205: "C_HDLC_WITH_DIR", 206: "FRELAY_WITH_DIR", 207: "LAPB_WITH_DIR", 209: "IPMB_LINUX", 210: "FLEXRAY",
	212: "LIN", 215: "IEEE802_15_4_NONASK_PHY", 220: "USB_LINUX_MMAPPED", 224: "FC_2",
	225: "FC_2_WITH_FRAME_DELIMS", 226: "IPNET", 227: "CAN_SOCKETCAN", 228: "IPV4", 229: "IPV6",
	230: "IEEE802_15_4_NOFCS", 231: "DBUS", 235: "DVB_CI", 236: "MUX27010", 237: "STANAG_5066_D_PDU",
	239: "NFLOG", 240: "NETANALYZER", 241: "NETANALYZER_TRANSPARENT", 242: "IPOIB", 243: "MPEG_2_TS",
	244: "NG40", 245: "NFC_LLCP", 247: "INFINIBAND", 248: "SCTP", 249: "USBPCAP", 250: "RTAC_SERIAL",
	251: "BLUETOOTH_LE_LL", 252: "WIRESHARK_UPPER_PDU", 253: "NETLINK", 254: "BLUETOOTH_LINUX_MONITOR",
	255: "BLUETOOTH_BREDR_BB", 256: "BLUETOOTH_LE_LL_WITH_PHDR", 257: "PROFIBUS_DL", 258: "PKTAP",
	259: "EPON", 260: "IPMI_HPM_2", 261: "ZWAVE_R1_R2", 262: "ZWAVE_R3", 263: "WATTSTOPPER_DLM",
	264: "ISO_14443", 265: "RDS", 266: "USB_DARWIN", 268: "SDLC", 270: "LORATAP", 271: "VSOCK",
	272: "NORDIC_BLE", 273: "DOCSIS31_XRA31", 274: "ETHERNET_MPACKET", 275: "DISPLAYPORT_AUX",
	276: "LINUX_SLL2", 277: "SERCOS_MONITOR", 278: "OPENVIZSLA", 279: "EBHSCR", 280: "VPP_DISPATCH",
	281: "DSA_TAG_BRCM", 282: "DSA_TAG_BRCM_PREPEND", 283: "IEEE802_15_4_TAP", 284: "DSA_TAG_DSA",
	285: "DSA_TAG_EDSA", 286: "ELEE", 287: "Z_WAVE_SERIAL", 288: "USB_2_0", 289: "ATSC_ALP", 290: "ETW",
	291: "NETANALYZER_NG", 292: "ZBOSS_NCP", 293: "USB_2_0_LOW_SPEED", 294: "USB_2_0_FULL_SPEED",
	295: "USB_2_0_HIGH_SPEED", 296: "AUERSWALD_LOG", 297: "ZWAVE_TAP", 298: "SILABS_DEBUG_CHANNEL",
	299: "FIRA_UCI", 300: "MDB",
}

// refusal says what to do with a link type that is not read.
func (l LinkType) refusal() string {
	switch l {
	case 105, 119, 127, 163, 192:
		return "capture on the interface without monitor mode, so that frames arrive as ETHERNET"
	case 249, 189, 220, 186, 266:
		return "a USB capture holds no network frames: capture on the network interface"
	}
	return "capture on an Ethernet interface or on any (LINUX_SLL2), or pick such an interface out with editcap or tshark"
}
