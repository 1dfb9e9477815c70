package web

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/packetwalk/packetwalk/lessons"
	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// browser starts a headless Chromium for one test.
func browser(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("no browser in a short run")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("there is no Chromium: the page was not tested in a browser")
	}
	o := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1440, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), o...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// until waits for an expression to hold in the page, 10 s at most.
func until(t *testing.T, ctx context.Context, expr string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Poll[chromedp.Void]("!!("+expr+")", chromedp.WithPollingTimeout(10*time.Second))); err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
}

// value is that of an expression in the page.
func value[T any](t *testing.T, ctx context.Context, expr string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expr))
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	return v
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// keyTable is a few keys, as the front door would make them of the terminal's.
var keyTable = []Key{
	{Keys: []string{"l", "right"}, Cmd: view.Command{Verb: view.Forward}, Does: "send", Short: "step", Help: "one step on", Group: "Steps"},
	{Keys: []string{"h", "left"}, Cmd: view.Command{Verb: view.Back}, Does: "send", Short: "back", Help: "one step back", Group: "Steps"},
	{Keys: []string{"n"}, Cmd: view.Command{Verb: view.NextPacket}, Does: "send", Short: "packet", Help: "next packet", Group: "Packets"},
	{Keys: []string{"d"}, Cmd: view.Command{Verb: view.NextDrop}, Does: "send", Short: "drop", Help: "next drop", Group: "Jumps"},
	{Keys: []string{"O"}, Cmd: view.Command{Verb: view.ShowOverview}, Does: "send", Help: "overview", Group: "Packets"},
	{Keys: []string{"/"}, Cmd: view.Command{Verb: view.Filter}, Does: "ask", Ask: "filter", Help: "filter", Group: "Packets"},
	{Keys: []string{"?"}, Does: "help", Help: "help", Group: "Screen"},
}

// TestBrowser presses keys in a real browser: the Scenes are those of a Session
// that gets the same commands, and the page shows them.
func TestBrowser(t *testing.T) {
	ctx := browser(t)
	sv, _ := serve(t, "closed-ports")
	sv.keys = keyTable
	s := session(t, "closed-ports")
	for done := false; !done; {
		done, _ = s.Advance(1 << 10)
	}
	do(t, ctx, chromedp.Navigate(sv.Address()))
	until(t, ctx, "window.packetwalkScene && document.querySelector('#buttons button')")
	for i, step := range []struct {
		key string
		cmd view.Command
	}{
		{"l", view.Command{Verb: view.Forward}}, {"l", view.Command{Verb: view.Forward}}, {"l", view.Command{Verb: view.Forward}},
		{"h", view.Command{Verb: view.Back}}, {"n", view.Command{Verb: view.NextPacket}}, {"d", view.Command{Verb: view.NextDrop}},
		{"n", view.Command{Verb: view.NextPacket}}, {"h", view.Command{Verb: view.Back}}, {"O", view.Command{Verb: view.ShowOverview}}, {"O", view.Command{Verb: view.ShowOverview}},
	} {
		s.Do(step.cmd)
		value[bool](t, ctx, "window.before = window.packetwalkScene, true")
		do(t, ctx, chromedp.KeyEvent(step.key))
		until(t, ctx, "window.packetwalkScene !== window.before")
		want, err := json.Marshal(s.Scene())
		if err != nil {
			t.Fatal(err)
		}
		if got := value[string](t, ctx, "JSON.stringify(window.packetwalkScene)"); sorted(got) != sorted(string(want)) {
			t.Fatalf("after key %d (%s) the page has another Scene than the Session", i, step.key)
		}
	}
	sc := s.Scene()
	text := func(sel string) string {
		return strings.TrimSpace(value[string](t, ctx, "document.querySelector('"+sel+"').textContent"))
	}
	if fn, says := text("#why .fn code"), text("#why .says"); fn != sc.Func || says != strings.TrimSpace(sc.Says) {
		t.Errorf("the page shows %q: %q, want %q: %q", fn, says, sc.Func, sc.Says)
	}
	if name, here := sc.Stages[sc.Lit].Name, text("#map .stage.here"); !strings.Contains(here, name) {
		t.Errorf("the map's token is at %q, want %q", here, name)
	}
	if live := text("#live"); !strings.Contains(live, sc.Func) {
		t.Errorf("a screen reader hears %q, without %s", live, sc.Func)
	}

	// By click: a packet of the list; by key: the help.
	value[bool](t, ctx, "document.querySelector('#list li').click(), true")
	until(t, ctx, "window.packetwalkScene.packet === "+itoa(sc.List[0].N))
	do(t, ctx, chromedp.KeyEvent("?"))
	until(t, ctx, "document.getElementById('help').open")
}

func itoa(n int) string { return strconv.Itoa(n) }

// sorted is a JSON text with its fields in order.
func sorted(text string) string {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return err.Error()
	}
	b, _ := json.Marshal(v)
	return string(b)
}

// TestHostileText shows text of a capture that looks like markup.
func TestHostileText(t *testing.T) {
	ctx := browser(t)
	sv, _ := serve(t, "ping")
	do(t, ctx, chromedp.Navigate(sv.Address()))
	until(t, ctx, "window.packetwalkScene")
	value[bool](t, ctx, `import('/panes.js').then(p => {
		const s = structuredClone(window.packetwalkScene), x = '<img src=x onerror="window.bad=1"><script>window.bad=1</scr' + 'ipt>'
		s.title = s.line = s.says = s.plain = s.notice = s.func = x
		s.list.forEach(i => i.line = x); s.tree.forEach(i => i.text = x); (s.panels || []).forEach(i => i.title = x)
		p.header(s); p.why(s, () => {}); p.packets(s, () => {}); p.calls(s, () => {}); p.state(s, 'objects', () => {}, () => {})
		window.drawn = true
	}), true`)
	until(t, ctx, "window.drawn")
	if n := value[int](t, ctx, "document.querySelectorAll('img, body script').length + (window.bad || 0)"); n != 0 {
		t.Error("text became markup")
	}
}

// TestBrowserLesson takes the beginning of a lesson by clicks: it asks, a wrong
// answer and then the right one are told as such, and the walk goes on.
func TestBrowserLesson(t *testing.T) {
	ctx := browser(t)
	l, ok := lessons.Lookup("drops")
	if !ok {
		t.Fatal("no lesson drops")
	}
	r, err := pcaps.Open(l.Capture)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	k, err := walk.Open(r, stack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := view.NewLessonSession(l, k)
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewUnstartedServer(nil)
	sv, err := New(s, keyTable, ts.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ts.Config.Handler = sv
	ts.Start()
	t.Cleanup(func() { sv.close(); ts.Close() })
	do(t, ctx, chromedp.Navigate(sv.Address()))
	until(t, ctx, "window.packetwalkScene && document.querySelector('#lesson h2')")
	for range l.Parts {
		if value[bool](t, ctx, "!!document.querySelector('#lesson fieldset button')") {
			break
		}
		part := value[int](t, ctx, "window.packetwalkScene.lesson.part")
		value[bool](t, ctx, "[...document.querySelectorAll('#lesson .nav button')][1].click(), true")
		until(t, ctx, "window.packetwalkScene.lesson.part > "+itoa(part))
	}
	n := value[int](t, ctx, "document.querySelectorAll('#lesson fieldset button').length")
	if n < 2 {
		t.Fatalf("a question with %d answers", n)
	}
	right := 0
	for i := range n {
		do(t, ctx, chromedp.KeyEvent(itoa(i+1)))
		until(t, ctx, "window.packetwalkScene.lesson.chosen === "+itoa(i+1))
		if value[bool](t, ctx, "!!document.querySelector('#lesson fieldset .right')") {
			right++
			break
		}
		if !value[bool](t, ctx, "!!document.querySelector('#lesson fieldset .wrong')") {
			t.Errorf("answer %d is told to be neither right nor wrong", i+1)
		}
	}
	if right != 1 {
		t.Error("no answer is right")
	}
	part := value[int](t, ctx, "window.packetwalkScene.lesson.part")
	value[bool](t, ctx, "[...document.querySelectorAll('#lesson .nav button')][1].click(), true")
	until(t, ctx, "window.packetwalkScene.lesson.part > "+itoa(part))
}
