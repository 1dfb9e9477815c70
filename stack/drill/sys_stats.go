package drill

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A statInfo is an attribute of SCM_TIMESTAMPING_OPT_STATS (TCP_NLA_*).
type statInfo struct {
	name string
	size int
	near bool // a time: some deviation is allowed
}

var statInfos = []statInfo{{"TCP_NLA_PAD", 4, false}, {"TCP_NLA_BUSY", 8, true}, {"TCP_NLA_RWND_LIMITED", 8, true}, {"TCP_NLA_SNDBUF_LIMITED", 8, true},
	{"TCP_NLA_DATA_SEGS_OUT", 8, false}, {"TCP_NLA_TOTAL_RETRANS", 8, false}, {"TCP_NLA_PACING_RATE", 8, false}, {"TCP_NLA_DELIVERY_RATE", 8, false},
	{"TCP_NLA_SND_CWND", 4, false}, {"TCP_NLA_REORDERING", 4, false}, {"TCP_NLA_MIN_RTT", 4, false}, {"TCP_NLA_RECUR_RETRANS", 1, false},
	{"TCP_NLA_DELIVERY_RATE_APP_LMT", 1, false}, {"TCP_NLA_SNDQ_SIZE", 4, false}, {"TCP_NLA_CA_STATE", 1, false}, {"TCP_NLA_SND_SSTHRESH", 4, false},
	{"TCP_NLA_DELIVERED", 4, false}, {"TCP_NLA_DELIVERED_CE", 4, false}, {"TCP_NLA_BYTES_SENT", 8, false}, {"TCP_NLA_BYTES_RETRANS", 8, false},
	{"TCP_NLA_DSACK_DUPS", 4, false}, {"TCP_NLA_REORD_SEEN", 4, false}, {"TCP_NLA_SRTT", 4, false}}

// A stat is an attribute that a script expects.
type stat struct {
	kind int
	v    uint64
	any  bool
}

// stats are attributes NAME=VALUE, and as many bytes as they take
// (nla_expr_list_to_nla).
func stats(x *Expr) (list []stat, b []byte, err error) {
	for _, e := range x.Sub {
		if err := e.want(ExAssign); e.Kind != ExAssign {
			return nil, nil, err
		}
		if err := e.Sub[0].want(ExInt); err != nil {
			return nil, nil, err
		}
		s := stat{kind: int(e.Sub[0].N)}
		if s.kind < 0 || s.kind >= len(statInfos) {
			return nil, nil, fmt.Errorf("bad NLA type %d", s.kind)
		}
		size := statInfos[s.kind].size
		switch v := e.Sub[1]; {
		case v.Kind == ExEllipsis:
			s.any = true
		case v.Kind != ExInt:
			return nil, nil, errors.New("values must be numeric or ellipsis")
		case size < 8 && (v.N < 0 || v.N>>(8*size) != 0):
			return nil, nil, fmt.Errorf("out of bound u%d value specified", 8*size)
		default:
			s.v = uint64(v.N)
		}
		list = append(list, s)
		b = append(b, make([]byte, (4+size+3)&^3)...)
	}
	return list, b, nil
}

// compareStats is scm_opt_stats_expect_eq.
func (r *Runner) compareStats(i int, want []stat, b []byte) error {
	le := binary.LittleEndian
	for _, w := range want {
		info := statInfos[w.kind]
		if len(b) < 4 {
			return fmt.Errorf("Bad nla_type %d: expected=%d, there are no more", i, w.kind)
		}
		n, kind := int(le.Uint16(b)), int(le.Uint16(b[2:]))
		if kind != w.kind {
			return fmt.Errorf("Bad nla_type %d: expected=%d actual=%d", i, w.kind, kind)
		}
		if n != 4+info.size || n > len(b) {
			return fmt.Errorf("Bad nla_len %d: expected=%d actual=%d", i, 4+info.size, n)
		}
		var v uint64
		for j := range info.size {
			v |= uint64(b[4+j]) << (8 * j)
		}
		ok := w.any || v == w.v
		if info.near && w.v != 0 {
			d := int64(w.v - v)
			ok = ok || max(d, -d) <= r.cfg.ToleranceUsecs
		}
		if !ok {
			return fmt.Errorf("Bad %s: expected=%d actual=%d", info.name, w.v, v)
		}
		b = b[min((n+3)&^3, len(b)):]
	}
	return nil
}
