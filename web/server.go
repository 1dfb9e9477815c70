package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/packetwalk/packetwalk/stack/view"
)

//go:embed static
var static embed.FS

// A Key is one row of the table of keys: what the terminal's keys send, so that
// the page's do the same.
type Key struct {
	Keys  []string     `json:"keys"`          // as the terminal names them; the first is shown
	Cmd   view.Command `json:"cmd"`           // what is sent; without a verb Does says it
	Does  string       `json:"does"`          // what the page itself does: play, help, pane, …
	Ask   string       `json:"ask,omitempty"` // what is asked for before the command is sent
	Short string       `json:"short,omitempty"`
	Help  string       `json:"help"`
	Group string       `json:"group"`
}

// maxCommand is how many bytes a command may take.
const maxCommand = 4 << 10

// A Server shows one Session to browsers on this machine. All of them see the
// same place, as a class sees one screen.
type Server struct {
	Token string // what the address must hold; 32 hexadecimal digits

	s    *view.Session
	keys []Key
	host string // the address that is served, "127.0.0.1:8042"
	mux  *http.ServeMux

	mu     sync.Mutex
	closed bool
	eyes   map[chan shown]bool // who watches: each has room for one Scene, the latest
	last   shown
}

// A shown is a Scene, and its number: a page that gets one by two ways draws
// none that is older than what it has.
type shown struct {
	scene []byte
	n     int
}

// New returns a Server of a Session. host is the address that it will be
// reached at: requests for another are refused (so that no name that leads here
// can be used from another origin).
func New(s *view.Session, keys []Key, host string) (*Server, error) {
	token := make([]byte, 16)
	if _, err := rand.Read(token); err != nil {
		return nil, fmt.Errorf("no random token: %w", err)
	}
	sv := &Server{Token: hex.EncodeToString(token), s: s, keys: keys, host: host, mux: http.NewServeMux(), eyes: map[chan shown]bool{}}
	files, err := fs.Sub(static, "static")
	if err != nil {
		return nil, err
	}
	sv.mux.Handle("GET /", http.FileServerFS(files))
	sv.mux.HandleFunc("GET /scenes", sv.token(sv.scenes))
	sv.mux.HandleFunc("GET /keys", sv.token(sv.table))
	sv.mux.HandleFunc("POST /do", sv.token(sv.do))
	return sv, nil
}

// Address is where the page is, its token included.
func (sv *Server) Address() string { return "http://" + sv.host + "/#" + sv.Token }

// ServeHTTP lets in who asks for this very address, from this very origin.
func (sv *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'self'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.Host != sv.host {
		http.Error(w, "this is not "+sv.host, http.StatusMisdirectedRequest)
		return
	}
	if o := r.Header.Get("Origin"); o != "" && o != "http://"+sv.host {
		http.Error(w, "no other origin is accepted", http.StatusForbidden)
		return
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		if r.Method != http.MethodGet || r.URL.Path != "/" {
			http.Error(w, "no other origin is accepted", http.StatusForbidden)
			return
		}
	}
	sv.mux.ServeHTTP(w, r)
}

// token asks for the token: in the header, or where a header cannot be set
// (server-sent events) in the query.
func (sv *Server) token(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t := r.Header.Get("X-Packetwalk-Token")
		if t == "" && r.Method == http.MethodGet {
			t = r.URL.Query().Get("token")
		}
		if subtle.ConstantTimeCompare([]byte(t), []byte(sv.Token)) != 1 {
			http.Error(w, "the token is wrong: open the address that packetwalk printed", http.StatusForbidden)
			return
		}
		next(w, r)
	}
}

func (sv *Server) table(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(sv.keys)
}

// do carries out a Command and answers with the Scene that it led to.
func (sv *Server) do(w http.ResponseWriter, r *http.Request) {
	if ct := r.Header.Get("Content-Type"); ct != "application/json" {
		http.Error(w, "a command is application/json", http.StatusUnsupportedMediaType)
		return
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxCommand))
	d.DisallowUnknownFields()
	var c view.Command
	if err := d.Decode(&c); err != nil {
		http.Error(w, "no command: "+view.Clean(err.Error()), http.StatusBadRequest)
		return
	}
	if c.Verb == "line" { // typed by a reader
		var err error
		if c, err = view.Parse(c.Expr); err != nil {
			http.Error(w, view.Clean(err.Error()), http.StatusUnprocessableEntity)
			return
		}
	}
	if c.Verb != "" {
		sv.s.Do(c) // what went wrong is in the Scene's notice
	}
	v, err := sv.show()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Packetwalk-Scene", strconv.Itoa(v.n))
	w.Write(v.scene)
}

// show makes the Scene and hands it to all who watch.
func (sv *Server) show() (shown, error) {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	b, err := json.Marshal(sv.s.Scene())
	if err != nil {
		return shown{}, err
	}
	if bytes.Equal(b, sv.last.scene) {
		return sv.last, nil
	}
	v := shown{b, sv.last.n + 1}
	sv.last = v
	for c := range sv.eyes {
		select {
		case <-c: // it has not taken the one before: only the latest matters
		default:
		}
		c <- v
	}
	return v, nil
}

// maxEyes is how many pages may watch at a time.
const maxEyes = 64

// scenes sends every new Scene as an event.
func (sv *Server) scenes(w http.ResponseWriter, r *http.Request) {
	out, ok := w.(http.Flusher)
	if !ok {
		http.Error(w, "events cannot be sent", http.StatusInternalServerError)
		return
	}
	v, err := sv.show()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	c := make(chan shown, 1)
	sv.mu.Lock()
	if sv.closed || len(sv.eyes) >= maxEyes {
		sv.mu.Unlock()
		http.Error(w, "too many pages watch", http.StatusServiceUnavailable)
		return
	}
	sv.eyes[c] = true
	sv.mu.Unlock()
	defer func() {
		sv.mu.Lock()
		delete(sv.eyes, c)
		sv.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		if _, err := fmt.Fprintf(w, "id: %d\ndata: %s\n\n", v.n, v.scene); err != nil {
			return
		}
		out.Flush()
		select {
		case v, ok = <-c:
			if !ok {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

// Index makes the index, slice by slice, and shows how far it has come.
func (sv *Server) Index(ctx context.Context) error {
	shown, n := time.Time{}, 64
	for ctx.Err() == nil {
		t := time.Now()
		done, err := sv.s.Advance(n)
		switch d := time.Since(t); {
		case d > 20*time.Millisecond:
			n = max(1, n/2)
		case d < 5*time.Millisecond:
			n = min(2*n, 1<<14)
		}
		if done || err != nil || time.Since(shown) > 250*time.Millisecond {
			shown = time.Now()
			if _, err := sv.show(); err != nil {
				return err
			}
		}
		if done || err != nil {
			return err
		}
	}
	return nil
}

// close ends all that is being watched.
func (sv *Server) close() {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	sv.closed = true
	for c := range sv.eyes {
		close(c)
		delete(sv.eyes, c)
	}
}

// Serve shows a Session on 127.0.0.1 until ctx ends. port 0 takes a free one.
// The address is written to out when it can be opened.
func Serve(ctx context.Context, out io.Writer, s *view.Session, keys []Key, port int) error {
	ln, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return fmt.Errorf("port %d cannot be used: %w", port, err)
	}
	sv, err := New(s, keys, ln.Addr().String())
	if err != nil {
		ln.Close()
		return err
	}
	hs := &http.Server{Handler: sv, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	bad := make(chan error, 1)
	go func() { bad <- sv.Index(ctx) }()
	go func() {
		<-ctx.Done()
		sv.close()
		end, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		hs.Shutdown(end)
	}()
	fmt.Fprintf(out, "%s\nOpen this address in a browser on this machine. Ctrl-C ends it.\n", sv.Address())
	if err := hs.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	select {
	case err := <-bad:
		if err != nil && !errors.Is(err, context.Canceled) {
			return errors.New(strings.TrimSpace(err.Error()))
		}
	case <-time.After(time.Second):
	}
	return nil
}
