package drill

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/packetwalk/packetwalk/stack/socket"
)

// A code is what the script's blocks of Python say, and what was measured when
// each of them was come to. They run when the events are over (code_execute).
type code struct{ parts []codePart }

// A codePart is names with values, then a block.
type codePart struct {
	vars []pyVar
	code *Code
	line int
}

type pyVar struct {
	name string
	v    uint64
}

// An infoField is a member of a structure: its name, and how many bits it has.
type infoField struct {
	name string
	bits int
}

// fieldsOf reads "name:bits …".
func fieldsOf(s string) (list []infoField) {
	for _, w := range strings.Fields(s) {
		n, b, _ := strings.Cut(w, ":")
		f := infoField{n, 32}
		if b != "" {
			fmt.Sscan(b, &f.bits)
		}
		list = append(list, f)
	}
	return list
}

// tcpInfo is struct tcp_info of Linux 6.18; bits that are not given are 32.
var tcpInfo = fieldsOf(`tcpi_state:8 tcpi_ca_state:8 tcpi_retransmits:8 tcpi_probes:8 tcpi_backoff:8 tcpi_options:8 tcpi_snd_wscale:4 tcpi_rcv_wscale:4
	tcpi_delivery_rate_app_limited:1 -:7 tcpi_rto tcpi_ato tcpi_snd_mss tcpi_rcv_mss tcpi_unacked tcpi_sacked tcpi_lost tcpi_retrans tcpi_fackets
	tcpi_last_data_sent tcpi_last_ack_sent tcpi_last_data_recv tcpi_last_ack_recv tcpi_pmtu tcpi_rcv_ssthresh tcpi_rtt tcpi_rttvar tcpi_snd_ssthresh
	tcpi_snd_cwnd tcpi_advmss tcpi_reordering tcpi_rcv_rtt tcpi_rcv_space tcpi_total_retrans tcpi_pacing_rate:64 tcpi_max_pacing_rate:64
	tcpi_bytes_acked:64 tcpi_bytes_received:64 tcpi_segs_out tcpi_segs_in tcpi_notsent_bytes tcpi_min_rtt tcpi_data_segs_in tcpi_data_segs_out
	tcpi_delivery_rate:64 tcpi_busy_time:64 tcpi_rwnd_limited:64 tcpi_sndbuf_limited:64 tcpi_delivered tcpi_delivered_ce tcpi_bytes_sent:64
	tcpi_bytes_retrans:64 tcpi_dsack_dups tcpi_reord_seen tcpi_rcv_ooopack tcpi_snd_wnd tcpi_rcv_wnd tcpi_rehash tcpi_total_rto:16
	tcpi_total_rto_recoveries:16 tcpi_total_rto_time tcpi_received_ce tcpi_delivered_e1_bytes tcpi_delivered_e0_bytes tcpi_delivered_ce_bytes
	tcpi_received_e1_bytes tcpi_received_e0_bytes tcpi_received_ce_bytes tcpi_ecn_mode:2 tcpi_accecn_opt_seen:2 tcpi_accecn_fail_mode:4 tcpi_options2:24`)

// Of TCP_CC_INFO each structure is read that has room in what came back.
var ccInfos = [...][]infoField{
	fieldsOf("bbr_bw_lo bbr_bw_hi bbr_min_rtt bbr_pacing_gain bbr_cwnd_gain"),
	fieldsOf("dctcp_enabled:16 dctcp_ce_state:16 dctcp_alpha dctcp_ab_ecn dctcp_ab_tot"),
	fieldsOf("tcpv_enabled tcpv_rttcnt tcp_rtt tcp_minrtt"),
}

var memInfo = fieldsOf(`SK_MEMINFO_RMEM_ALLOC SK_MEMINFO_RCVBUF SK_MEMINFO_WMEM_ALLOC SK_MEMINFO_SNDBUF SK_MEMINFO_FWD_ALLOC SK_MEMINFO_WMEM_QUEUED
	SK_MEMINFO_OPTMEM SK_MEMINFO_BACKLOG SK_MEMINFO_DROPS`)

// codeNames are the symbols that code may use (write_symbols).
var codeNames = []pyVar{{"TCP_ESTABLISHED", 1}, {"TCP_SYN_SENT", 2}, {"TCP_SYN_RECV", 3}, {"TCP_FIN_WAIT1", 4}, {"TCP_FIN_WAIT2", 5}, {"TCP_TIME_WAIT", 6}, {"TCP_CLOSE", 7},
	{"TCP_CLOSE_WAIT", 8}, {"TCP_LAST_ACK", 9}, {"TCP_LISTEN", 10}, {"TCP_CLOSING", 11},
	{"TCP_CA_Open", 0}, {"TCP_CA_Disorder", 1}, {"TCP_CA_CWR", 2}, {"TCP_CA_Recovery", 3}, {"TCP_CA_Loss", 4},
	{"TCPI_OPT_TIMESTAMPS", 1}, {"TCPI_OPT_SACK", 2}, {"TCPI_OPT_WSCALE", 4}, {"TCPI_OPT_ECN", 8}, {"TCPI_OPT_ECN_SEEN", 16}, {"TCPI_OPT_SYN_DATA", 32},
	{"TCPI_OPT_USEC_TS", 64}, {"TCPI_OPT_TFO_CHILD", 128}}

// size is how many bytes a structure of these members has.
func size(list []infoField) int {
	n := 0
	for _, f := range list {
		n += f.bits
	}
	return n / 8
}

// members are the members of a structure with their values: all are aligned as
// they lie.
func members(list []infoField, b []byte) (vars []pyVar) {
	at := 0 // bits
	for _, f := range list {
		var w uint64
		for i := range (f.bits + at%8 + 7) / 8 {
			w |= uint64(b[at/8+i]) << (8 * i)
		}
		w >>= at % 8
		if f.bits < 64 {
			w &= 1<<f.bits - 1
		}
		at += f.bits
		if f.name != "-" {
			vars = append(vars, pyVar{f.name, w})
		}
	}
	return vars
}

// option is getsockopt of bytes, nil if it fails.
func (r *Runner) option(fd, level, name, size int) ([]byte, error) {
	s := &sysCall{Call: socket.Call{Op: socket.OpGetSockOpt, FD: fd, Level: level, Name: name, Data: make([]byte, size), OptLen: size}}
	r.make(s)
	switch {
	case r.fatal != nil:
		return nil, r.fatal
	case s.NotModelled:
		return nil, notModelled{fmt.Sprintf("getsockopt of level %d, option %d", level, name)}
	case s.Err != 0 || !s.Done:
		return nil, nil
	}
	return s.Data[:min(max(s.OptLen, 0), size)], nil
}

// collect measures what a block will see (run_code_event).
func (r *Runner) collect(c *Code) error {
	if r.under == nil {
		return errors.New("no socket to use for code")
	}
	const solTCP, tcpInfoOpt, tcpCCInfo, soMeminfo = 6, 11, 26, 55
	fd := r.under.fd.live
	b, err := r.option(fd, solTCP, tcpInfoOpt, size(tcpInfo))
	if err != nil {
		return err
	}
	if b == nil {
		return errors.New("can't find getsockopt to get TCP info")
	}
	p := codePart{code: c, line: r.now.Line}
	p.vars = append(append(p.vars, codeNames...), members(tcpInfo, append(b, make([]byte, size(tcpInfo)-len(b))...))...)
	if b, err = r.option(fd, solTCP, tcpCCInfo, 20); err != nil {
		return err
	}
	if b == nil {
		return errors.New("can't find getsockopt to get TCP_CC_INFO")
	}
	p.vars = append(p.vars, ccVars(b)...)
	if b, err = r.option(fd, solSocket, soMeminfo, size(memInfo)); err != nil {
		return err
	}
	if len(b) < size(memInfo) {
		return errors.New("can't find getsockopt to get sk_meminfo")
	}
	p.vars = append(p.vars, members(memInfo, b)...)
	r.code.parts = append(r.code.parts, p)
	return nil
}

// ccVars are what congestion control tells of itself (write_tcp_cc_info).
func ccVars(b []byte) (vars []pyVar) {
	le := binary.LittleEndian
	for i, list := range ccInfos {
		if len(b) < size(list) {
			continue
		}
		vars = append(vars, members(list, b)...)
		if i == 0 {
			vars = append(vars, pyVar{"bbr_bw", uint64(le.Uint32(b[4:]))<<32 + uint64(le.Uint32(b))})
		}
	}
	return vars
}

// run runs the blocks.
func (c *code) run(r *Runner) error {
	// A block that Python cannot read spoils all of them.
	for _, p := range c.parts {
		if _, err := pyParse(p.code.Text); err != nil {
			return r.pythonError(p, err)
		}
	}
	m := &pyMachine{vars: map[string]pyValue{}, out: r.Out}
	for _, p := range c.parts {
		for _, v := range p.vars {
			m.vars[v.name] = new(big.Int).SetUint64(v.v)
		}
		if err := m.run(p.code.Text); err != nil {
			return r.pythonError(p, err)
		}
	}
	return nil
}

// pythonError says where Python failed: the line of the script, counted from
// the block's.
func (r *Runner) pythonError(p codePart, err error) error {
	f := &Failure{File: r.script.File, Line: p.line, NotModelled: isNotModelled(err)}
	line := 0
	var a *pyAssert
	var e *pyError
	switch {
	case errors.As(err, &a):
		line = a.line
	case errors.As(err, &e):
		line = e.line
	}
	if line > 0 {
		f.Line = p.code.Line + line - 1
	}
	f.What = "error in Python code: " + err.Error()
	return f
}
