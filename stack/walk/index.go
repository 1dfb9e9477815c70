package walk

import (
	"errors"
	"fmt"
	"io"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// scanFrames is how many frames are looked at to infer the host before the
// walk begins.
const scanFrames = 20000

// A Walk is a capture that is walked: indexed as far as Advance has come.
type Walk struct {
	src     Source
	opt     stack.Options
	profile *stack.Profile
	packets briefs
	hashes  []uint32      // of all that happened in each chunk; the last one's so far
	now     *stack.Replay // the world at the end of the index
	tr      *trace.Tracer
	marks   []checkpoint
	series  sim.Series[stack.Replay] // of checkpoints
	weight  int                      // bytes of all checkpoints
	full    int                      // bytes of the last one in full
	part    int                      // and of the last one that is a difference
	gap     int                      // frames that checkpoints must be apart since they were thinned out
	due     int                      // no checkpoint before this frame: the last one was dear
	done    bool
	brk     error // the capture breaks off
	cache   []*Chunk
	paths   map[uint32]uint16
	pathN   []*PathInfo
	recent  [recentPaths]recentPath
	rules   []RuleSet
	do      []Change // of a what-if
}

// A PathInfo is one way through the stack, and how many frames took it.
type PathInfo struct {
	Count, First int // First: the first frame that took it, from 0
}

// Open reads and diagnoses the beginning of a capture. The index is made by
// Advance.
func Open(src Source, o stack.Options) (*Walk, error) {
	k := &Walk{src: src, opt: o, paths: map[uint32]uint16{}}
	p, err := Diagnose(src, o)
	if err != nil {
		return nil, err
	}
	k.profile = p
	k.now, err = stack.NewReplay(o, p)
	if err != nil {
		return nil, err
	}
	k.tr = &trace.Tracer{Mode: trace.Count}
	k.now.SetTracer(k.tr)
	src.Rewind()
	return k, nil
}

// Diagnose looks at the beginning of a capture and infers the host.
func Diagnose(src Source, o stack.Options) (*stack.Profile, error) {
	s := stack.NewScan()
	src.Rewind()
	whole := false
	for range scanFrames {
		f, err := src.Next()
		if errors.Is(err, pcaps.ErrLater) {
			break
		}
		if whole = err != nil; whole {
			if s.Frames() == 0 && !errors.Is(err, io.EOF) {
				return nil, err
			}
			break
		}
		s.Frame(&f)
	}
	src.Rewind()
	if n, ok := src.(interface{ Interfaces() []pcaps.Interface }); ok {
		for i, x := range n.Interfaces() {
			s.Interface(i, x.Name)
		}
	}
	p := s.Profile(o.Local)
	if o.Because != "" {
		p.Because = o.Because
	}
	if o.Mode == stack.React {
		p.Script = script(src, p, s.Frames())
		if !whole {
			p.Findings = append(p.Findings, stack.Finding{What: stack.Unscripted, Frame: s.Frames() + 1, Count: s.Frames()})
		}
	}
	return p, nil
}

// script collects what the captured host's programs did in the first n frames.
func script(src Source, p *stack.Profile, n int) *stack.Script {
	s := stack.NewScript(p)
	for range n {
		f, err := src.Next()
		if err != nil {
			break
		}
		s.Frame(&f)
	}
	src.Rewind()
	return s.Done()
}

// Profile is what the capture tells about the host.
func (k *Walk) Profile() *stack.Profile { return k.profile }

// Err is why the capture breaks off in the middle, if it does.
func (k *Walk) Err() error { return k.brk }

// Len is how many frames are known; it grows until the capture is read.
func (k *Walk) Len() int { return max(k.src.Len(), k.packets.n) }

// Indexed is how many frames are in the index.
func (k *Walk) Indexed() int { return k.packets.n }

// Packet is the summary of a frame, from 0, below Indexed.
func (k *Walk) Packet(i int) Summary { return k.packets.at(i).summary() }

// Frame is a frame of the capture as it was captured, from 0.
func (k *Walk) Frame(i int) (pcaps.Frame, error) { return k.src.Frame(i) }

// Names resolves devices, hosts and strings of the simulated world.
func (k *Walk) Names() *stack.Replay { return k.now }

// Paths lists the ways that frames took, in order of appearance; a Summary's
// Path is an index of it.
func (k *Walk) Paths() []*PathInfo { return k.pathN }

// Advance indexes up to n more frames and reports whether the index is whole.
func (k *Walk) Advance(n int) (done bool, err error) {
	for ; n > 0 && !k.done; n-- {
		f, err := k.src.Next()
		if errors.Is(err, pcaps.ErrLater) {
			break
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				k.brk = err
			}
			k.done = true
			k.now.Finish()
			k.series.Release()
			sim.Trim()
			k.settle(k.packets.n - 1)
			break
		}
		i := k.packets.n
		if i%chunkFrames == 0 {
			k.mark(i)
			k.tr.Hash = k.now.World.Fingerprint()
			k.hashes = append(k.hashes, 0)
		}
		k.advance(k.now, i, &f)
		k.settle(i - 1)
		out := k.now.Deliver(&f)
		s := brief{at: f.At, flow: k.now.Flow(), len: uint32(f.OrigLen)}
		if out {
			s.landmarks |= MarkOut
		}
		k.packets.add(s)
		k.settle(i)
		k.hashes[i/chunkFrames] = uint32(k.tr.Hash >> 32)
	}
	return k.done, nil
}

// settle credits what has happened since the last call to frame i, and ends to
// their packets.
func (k *Walk) settle(i int) {
	if i >= 0 {
		k.packets.at(i).landmarks |= uint16(landmarks(k.tr.Landmarks))
	}
	k.tr.Landmarks = 0
	for _, e := range k.tr.Ends {
		n := int(e.Pkt) - 1
		if n < 0 || n >= k.packets.n {
			if i >= 0 && e.Outcome == trace.Dropped && !e.Reason.NoLoss(e.Fn) {
				k.packets.at(i).landmarks |= MarkDrop
			}
			continue
		}
		p := k.packets.at(n)
		switch e.Outcome {
		case trace.Dropped:
			if !e.Reason.NoLoss(e.Fn) {
				p.landmarks |= MarkDrop
			}
		case trace.NotModelled:
			p.landmarks |= MarkNotModelled
		}
		if trace.Outranks(e.Outcome, p.outcome) {
			p.outcome, p.reason, p.fn = e.Outcome, e.Reason, e.Fn
		}
		p.path = k.path(e.Path, n)
	}
	k.tr.Ends = k.tr.Ends[:0]
}

func (k *Walk) path(hash uint32, frame int) uint16 {
	last := &k.recent[hash%recentPaths]
	if last.count == nil || last.hash != hash {
		id, ok := k.paths[hash]
		if !ok {
			if len(k.pathN) >= 1<<16 {
				return 0
			}
			id = uint16(len(k.pathN))
			k.paths[hash] = id
			k.pathN = append(k.pathN, &PathInfo{First: frame})
		}
		*last = recentPath{hash, id, k.pathN[id]}
	}
	last.count.Count++
	return last.id
}

// recentPaths is how many ways are kept at hand.
const recentPaths = 256

type recentPath struct {
	hash  uint32
	id    uint16
	count *PathInfo
}

// marked lists the tracepoints, as bits, that put a landmark on a frame.
var marked = [...]struct {
	tps  uint64
	mark uint32
}{
	{1 << step.InetSockSetState, MarkState},
	{1<<step.TcpRetransmitSkb | 1<<step.TcpRetransmitSynack, MarkRetransmit},
	{1<<step.NeighUpdate | 1<<step.NeighCreate | 1<<step.NeighTimerHandler, MarkNeigh},
	{1<<step.TcpSendReset | 1<<step.TcpReceiveReset, MarkReset},
	{1 << step.TcpCongStateSet, MarkCong},
}

func landmarks(tps uint64) (m uint32) {
	if tps == 0 {
		return 0
	}
	for i := range marked {
		if tps&marked[i].tps != 0 {
			m |= marked[i].mark
		}
	}
	return m
}

// record runs the world again from the checkpoint before frame from, silently,
// then records every event of the frames up to to, and some more so that what
// is under way comes to its end. A hash of the index is of its chunk alone, but
// begins with the world's fingerprint: when it is met again, what was run
// silently took the same path too.
func (k *Walk) record(from, to int) (*Chunk, error) {
	j := len(k.marks) - 1
	for k.marks[j].at > from {
		j--
	}
	r := sim.Restore[stack.Replay](k.marks[j].im)
	tr := &trace.Tracer{Mode: trace.Silent}
	if n := len(k.cache); n > 0 {
		tr.Log.Room(&k.cache[n-1].Log)
	}
	r.SetTracer(tr)
	c := &Chunk{From: from, To: to}
	last := min(to+tailFrames, k.packets.n)
	for i := k.marks[j].at; i < last; i++ {
		f, err := k.src.Frame(i)
		if err != nil {
			return nil, err
		}
		if i == from-leadFrames {
			tr.Mode = trace.Count
		}
		if i%chunkFrames == 0 && i >= from {
			tr.Hash = r.World.Fingerprint()
		}
		if i == from {
			// what was under way before this frame is still the one before's
			tr.Mode = trace.Count
			k.advance(r, i, &f)
			tr.Mode = trace.Record
		}
		c.begin(tr, i-1)
		if i != from {
			k.advance(r, i, &f)
		}
		c.begin(tr, i)
		r.Deliver(&f)
		if (i == to-1 || i == k.packets.n-1) && uint32(tr.Hash>>32) != k.hashes[i/chunkFrames] {
			panic(fmt.Sprintf("walk: the replay of frame %d took another path than the index", i+1))
		}
		tr.Ends = tr.Ends[:0]
	}
	if last == k.packets.n && k.done {
		c.begin(tr, last-1)
		r.Finish()
	}
	c.Log = tr.Log
	c.finish()
	return c, nil
}

const (
	// tailFrames is how many frames after a chunk are recorded with it.
	tailFrames = 24
	// leadFrames is how many frames before a chunk are not run silently: so the
	// tracer knows what caused the packets that are still under way.
	leadFrames = 64
)
