package tcp

import (
	"fmt"

	"github.com/packetwalk/packetwalk/stack/core"
)

// laws holds a socket to what must always be true of it.
func (sk *Sock) laws() error {
	if sk.State == core.TCPListen || sk.destroyed {
		return nil
	}
	switch {
	case after(sk.sndUna, sk.sndNxt) || after(sk.sndNxt, sk.writeSeq):
		return fmt.Errorf("snd_una %d, snd_nxt %d, write_seq %d", sk.sndUna, sk.sndNxt, sk.writeSeq)
	case after(sk.copiedSeq, sk.rcvNxt):
		return fmt.Errorf("copied_seq %d, rcv_nxt %d", sk.copiedSeq, sk.rcvNxt)
	case sk.sndCwnd < 1 && sk.State != core.TCPClose || sk.sndSsthresh < 1:
		return fmt.Errorf("cwnd %d, ssthresh %d", sk.sndCwnd, sk.sndSsthresh)
	case sk.sackedOut < 0 || sk.lostOut < 0 || sk.retransOut < 0 || sk.packetsOut < 0 || sk.leftOut() > int(sk.packetsOut):
		return fmt.Errorf("packets %d, sacked %d, lost %d, retrans %d", sk.packetsOut, sk.sackedOut, sk.lostOut, sk.retransOut)
	case sk.rto < 0 || sk.rto > sk.rtoMaxNow():
		return fmt.Errorf("rto %v", sk.rto)
	}
	if err := sk.lawsSend(); err != nil {
		return err
	}
	return sk.lawsReceive()
}

func (sk *Sock) lawsSend() error {
	var out, sacked, lost, retrans, mem int
	at := sk.sndUna
	for b := sk.rtx.Front(); b != nil; b = b.Next() {
		n, m := b.CB.TSO, b.CB.Sacked
		if b != sk.rtx.Front() && b.CB.Seq != at || !before(b.CB.Seq, b.CB.EndSeq) {
			return fmt.Errorf("in flight: %d-%d follows %d", b.CB.Seq, b.CB.EndSeq, at)
		}
		if int(b.CB.EndSeq-b.CB.Seq) < b.Len() || int(b.CB.EndSeq-b.CB.Seq) > b.Len()+2 {
			return fmt.Errorf("in flight: %d-%d has %d bytes", b.CB.Seq, b.CB.EndSeq, b.Len())
		}
		at = b.CB.EndSeq
		out += n
		mem += b.Truesize
		if m&cbSacked != 0 {
			sacked += n
		}
		if m&cbLost != 0 {
			lost += n
		}
		if m&cbRetrans != 0 {
			retrans += n
		}
		if m&(cbSacked|cbLost) == cbSacked|cbLost {
			return fmt.Errorf("a segment is sacked and lost")
		}
	}
	for b := sk.write.Front(); b != nil; b = b.Next() {
		mem += b.Truesize
	}
	switch {
	case out != int(sk.packetsOut):
		return fmt.Errorf("%d segments in flight, counted %d", out, sk.packetsOut)
	case lost != int(sk.lostOut) || retrans > int(sk.retransOut) || !sk.isReno() && sacked != int(sk.sackedOut):
		// retrans_out counts a segment twice that is sent again after an undo had
		// left it marked as sent again: so it does in Linux.
		return fmt.Errorf("lost %d counted %d, retrans %d counted %d, sacked %d counted %d", lost, sk.lostOut, retrans, sk.retransOut, sacked, sk.sackedOut)
	case mem != int(sk.WmemQueued):
		return fmt.Errorf("send queues take %d, counted %d", mem, sk.WmemQueued)
	}
	return nil
}

func (sk *Sock) lawsReceive() error {
	mem, most := 0, 0
	at := sk.copiedSeq
	for b := sk.RcvQueue.Front(); b != nil; b = b.Next() {
		if after(b.CB.Seq, at) {
			return fmt.Errorf("receive queue: a hole before %d", b.CB.Seq)
		}
		at = b.CB.EndSeq
		mem += b.Truesize
		most = max(most, b.Truesize)
	}
	if sk.RcvQueue.Len() > 0 && at != sk.rcvNxt {
		return fmt.Errorf("receive queue ends at %d, rcv_nxt is %d", at, sk.rcvNxt)
	}
	at = sk.rcvNxt
	for b := sk.ooo.Front(); b != nil; b = b.Next() {
		if !after(b.CB.Seq, sk.rcvNxt) || before(b.CB.Seq, at) || !after(b.CB.EndSeq, sk.rcvNxt) {
			return fmt.Errorf("behind the hole: %d-%d follows %d, rcv_nxt %d", b.CB.Seq, b.CB.EndSeq, at, sk.rcvNxt)
		}
		at = b.CB.Seq
		mem += b.Truesize
		most = max(most, b.Truesize)
	}
	for i := range int(sk.rx.numSacks) {
		if s := sk.selAcks[i]; !before(s.Start, s.End) || before(s.End, sk.rcvNxt) {
			return fmt.Errorf("SACK block %d-%d, rcv_nxt %d", s.Start, s.End, sk.rcvNxt)
		}
	}
	if mem != int(sk.RmemAlloc) {
		return fmt.Errorf("receive queues take %d, counted %d", mem, sk.RmemAlloc)
	}
	return nil
}
