package tui

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	xansi "github.com/charmbracelet/x/ansi"
)

// A painter writes the cells of a Grid to the terminal: only those that differ
// from what the terminal shows. The program's library keeps all else of it: the
// modes, the keys, the title. (It could paint too, but it makes every cell of
// every frame out of text again: that took most of the time of playing.)
type painter struct {
	out  *output
	wake chan struct{}

	mu      sync.Mutex // of what follows
	next    frame
	fresh   bool // next has not been taken yet
	profile colorprofile.Profile
	atOnce  bool // the terminal can show a frame at once (mode 2026)

	// The painting goroutine's own.
	want  frame  // what the terminal shall show
	have  []cell // what it shows
	looks frame  // of which frame the control sequences are: theme and profile
	signs Theme  // they
	buf   []byte
	pen   Style
	wide  map[rune]bool // runes that do not take one cell
}

// A frame is a screen to be painted.
type frame struct {
	w, h    int
	cells   []cell
	theme   *Theme
	profile colorprofile.Profile
	atOnce  bool
}

// paintTime is the least time from one frame to the next.
const paintTime = time.Second / 60

// newPainter returns a painter for a terminal, and begins to paint. It ends when
// done is closed.
func newPainter(out *output, done <-chan struct{}) *painter {
	p := painterOn(out)
	out.wiped = p.hurry
	go func() {
		for {
			select {
			case <-p.wake:
				p.paint()
				time.Sleep(paintTime)
			case <-done:
				return
			}
		}
	}()
	return p
}

// painterOn returns a painter that paints when it is told to.
func painterOn(out *output) *painter {
	return &painter{out: out, wake: make(chan struct{}, 1), profile: colorprofile.TrueColor, wide: map[rune]bool{}}
}

// hurry tells that there is something to paint.
func (p *painter) hurry() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// show takes a screen. A terminal that is slow misses some.
func (p *painter) show(g *Grid, t *Theme) {
	p.mu.Lock()
	p.next = frame{g.W, g.H, append(p.next.cells[:0], g.cells...), t, p.profile, p.atOnce}
	p.fresh = true
	p.mu.Unlock()
	p.hurry()
}

// can takes what the terminal can show; nil: no painter.
func (p *painter) can(profile colorprofile.Profile) {
	if p != nil {
		p.mu.Lock()
		p.profile = profile
		p.mu.Unlock()
	}
}

// reported takes a mode that the terminal has: some show what comes between two
// marks at once. nil: no painter.
func (p *painter) reported(msg tea.ModeReportMsg) {
	if p != nil && msg.Mode == xansi.ModeSynchronizedOutput && msg.Value == xansi.ModeReset {
		p.mu.Lock()
		p.atOnce = true
		p.mu.Unlock()
	}
}

// paint brings the terminal up to date.
func (p *painter) paint() {
	p.mu.Lock()
	if p.fresh {
		p.want, p.next = p.next, p.want
		p.fresh = false
	}
	p.mu.Unlock()
	p.out.paint(p.update)
}

// update returns what to write so that the terminal shows what it shall; anew:
// it may show anything now.
func (p *painter) update(anew bool) []byte {
	w := &p.want
	p.buf = p.buf[:0]
	if w.theme == nil || w.w == 0 || w.h == 0 {
		return nil
	}
	if l := &p.looks; l.theme != w.theme || l.profile != w.profile || l.w != w.w || l.h != w.h {
		anew = true
		p.looks, p.looks.cells = *w, nil
		p.signs = w.theme.in(w.profile)
	}
	p.pen = StylePlain
	if w.atOnce {
		p.buf = append(p.buf, xansi.SetModeSynchronizedOutput...)
	}
	begin := len(p.buf)
	if anew {
		p.buf = append(p.buf, xansi.ResetStyle+xansi.EraseEntireScreen...)
		p.have = slices.Grow(p.have[:0], len(w.cells))[:len(w.cells)]
		for i := range p.have {
			p.have[i] = cell{r: ' '}
		}
	}
	for y := range w.h {
		if row, was := w.cells[y*w.w:(y+1)*w.w], p.have[y*w.w:(y+1)*w.w]; !slices.Equal(row, was) {
			p.row(y, row, was)
			copy(was, row)
		}
	}
	if len(p.buf) == begin {
		return nil
	}
	p.dip(StylePlain)
	if w.atOnce {
		p.buf = append(p.buf, xansi.ResetModeSynchronizedOutput...)
	}
	return p.buf
}

// bridged is how many cells that have not changed are written again rather than
// passed over by moving.
const bridged = 4

// row writes what a row has new.
func (p *painter) row(y int, row, was []cell) {
	end := p.end(row)
	if p.odd(row) || p.odd(was) { // where its cells are is not sure: all of it
		p.move(0, y)
		p.dip(StylePlain)
		p.buf = append(p.buf, xansi.EraseLineRight...)
		p.write(row[:p.fits(row[:end])])
		return
	}
	for x := 0; x < end; x++ {
		if row[x] == was[x] {
			continue
		}
		last := x
		for i := x + 1; i < end && i <= last+bridged; i++ {
			if row[i] != was[i] {
				last = i
			}
		}
		p.move(x, y)
		p.write(row[x : last+1])
		x = last
	}
	if p.end(was) > end {
		p.move(end, y)
		p.dip(StylePlain)
		p.buf = append(p.buf, xansi.EraseLineRight...)
	}
}

// end is how much of a row is not blank.
func (p *painter) end(row []cell) int {
	n := len(row)
	for n > 0 && row[n-1].r == ' ' && p.signs[row[n-1].s] == "" {
		n--
	}
	return n
}

func (p *painter) move(x, y int) {
	p.buf = append(p.buf, "\x1b["...)
	p.buf = strconv.AppendInt(p.buf, int64(y+1), 10)
	if x > 0 {
		p.buf = append(p.buf, ';')
		p.buf = strconv.AppendInt(p.buf, int64(x+1), 10)
	}
	p.buf = append(p.buf, 'H')
}

// write writes cells where the cursor is.
func (p *painter) write(row []cell) {
	for _, c := range row {
		if c.s != p.pen {
			p.dip(c.s)
		}
		if c.r < 0x80 {
			p.buf = append(p.buf, byte(c.r))
		} else {
			p.buf = append(p.buf, string(c.r)...)
		}
	}
}

// dip takes the pen for a style.
func (p *painter) dip(s Style) {
	from, to := p.signs[p.pen], p.signs[s]
	p.pen = s
	switch {
	case from == to:
	case to == "":
		p.buf = append(p.buf, xansi.ResetStyle...)
	case from == "":
		p.buf = append(p.buf, to...)
	default: // the look before ends, and the new one begins
		p.buf = append(p.buf, "\x1b[0;"...)
		p.buf = append(p.buf, to[len("\x1b["):]...)
	}
}

// fits is how many of the cells the terminal has room for in one row.
func (p *painter) fits(row []cell) int {
	room := p.want.w
	for i, c := range row {
		if room -= xansi.StringWidth(string(c.r)); room < 0 {
			return i
		}
	}
	return len(row)
}

// odd reports whether a row has runes that do not take one cell each.
func (p *painter) odd(row []cell) bool {
	for _, c := range row {
		if c.r >= 0x300 && (c.r < 0x2500 || c.r >= 0x25a0) && p.odder(c.r) {
			return true
		}
	}
	return false
}

func (p *painter) odder(r rune) bool {
	odd, ok := p.wide[r]
	if !ok {
		odd = xansi.StringWidth(string(r)) != 1
		p.wide[r] = odd
	}
	return odd
}

// in is a theme on a terminal that may have fewer colours.
func (t *Theme) in(profile colorprofile.Profile) (less Theme) {
	for i, look := range t {
		var b strings.Builder
		w := colorprofile.Writer{Forward: &b, Profile: profile}
		w.WriteString(look) //nolint:errcheck // a Builder takes everything
		if less[i] = b.String(); !strings.HasPrefix(less[i], "\x1b[") || less[i] == xansi.ResetStyle {
			less[i] = ""
		}
	}
	return less
}

// An output is the terminal. The program's library and the painter write to it
// by turns; it knows whether a frame is still being written.
type output struct {
	*os.File
	writing atomic.Bool

	mu    sync.Mutex // of what follows, and of writing
	up    bool       // the alternate screen is up: it is painted on nothing else
	anew  bool       // somebody else has wiped it
	wiped func()     // told of that; may be nil
}

// Write writes what the library has for the terminal.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	n, err := o.write(b)
	up, down := bytes.LastIndex(b, []byte(xansi.SetModeAltScreenSaveCursor)), bytes.LastIndex(b, []byte(xansi.ResetModeAltScreenSaveCursor))
	if up != down {
		o.up = up > down
	}
	wiped := up >= 0 || bytes.Contains(b, []byte(xansi.EraseEntireScreen)) || bytes.Contains(b, []byte(xansi.EraseScreenBelow))
	o.anew = o.anew || wiped
	o.mu.Unlock()
	if wiped && o.wiped != nil {
		o.wiped()
	}
	return n, err
}

// paint writes what update returns, if the screen is there to be painted on.
func (o *output) paint(update func(anew bool) []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.up {
		return
	}
	b := update(o.anew)
	o.anew = false
	if len(b) > 0 {
		o.write(b) //nolint:errcheck // the library meets the same error
	}
}

func (o *output) write(b []byte) (int, error) {
	o.writing.Store(true)
	defer o.writing.Store(false)
	return o.File.Write(b)
}

func (o *output) busy() bool { return o.writing.Load() }
