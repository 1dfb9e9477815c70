package live

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A watch notes which functions a request goes through, for the page that the
// request fetches. It listens from the frame that begins the request on until
// the program has read it, or it has heard enough: many a request is never read.
// Whoever looks at the machine besides may record at
// the same time: what the page says must not depend on that.
type watch struct {
	m     *Machine
	steps []watched
	depth int
	on    bool
	since sim.Time // when it began
	lent  bool     // the tracer records for the watch alone
}

// A watched is one function that was entered, and why it did what it did.
type watched struct {
	depth int
	step  step.Step
	why   step.Why
	args  []uint64
}

// How many functions are noted at most, and for how long.
const (
	maxWatched = 4096
	watchTime  = sim.Second
)

// begin listens, if the frame may begin a request for the page.
func (w *watch) begin(b []byte) {
	if w.on || !asksForPage(b) {
		return
	}
	t := w.m.Trace
	w.on, w.depth, w.steps, w.since = true, 0, w.steps[:0], w.m.Now()
	t.Listener = w
	if t.Mode != trace.Record {
		t.Mode, w.lent = trace.Record, true
	}
}

// end stops listening; the steps stay.
func (w *watch) end() {
	if w.on {
		w.on = false
		w.m.Trace.Listener = nil
	}
}

// Own tells that the caller keeps the tracer's log from now on, in a mode of his.
func (m *Machine) Own(mode trace.Mode) {
	if m.watch.lent {
		m.watch.lent = false
		m.Trace.Log.Reset()
	}
	m.Trace.Mode = mode
}

// settle gives the tracer back when nothing is under way, and keeps what it
// records short until then.
func (w *watch) settle() {
	if w.on && (len(w.steps) == maxWatched || w.m.Now() > w.since+watchTime) {
		w.end()
	}
	if !w.lent || !w.m.Trace.Idle() {
		return
	}
	if !w.on {
		w.m.Trace.Mode, w.lent = trace.Count, false
	}
	w.m.Trace.Log.Reset()
}

// asksForPage reports whether a frame is a TCP segment to the web server's port
// that begins with a request for the page.
func asksForPage(b []byte) bool {
	const get = "GET / "
	at := wire.EthernetLen
	var l4 []byte
	switch e := wire.Ethernet(b); {
	case len(b) < at+wire.IPv4MinLen+wire.TCPMinLen:
		return false
	case e.Type() == wire.EtherTypeIPv4:
		h := wire.IPv4(b[at:])
		if h.Proto() != wire.ProtoTCP || h.IHL() < wire.IPv4MinLen || len(h) < h.IHL()+wire.TCPMinLen {
			return false
		}
		l4 = h[h.IHL():]
	case e.Type() == wire.EtherTypeIPv6:
		h := wire.IPv6(b[at:])
		if len(h) < wire.IPv6Len+wire.TCPMinLen || h.NextHeader() != wire.ProtoTCP {
			return false
		}
		l4 = h[wire.IPv6Len:]
	default:
		return false
	}
	h := wire.TCP(l4)
	n := h.DataOff()
	return h.DstPort() == portHTTP && n >= wire.TCPMinLen && len(l4) >= n+len(get) && string(l4[n:n+len(get)]) == get
}

// Enter, Leave, Point and Why: see trace.Listener.

// Enter notes a function.
func (w *watch) Enter(s step.Step, _ trace.Subject) {
	w.depth++
	if len(w.steps) < maxWatched {
		w.steps = append(w.steps, watched{depth: w.depth - 1, step: s})
	}
}

// Leave goes back to the caller.
func (w *watch) Leave() {
	if w.depth > 0 {
		w.depth--
	}
}

// Point is of no interest.
func (w *watch) Point(step.TP, trace.Subject, []uint64) {}

// Why notes the reason, if it is of the function that was entered last.
func (w *watch) Why(y step.Why, args []uint64) {
	if n := len(w.steps); n > 0 && w.steps[n-1].depth == w.depth-1 {
		w.steps[n-1].why, w.steps[n-1].args = y, append([]uint64(nil), args...)
	}
}

// names resolves the names of the machine's devices.
type names struct{ m *Machine }

func (n names) DevName(i int) string {
	for _, d := range n.m.host.NS.Devices {
		if d != nil && d.Index == i {
			return d.Name
		}
	}
	return ""
}

func (n names) Text(i uint64) string { return step.Word(i) }
