package wire

// A Proto is an IP protocol number, or an IPv6 next header.
type Proto uint8

// Protocol numbers (IANA protocol-numbers; linux/in.h).
const (
	ProtoHopByHop Proto = 0 // IPv6 hop-by-hop options
	ProtoICMP     Proto = 1
	ProtoIGMP     Proto = 2
	ProtoIPIP     Proto = 4
	ProtoTCP      Proto = 6
	ProtoEGP      Proto = 8
	ProtoIGRP     Proto = 9
	ProtoUDP      Proto = 17
	ProtoDCCP     Proto = 33
	ProtoIPv6     Proto = 41
	ProtoRouting  Proto = 43 // IPv6 routing header
	ProtoFragment Proto = 44 // IPv6 fragment header
	ProtoRSVP     Proto = 46
	ProtoGRE      Proto = 47
	ProtoESP      Proto = 50
	ProtoAH       Proto = 51
	ProtoMobile   Proto = 55
	ProtoICMPv6   Proto = 58
	ProtoNone     Proto = 59 // IPv6: no next header
	ProtoDestOpts Proto = 60 // IPv6 destination options
	ProtoEIGRP    Proto = 88
	ProtoOSPF     Proto = 89
	ProtoPIM      Proto = 103
	ProtoIPComp   Proto = 108
	ProtoVRRP     Proto = 112
	ProtoPGM      Proto = 113
	ProtoL2TP     Proto = 115
	ProtoSCTP     Proto = 132
	ProtoMobility Proto = 135 // IPv6 mobility header
	ProtoUDPLite  Proto = 136
	ProtoMPLS     Proto = 137
	ProtoRaw      Proto = 255
)

// IsExtension reports whether p is an IPv6 extension header that the network
// layer walks over: ipv6_ext_hdr.
func (p Proto) IsExtension() bool {
	switch p {
	case ProtoHopByHop, ProtoRouting, ProtoFragment, ProtoAH, ProtoNone, ProtoDestOpts:
		return true
	}
	return false
}
