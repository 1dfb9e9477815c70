package bench

import (
	"errors"
	"io"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/packetwalk/packetwalk/pcaps"
)

// A Source is a capture that is read from its beginning: pcaps.Reader is one.
type Source interface {
	Next() (pcaps.Frame, error)
	Rewind()
}

// forEach calls f for each frame of a capture, from its beginning.
func forEach(src Source, f func(*pcaps.Frame)) (n int, err error) {
	src.Rewind()
	for {
		fr, err := src.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return n, nil
			}
			return n, err
		}
		n++
		f(&fr)
	}
}

// Decode reads a capture and decodes each frame's headers with gopacket's
// DecodingLayerParser, into layers that are used again. It returns how many
// frames there were and how many headers they had.
func Decode(src Source) (frames, headers int, err error) {
	var (
		eth   layers.Ethernet
		vlan  layers.Dot1Q
		arp   layers.ARP
		ip4   layers.IPv4
		ip6   layers.IPv6
		tcp   layers.TCP
		udp   layers.UDP
		icmp4 layers.ICMPv4
		icmp6 layers.ICMPv6
	)
	p := gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet, &eth, &vlan, &arp, &ip4, &ip6, &tcp, &udp, &icmp4, &icmp6)
	p.IgnoreUnsupported = true
	decoded := make([]gopacket.LayerType, 0, 8)
	frames, err = forEach(src, func(f *pcaps.Frame) {
		// an error is the frame's own: it has no more headers
		_ = p.DecodeLayers(f.Data, &decoded)
		headers += len(decoded)
	})
	return frames, headers, err
}
