package tui

import (
	"errors"
	"fmt"
	"image/color"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"

	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/tui/shot"
)

// ShotOptions say what Shot shows: the screen of a terminal that is not there.
type ShotOptions struct {
	W, H    int    // cells
	Theme   string // dark (or empty), light, none
	Colours int    // of the terminal: 0 all, 256, 16
	At      Place
	Keys    []string // pressed there, as ShotKeys gives them

	Steps int           // Film: how many steps from there on
	Each  time.Duration // Film: how long a step is shown; 0: 700 ms
	FPS   int           // Film: pictures a second while the packet moves; 0: 20
}

// The sizes of screens that Shot takes.
const (
	MinShotW, MaxShotW = 20, 500
	MinShotH, MaxShotH = 5, 200
	MaxShotSteps       = 1000
)

// A Place is where a shot is taken.
type Place struct {
	Packet int // from 1; 0: the first
	Step   int // from 1; 0: the first
	Drop   bool
}

// ParsePlace reads a place: "3" or "3.14", a packet's number and a step's, or
// "drop" for where the first packet is dropped.
func ParsePlace(s string) (Place, error) {
	if s == "drop" {
		return Place{Drop: true}, nil
	}
	a, b, both := strings.Cut(s, ".")
	p, err1 := strconv.Atoi(a)
	n, err2 := 1, error(nil)
	if both {
		n, err2 = strconv.Atoi(b)
	}
	if err1 != nil || err2 != nil || p < 1 || n < 1 {
		return Place{}, fmt.Errorf("a place is a packet's number like 3, with a step like 3.14, or drop, not %q", s)
	}
	return Place{Packet: p, Step: n}, nil
}

// ParseSize reads a screen's size: "120x40".
func ParseSize(s string) (w, h int, err error) {
	a, b, _ := strings.Cut(s, "x")
	w, err1 := strconv.Atoi(a)
	h, err2 := strconv.Atoi(b)
	if err1 != nil || err2 != nil || w < MinShotW || w > MaxShotW || h < MinShotH || h > MaxShotH {
		return 0, 0, fmt.Errorf("a size is columns and rows like 120x40, %dx%d to %dx%d, not %q", MinShotW, MinShotH, MaxShotW, MaxShotH, s)
	}
	return w, h, nil
}

// Shot returns the screen at a place of a walk.
func Shot(s *view.Session, o ShotOptions) (*shot.Screen, error) {
	c, err := newCamera(s, o)
	if err != nil {
		return nil, err
	}
	return c.screen(), nil
}

// Film returns screens from a place of a walk on, those of the packet on its
// way between the steps included. A walk that ends gives fewer steps.
func Film(s *view.Session, o ShotOptions) ([]shot.Frame, error) {
	c, err := newCamera(s, o)
	if err != nil {
		return nil, err
	}
	each, fps := o.Each, o.FPS
	if each == 0 {
		each = 700 * time.Millisecond
	}
	if fps == 0 {
		fps = 20
	}
	list := []shot.Frame{{Screen: c.screen(), Delay: each}}
	for range min(o.Steps, MaxShotSteps) {
		if s.Do(view.Command{Verb: view.Forward}) != nil {
			break
		}
		list = append(list, c.stepped(s.Scene(), time.Second/time.Duration(fps))...)
		list[len(list)-1].Delay = each
	}
	list[len(list)-1].Delay = max(2*each, filmEnd)
	return list, nil
}

// filmEnd is how long a film's last picture is shown at least.
const filmEnd = 3 * time.Second

// A camera runs the program without a terminal. What it asks of a Model is
// here, in newCamera and in stepped: nothing else depends on how it is made.
type camera struct {
	m       tea.Model
	w, h    int
	fg, bg  color.RGBA
	profile colorprofile.Profile
	left    bool // the program was left
	msgs    int  // that it may still take
}

// newCamera goes to the place and presses the keys.
func newCamera(s *view.Session, o ShotOptions) (*camera, error) {
	c := &camera{w: o.W, h: o.H, fg: color.RGBA{0xd0, 0xd0, 0xd0, 0xff}, bg: color.RGBA{0x12, 0x12, 0x12, 0xff}, profile: colorprofile.TrueColor, msgs: 1000}
	switch o.Theme {
	case "", "dark", "none":
	case "light":
		c.fg, c.bg = color.RGBA{0x1c, 0x1c, 0x1c, 0xff}, color.RGBA{0xff, 0xff, 0xff, 0xff}
	default:
		return nil, fmt.Errorf("a theme is dark, light or none, not %q", o.Theme)
	}
	switch o.Colours {
	case 0:
	case 256:
		c.profile = colorprofile.ANSI256
	case 16:
		c.profile = colorprofile.ANSI
	default:
		return nil, fmt.Errorf("a terminal has 16 or 256 colours, or 0 for all, not %d", o.Colours)
	}
	if err := seekPlace(s, o.At); err != nil {
		return nil, err
	}
	m := NewModel(s, o.Theme == "none")
	c.m = m
	for _, msg := range []tea.Msg{tea.WindowSizeMsg{Width: c.w, Height: c.h}, tea.BackgroundColorMsg{Color: c.bg}, tea.ColorProfileMsg{Profile: c.profile}} {
		c.send(msg)
	}
	return c, c.press(o.Keys)
}

// press presses keys, each when all that the one before led to has happened.
func (c *camera) press(keys []string) error {
	for _, k := range keys {
		msg, err := keyNamed(k)
		if err != nil {
			return err
		}
		c.msgs = 1000
		c.send(msg)
		if c.left {
			return fmt.Errorf("the key %q leaves the program", k)
		}
	}
	c.settle()
	return nil
}

// flight is how many ticks what moves takes at most to arrive.
const flight = 12

// stepped shows a new Scene, and returns what is seen until nothing moves, a
// tick being so long.
func (c *camera) stepped(scene view.Scene, tick time.Duration) []shot.Frame {
	c.m, _ = c.m.Update(sceneMsg{scene: scene})
	list := []shot.Frame{{Screen: c.screen(), Delay: tick}}
	for range flight {
		c.m, _ = c.m.Update(tickMsg{})
		if s, last := c.screen(), &list[len(list)-1]; slices.Equal(s.Cells, last.Screen.Cells) {
			last.Delay += tick
		} else {
			list = append(list, shot.Frame{Screen: s, Delay: tick})
		}
	}
	return list
}

// settle lets what moves arrive.
func (c *camera) settle() {
	for range flight {
		c.m, _ = c.m.Update(tickMsg{})
	}
}

// send gives the program a message, and those that come of it.
func (c *camera) send(msg tea.Msg) {
	if c.left {
		return
	}
	m, cmd := c.m.Update(msg)
	c.m = m
	c.run(cmd)
}

// run carries out what the program asks for; clocks do not tick.
func (c *camera) run(cmd tea.Cmd) {
	if cmd == nil || c.msgs <= 0 {
		return
	}
	c.msgs--
	msg := cmd()
	switch msg := msg.(type) {
	case nil, tickMsg, playMsg:
		return
	case tea.QuitMsg:
		c.left = true
		return
	case tea.BatchMsg:
		for _, k := range msg {
			c.run(k)
		}
		return
	}
	if v := reflect.ValueOf(msg); v.Kind() == reflect.Slice && v.Type().Elem() == reflect.TypeFor[tea.Cmd]() { // one after the other
		for i := range v.Len() {
			c.run(v.Index(i).Interface().(tea.Cmd))
		}
		return
	}
	c.send(msg)
}

// screen is what the terminal would show.
func (c *camera) screen() *shot.Screen {
	b := uv.NewScreenBuffer(c.w, c.h)
	uv.NewStyledString(c.m.View().Content).Draw(b, b.Bounds())
	s := shot.NewScreen(c.w, c.h, c.fg, c.bg)
	for y := range c.h {
		for x := range c.w {
			if k := b.CellAt(x, y); k != nil {
				s.Cells[y*c.w+x] = c.cell(k)
			}
		}
	}
	return s
}

func (c *camera) cell(k *uv.Cell) shot.Cell {
	st := &k.Style
	s := shot.Cell{
		Text: k.Content, Wide: k.Width > 1, FG: c.colour(st.Fg), BG: c.colour(st.Bg),
		Bold: st.Attrs&uv.AttrBold != 0, Dim: st.Attrs&uv.AttrFaint != 0, Italic: st.Attrs&uv.AttrItalic != 0,
		Underline: st.Underline != 0, Reverse: st.Attrs&uv.AttrReverse != 0,
	}
	if s.Text == " " {
		s.Text = ""
	}
	return s
}

// colour is a colour as the terminal has it.
func (c *camera) colour(k color.Color) color.RGBA {
	if k == nil {
		return color.RGBA{}
	}
	if c.profile != colorprofile.TrueColor {
		if k = c.profile.Convert(k); k == nil {
			return color.RGBA{}
		}
	}
	r, g, b, _ := k.RGBA()
	return color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 0xff}
}

// ahead is how many packets behind the place are indexed: what the screen tells
// about the capture is about these too.
const ahead = 20000

// seekPlace indexes as much of the capture as the place needs, and goes there.
func seekPlace(s *view.Session, p Place) error {
	if p.Drop {
		return seekDrop(s)
	}
	p.Packet, p.Step = max(p.Packet, 1), max(p.Step, 1)
	err := index(s, p.Packet)
	have, _, done := s.Progress()
	switch {
	case p.Packet <= have:
	case err != nil:
		return err
	case have == 0:
		return errors.New("there is no packet")
	case done:
		return fmt.Errorf("there is no packet %d: the last one is %d", p.Packet, have)
	}
	if err := s.Do(view.Command{Verb: view.Seek, N: p.Packet}); err != nil {
		return err
	}
	sc := s.Scene()
	if p.Step > max(sc.Steps, 1) {
		return fmt.Errorf("packet %d has no step %d: its last one is %d", p.Packet, p.Step, sc.Steps)
	}
	if p.Step > 1 {
		return s.Do(view.Command{Verb: view.Forward, N: p.Step - 1})
	}
	return nil
}

// seekDrop goes to the first drop.
func seekDrop(s *view.Session) error {
	for {
		have, _, done := s.Progress()
		err := s.Do(view.Command{Verb: view.NextDrop})
		if err == nil {
			return index(s, s.Scene().Packet)
		}
		if done {
			return errors.New("no packet is dropped")
		}
		if err := index(s, have); err != nil {
			return err
		}
		if now, _, done := s.Progress(); now == have && !done {
			return errors.New("no packet is dropped")
		}
	}
}

// index goes on until packet n and some more are indexed, or all.
func index(s *view.Session, n int) error {
	for {
		have, _, done := s.Progress()
		if done || have > n && have-n >= ahead {
			return nil
		}
		if _, err := s.Advance(1000); err != nil {
			return err
		}
	}
}

// keyCodes are the keys that have names.
var keyCodes = map[string]rune{
	"left": tea.KeyLeft, "right": tea.KeyRight, "up": tea.KeyUp, "down": tea.KeyDown, "space": tea.KeySpace, "tab": tea.KeyTab,
	"enter": tea.KeyEnter, "esc": tea.KeyEscape, "backspace": tea.KeyBackspace, "delete": tea.KeyDelete, "insert": tea.KeyInsert,
	"home": tea.KeyHome, "end": tea.KeyEnd, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
	"f1": tea.KeyF1, "f2": tea.KeyF2, "f3": tea.KeyF3, "f4": tea.KeyF4, "f5": tea.KeyF5, "f6": tea.KeyF6,
	"f7": tea.KeyF7, "f8": tea.KeyF8, "f9": tea.KeyF9, "f10": tea.KeyF10, "f11": tea.KeyF11, "f12": tea.KeyF12,
}

// ShotKeys takes a script of keys apart: names of keys with spaces between,
// "d d tab shift+tab ?". A longer word that is no key's name is typed letter by
// letter, to answer a question: "u ip_rcv enter".
func ShotKeys(script string) (list []string) {
	for _, w := range strings.Fields(script) {
		if _, err := keyNamed(w); err == nil {
			list = append(list, w)
			continue
		}
		for _, r := range w {
			list = append(list, string(r))
		}
	}
	return list
}

// keyNamed is the press of a key.
func keyNamed(name string) (tea.KeyPressMsg, error) {
	var k tea.KeyPressMsg
	rest := name
	for _, mod := range [...]struct {
		name string
		bit  tea.KeyMod
	}{{"ctrl+", tea.ModCtrl}, {"alt+", tea.ModAlt}, {"shift+", tea.ModShift}} {
		if r, ok := strings.CutPrefix(rest, mod.name); ok && r != "" {
			rest, k.Mod = r, k.Mod|mod.bit
		}
	}
	if code, ok := keyCodes[rest]; ok {
		k.Code = code
		if code == tea.KeySpace && k.Mod == 0 {
			k.Text = " "
		}
		return k, nil
	}
	r, n := utf8.DecodeRuneInString(rest)
	if n != len(rest) || r == utf8.RuneError || r <= ' ' {
		return k, fmt.Errorf("%q is no key", name)
	}
	k.Code = r
	if k.Mod == 0 {
		k.Text = rest
	}
	return k, nil
}
