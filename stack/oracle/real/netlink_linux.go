package real

import "encoding/binary"

// netlink takes a batch of messages of nfnetlink.
func (s *Space) netlink(b []byte) {
	le := binary.LittleEndian
	for len(b) >= 20 {
		n := int(le.Uint32(b))
		if n < 20 || n > len(b) {
			return
		}
		typ, flags, fam, body := le.Uint16(b[4:]), le.Uint16(b[6:]), b[16], b[20:n]
		switch {
		case typ == 1<<8|0: // IPCTNL_MSG_CT_NEW
			ev := "UPDATE"
			if flags&0x600 != 0 { // NLM_F_CREATE | NLM_F_EXCL
				ev = "NEW"
			}
			s.CT = append(s.CT, CTMessage{Event: ev, L3: fam, Attrs: append([]byte(nil), body...)})
		case typ == 1<<8|2:
			s.CT = append(s.CT, CTMessage{Event: "DESTROY", L3: fam, Attrs: append([]byte(nil), body...)})
		case typ == 10<<8|17: // NFT_MSG_TRACE
			s.NFT = append(s.NFT, nftMessage(fam, body))
		}
		b = b[min(len(b), (n+3)&^3):]
	}
}

// big is a number in network order.
func big(b []byte) (v uint64) {
	for _, c := range b[:min(len(b), 8)] {
		v = v<<8 | uint64(c)
	}
	return v
}

// nftMessage reads the attributes of NFT_MSG_TRACE (enum nft_trace_attributes).
func nftMessage(fam uint8, b []byte) NFTMessage {
	m := NFTMessage{Family: fam}
	Attrs(b, func(t int, v []byte) {
		switch t {
		case 1:
			m.Table = cstring(v)
		case 2:
			m.Chain = cstring(v)
		case 3:
			m.Handle = big(v)
		case 4:
			m.Type = uint32(big(v))
		case 5:
			Attrs(v, func(t int, v []byte) {
				switch t {
				case 1:
					m.Verdict = int32(big(v))
				case 2:
					m.Jump = cstring(v)
				}
			})
		case 6:
			m.ID = uint32(big(v))
		case 8:
			m.Network = append([]byte(nil), v...)
		case 9:
			m.Transport = append([]byte(nil), v...)
		case 15:
			m.L3 = uint8(big(v))
		case 14:
			m.Mark = uint32(big(v))
		case 16:
			m.Policy = uint32(big(v))
		}
	})
	return m
}
