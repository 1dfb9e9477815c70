package stack_test

import (
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	gl "github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// TestFollowAtOnce: a capture made by a program, a microsecond between its frames. The
// server's FIN is captured before the model has taken the client's data from its ring:
// reading that must not send the FIN a second time.
func TestFollowAtOnce(t *testing.T) {
	var file bytes.Buffer
	w := pcapgo.NewWriterNanos(&file)
	check(t, w.WriteFileHeader(65536, gl.LinkTypeEthernet))
	client, server := net.IP{10, 0, 0, 1}, net.IP{10, 0, 0, 2}
	n := 0
	put := func(out bool, seq, ack uint32, tcp gl.TCP, payload int) {
		eth := gl.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, EthernetType: gl.EthernetTypeIPv4}
		ip := gl.IPv4{Version: 4, TTL: 64, Protocol: gl.IPProtocolTCP, SrcIP: client, DstIP: server}
		tcp.SrcPort, tcp.DstPort, tcp.Seq, tcp.Ack, tcp.Window = 40079, 79, seq, ack, 64240
		if out {
			eth.SrcMAC, eth.DstMAC, ip.SrcIP, ip.DstIP = eth.DstMAC, eth.SrcMAC, ip.DstIP, ip.SrcIP
			tcp.SrcPort, tcp.DstPort = tcp.DstPort, tcp.SrcPort
		}
		check(t, tcp.SetNetworkLayerForChecksum(&ip))
		b := gopacket.NewSerializeBuffer()
		check(t, gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, &eth, &ip, &tcp, gopacket.Payload(make([]byte, payload))))
		at := time.Unix(1000, int64(n)*1000)
		n++
		check(t, w.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(b.Bytes()), Length: len(b.Bytes())}, b.Bytes()))
	}
	put(false, 0, 0, gl.TCP{SYN: true}, 0)
	put(true, 0, 1, gl.TCP{SYN: true, ACK: true}, 0)
	put(false, 1, 1, gl.TCP{ACK: true}, 0)
	put(false, 1, 1, gl.TCP{ACK: true}, 1200)
	put(false, 1201, 1, gl.TCP{ACK: true, PSH: true}, 102)
	put(false, 1303, 1, gl.TCP{ACK: true, FIN: true}, 0)
	put(true, 1, 1304, gl.TCP{ACK: true, FIN: true}, 0)

	src, err := pcaps.New(bytes.NewReader(file.Bytes()), "made")
	check(t, err)
	p, err := walk.Diagnose(src, stack.Options{})
	check(t, err)
	r, err := stack.NewReplay(stack.Options{}, p)
	check(t, err)
	frames(t, src, func(f *pcaps.Frame) { r.Inject(f) })
	r.Finish()
}
