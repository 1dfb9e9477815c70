package oracle

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"regexp"
)

// What programs draw at random, or read from the clock, and write into payloads: the
// identifier of a question to a name server and its client cookie (RFC 7873), HTTP's
// dates, iperf3's cookie.

var httpDate = regexp.MustCompile(`(Date|Last-Modified): [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT`)

var iperfCookie = regexp.MustCompile(`^[a-z2-7]{36}\x00$`)

// drawnInside is the payload of a frame, in hex, without that.
func drawnInside(frame []byte, payload string) string {
	b, err := hex.DecodeString(payload)
	if err != nil {
		return payload
	}
	switch proto, sport, dport := portsOf(frame); {
	case (sport == 53 || dport == 53) && proto == 17:
		forgetQuery(b)
	case (sport == 53 || dport == 53) && proto == 6 && len(b) > 2:
		forgetQuery(b[2:])
	case proto == 6 && iperfCookie.Match(b):
		b = []byte("iperf3's cookie")
	case proto == 6:
		b = httpDate.ReplaceAll(b, []byte("$1: then"))
	}
	return hex.EncodeToString(b)
}

// forgetQuery clears a DNS message's identifier and the cookie of its client.
func forgetQuery(b []byte) {
	if len(b) < 12 {
		return
	}
	b[0], b[1] = 0, 0
	if i := bytes.LastIndex(b, []byte{0, 10, 0, 8}); i >= 12 && len(b) >= i+12 {
		clear(b[i+4 : i+12])
	}
}

// portsOf are the protocol and the ports of a frame of IPv4 or IPv6, 0 if it has none.
func portsOf(f []byte) (proto byte, sport, dport uint16) {
	at := 0
	switch {
	case len(f) < 54:
		return
	case binary.BigEndian.Uint16(f[12:]) == typeIPv4:
		proto, at = f[23], 14+int(f[14]&15)*4
	case binary.BigEndian.Uint16(f[12:]) == typeIPv6:
		proto, at = f[20], 54
	}
	if at == 0 || len(f) < at+4 {
		return 0, 0, 0
	}
	return proto, binary.BigEndian.Uint16(f[at:]), binary.BigEndian.Uint16(f[at+2:])
}
