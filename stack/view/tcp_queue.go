package view

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// maxSpans is how many stretches a ByteQueue has at most.
const maxSpans = 96

// add puts a stretch behind the others; one like the last makes that longer.
func (q *ByteQueue) add(kind string, from, to int64, packs int) {
	if from >= to {
		return
	}
	if n := len(q.Spans); n > 0 {
		if l := &q.Spans[n-1]; l.Kind == kind && l.To == from || n >= maxSpans {
			l.To = max(l.To, to)
			l.Packs += packs
			q.Bytes = max(q.Bytes, to)
			return
		}
	}
	q.Spans = append(q.Spans, ByteSpan{kind, from, to, packs})
	q.Bytes = max(q.Bytes, to)
}

func (q *ByteQueue) edge(name string, at int64) {
	if at < 0 {
		return
	}
	for i := range q.Edges {
		if q.Edges[i].At == at {
			q.Edges[i].Name += " = " + name
			return
		}
	}
	q.Edges = append(q.Edges, ByteEdge{name, at})
}

// pieceKind is what became of a packet of the retransmission queue.
func pieceKind(marks uint8) string {
	switch {
	case marks&trace.PieceSacked != 0:
		return "sacked"
	case marks&trace.PieceAgain != 0:
		return "again"
	case marks&trace.PieceLost != 0:
		return "lost"
	}
	return "flight"
}

// sendQueue is what this side sends: from the oldest byte that is not
// acknowledged to the end of what is written, or to the end of the window.
func sendQueue(v *vals, list []trace.Piece) (q ByteQueue) {
	una, nxt := uint32(v[step.TCPSndUna]), uint32(v[step.TCPSndNxt])
	q.Base = una
	off := func(seq uint32) int64 { return int64(int32(seq - una)) }
	if una == 0 && nxt == 0 {
		q.Says = "Nothing has been sent."
		return q
	}
	at := int64(0)
	for _, p := range list {
		if p.Queue != trace.QueueSent {
			continue
		}
		from, to := max(at, off(p.Seq)), min(off(p.End), off(nxt))
		if from > at {
			q.add("flight", at, from, 0)
		}
		q.add(pieceKind(p.Marks), from, to, int(p.Packs))
		at = max(at, to)
	}
	q.add("flight", at, off(nxt), 0)
	end := off(nxt) + unsent(v)
	q.add("unsent", off(nxt), end, int(v[step.TCPWriteQueue]))
	wnd := int64(v[step.TCPSndWnd])
	q.add("room", end, wnd, 0)
	q.edge("snd_una", 0)
	q.edge("snd_nxt", off(nxt))
	q.edge("write_seq", end)
	q.edge("window end", wnd)
	q.Says = fmt.Sprintf("%s not acknowledged, %s written and not sent; the window allows %d.", bytesText(off(nxt)), bytesText(unsent(v)), wnd)
	return q
}

// recvQueue is what this side has received: from the first byte that the
// program has not read to the end of the window.
func recvQueue(v *vals, list []trace.Piece) (q ByteQueue) {
	copied, nxt := uint32(v[step.TCPCopiedSeq]), uint32(v[step.TCPRcvNxt])
	if nxt == 0 {
		q.Says = "Nothing has been received."
		return q
	}
	if copied == 0 || int32(nxt-copied) < 0 {
		copied = nxt
	}
	q.Base = copied
	off := func(seq uint32) int64 { return int64(int32(seq - copied)) }
	q.add("unread", 0, off(nxt), int(v[step.SockRcvQueue]))
	at := off(nxt)
	for _, p := range list {
		if p.Queue != trace.QueueOfo || off(p.End) <= at {
			continue
		}
		q.add("hole", at, off(p.Seq), 0)
		q.add("ofo", max(at, off(p.Seq)), off(p.End), int(p.Packs))
		at = off(p.End)
	}
	end := int64(int32(uint32(v[step.TCPRcvWup]+v[step.TCPRcvWnd]) - copied))
	q.add("room", at, end, 0)
	q.edge("copied_seq", 0)
	q.edge("rcv_nxt", off(nxt))
	q.edge("window end", max(at, end))
	q.Says = fmt.Sprintf("%s to be read, %s behind a hole; %s may still come.", bytesText(off(nxt)), nOf(v[step.TCPOooLen], "packet"), bytesText(max(0, end-off(nxt))))
	return q
}

// board is the SACK scoreboard: the retransmission queue, packet by packet, and
// what it says in words.
func board(v *vals, list []trace.Piece, now int64) (bars []BoardBar, says string) {
	una := uint32(v[step.TCPSndUna])
	for _, p := range list {
		if p.Queue != trace.QueueSent {
			continue
		}
		bar := BoardBar{Kind: pieceKind(p.Marks), Seq: p.Seq, From: int64(int32(p.Seq - una)), To: int64(int32(p.End - una)), Segs: int(p.Segs), Rtx: p.Marks&trace.PieceEverRtx != 0}
		if p.Packs > 1 {
			bar.Packs = int(p.Packs)
		}
		if p.Sent > 0 {
			bar.Age = max(0, now-p.Sent)
		}
		bars = append(bars, bar)
	}
	out := v[step.TCPPacketsOut]
	if out == 0 {
		return bars, "Nothing waits for an acknowledgement."
	}
	parts := []string{fmt.Sprintf("%s sent and not acknowledged", nOf(out, "segment"))}
	for _, x := range [...]struct {
		n    uint64
		what string
	}{{v[step.TCPSackedOut], "the other side has (SACK)"}, {v[step.TCPLostOut], "believed lost"}, {v[step.TCPRetransOut], "sent again"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	return bars, fmt.Sprintf("%s: %d in flight.", strings.Join(parts, ", "), flight(v))
}
