package walk

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/drill"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// newDrillRun makes the machine of a packetdrill script anew: its lines are the
// script's events.
func newDrillRun(s *Script) (*labRun, error) {
	d, err := drill.New(s.Name, s.Text, *s.Drill)
	if err != nil {
		return nil, err
	}
	r := &labRun{lab: d.Lab, t: &trace.Tracer{}, drill: d, script: s, do: s.Do}
	d.Ready = func() { // it is the script's time 0
		r.t.Epoch = d.World.Clock.Now()
		d.World.SetTracer(r.t)
	}
	d.Out = &printer{r, false}
	d.Begun = func(e *drill.Event) { r.begun(s.Name, e.Line) }
	d.Ended = r.eventEnded
	r.t.Clock = d.World.Clock
	r.next1, r.result, r.stop = d.Steps()
	return r, nil
}

// eventEnded tells how an event of the script went, as output of its line.
func (r *labRun) eventEnded(e *drill.Event, err error) {
	at := fmt.Sprintf("%.6f ", r.drill.Seconds())
	switch {
	case err != nil:
		r.failed = true
		r.say(true, at+"not as the script says: "+err.Error())
	case e.Packet != nil && e.Packet.In:
		r.say(false, at+"sent in "+e.Packet.String())
	case e.Packet != nil:
		r.say(false, at+"as expected "+e.Packet.String()+"\n         actual      > "+r.drill.Actual())
	case e.Call != nil:
		r.say(false, at+e.Call.String())
	}
}

func (r *labRun) say(err bool, text string) {
	p := printer{r, err}
	_, _ = p.Write([]byte(strings.TrimRight(text, "\n") + "\n"))
}

// tickDrill lets the script and the world go on to the next thing that happens.
func (r *labRun) tickDrill() (ended bool) {
	r.rounded = r.drained
	if r.told {
		return true
	}
	if !r.next1() {
		return false
	}
	r.told = true
	st := 0
	if err := r.result(); err != nil {
		st = 1
		if !r.failed {
			r.say(true, err.Error())
		}
	}
	r.t.Host = 0
	r.t.Note(nil, step.WhyScriptEnds, uint64(st))
	r.lab.World.TellHeld()
	return true
}

// rawIP reports whether a frame begins with its IP header: it was on a tun
// device. On the loopback device it begins with zeros.
func (k *Lab) rawIP(b []byte) bool {
	return k.script.Drill != nil && len(b) > 0 && (b[0]>>4 == 4 || b[0]>>4 == 6)
}

// flowOfRaw is flowOf of a packet without link header.
func flowOfRaw(b []byte) uint32 {
	f := make([]byte, wire.EthernetLen, wire.EthernetLen+len(b))
	typ := wire.EtherTypeIPv4
	if b[0]>>4 == 6 {
		typ = wire.EtherTypeIPv6
	}
	wire.Ethernet(f).Put(0, 0, typ)
	return flowOf(append(f, b...))
}
