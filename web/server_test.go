package web

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/stack/walk"
)

func session(t *testing.T, name string) *view.Session {
	t.Helper()
	r, err := pcaps.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	k, err := walk.Open(r, stack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return view.NewSession(k, name)
}

// serve starts a Server of a capture that is read to its end.
func serve(t *testing.T, name string) (*Server, string) {
	t.Helper()
	ts := httptest.NewUnstartedServer(nil)
	host := ts.Listener.Addr().String()
	sv, err := New(session(t, name), []Key{{Keys: []string{"l"}, Cmd: view.Command{Verb: view.Forward}, Does: "send"}}, host)
	if err != nil {
		t.Fatal(err)
	}
	if err := sv.Index(context.Background()); err != nil {
		t.Fatal(err)
	}
	ts.Config.Handler = sv
	ts.Start()
	t.Cleanup(func() { sv.close(); ts.Close() })
	return sv, "http://" + host
}

func request(t *testing.T, method, url, body string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// TestWho checks who is let in.
func TestWho(t *testing.T) {
	sv, url := serve(t, "ping")
	const js = "application/json"
	for _, c := range []struct {
		name, method, path, body string
		headers                  []string
		want                     int
	}{
		{"page", "GET", "/", "", nil, 200},
		{"module", "GET", "/app.js", "", nil, 200},
		{"keys without token", "GET", "/keys", "", nil, 403},
		{"keys", "GET", "/keys", "", []string{"X-Packetwalk-Token", sv.Token}, 200},
		{"wrong token", "GET", "/keys", "", []string{"X-Packetwalk-Token", strings.Repeat("0", 32)}, 403},
		{"command", "POST", "/do", `{"verb":"forward"}`, []string{"X-Packetwalk-Token", sv.Token, "Content-Type", js}, 200},
		{"command without token", "POST", "/do", `{"verb":"forward"}`, []string{"Content-Type", js}, 403},
		{"token in a command's query", "POST", "/do?token=" + sv.Token, `{"verb":"forward"}`, []string{"Content-Type", js}, 403},
		{"own origin", "POST", "/do", `{"verb":"forward"}`, []string{"X-Packetwalk-Token", sv.Token, "Content-Type", js, "Origin", url}, 200},
		{"other origin", "POST", "/do", `{"verb":"forward"}`, []string{"X-Packetwalk-Token", sv.Token, "Content-Type", js, "Origin", "http://evil.example"}, 403},
		{"null origin", "GET", "/keys", "", []string{"X-Packetwalk-Token", sv.Token, "Origin", "null"}, 403},
		{"other site", "GET", "/app.js", "", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a link from another site", "GET", "/", "", []string{"Sec-Fetch-Site", "cross-site"}, 200},
		{"another name for this address", "GET", "/", "", []string{"Host", "evil.example"}, 421},
		{"a form", "POST", "/do", `verb=forward`, []string{"X-Packetwalk-Token", sv.Token, "Content-Type", "application/x-www-form-urlencoded"}, 415},
		{"no JSON", "POST", "/do", `{`, []string{"X-Packetwalk-Token", sv.Token, "Content-Type", js}, 400},
		{"unknown field", "POST", "/do", `{"run":"rm"}`, []string{"X-Packetwalk-Token", sv.Token, "Content-Type", js}, 400},
		{"too long", "POST", "/do", `{"expr":"` + strings.Repeat("x", 8<<10) + `"}`, []string{"X-Packetwalk-Token", sv.Token, "Content-Type", js}, 400},
		{"typed", "POST", "/do", `{"verb":"line","expr":"forward 2"}`, []string{"X-Packetwalk-Token", sv.Token, "Content-Type", js}, 200},
		{"typed nonsense", "POST", "/do", `{"verb":"line","expr":"fly"}`, []string{"X-Packetwalk-Token", sv.Token, "Content-Type", js}, 422},
		{"nothing there", "GET", "/../server.go", "", nil, 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, body := request(t, c.method, url+c.path, c.body, c.headers...); got != c.want {
				t.Errorf("status %d, want %d: %s", got, c.want, body)
			}
		})
	}
}

// TestSameScenes gives commands to a page and to a Session.
func TestSameScenes(t *testing.T) {
	sv, url := serve(t, "tcp")
	s := session(t, "tcp")
	for done := false; !done; {
		var err error
		if done, err = s.Advance(1 << 10); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range []string{"", "forward 12", "back 3", "next-packet", "seek 6", "next-mark state", "filter tcp", "over", "why-value sk.state", "return", "overview", "nonsense"} {
		if c, err := view.Parse(line); err == nil && line != "" {
			s.Do(c)
		}
		want, err := json.Marshal(s.Scene())
		if err != nil {
			t.Fatal(err)
		}
		cmd := view.Command{}
		if line != "" {
			cmd = view.Command{Verb: "line", Expr: line}
		}
		b, _ := json.Marshal(cmd)
		status, got := request(t, "POST", url+"/do", string(b), "X-Packetwalk-Token", sv.Token, "Content-Type", "application/json")
		if line == "nonsense" {
			if status != 422 {
				t.Errorf("%s: status %d", line, status)
			}
			continue
		}
		if got != string(want) {
			t.Errorf("after %q the page has another Scene", line)
		}
	}
}

// TestEvents watches the place while another page moves it.
func TestEvents(t *testing.T) {
	sv, url := serve(t, "ping")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, "GET", url+"/scenes?token="+sv.Token, nil)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if ct := res.Header.Get("Content-Type"); ct != "text/event-stream" {
		t.Fatalf("the content type is %q", ct)
	}
	in := bufio.NewReader(res.Body)
	next := func() (sc view.Scene) {
		t.Helper()
		if id, err := in.ReadString('\n'); err != nil || !strings.HasPrefix(id, "id: ") {
			t.Fatal(id, err)
		}
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		in.ReadString('\n')
		if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "data: ")), &sc); err != nil {
			t.Fatal(err)
		}
		return sc
	}
	first := next()
	request(t, "POST", url+"/do", `{"verb":"seek","n":4}`, "X-Packetwalk-Token", sv.Token, "Content-Type", "application/json")
	if got := next(); got.Packet != 4 || first.Packet == 4 {
		t.Errorf("packet %d then %d, want another and then 4", first.Packet, got.Packet)
	}
}
