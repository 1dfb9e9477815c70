package oracle

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
)

// calls are the calls of a host whose outcome is known: not what merely
// happened to it.
func calls(h Host) []*Call {
	var out []*Call
	for _, in := range h.Inputs {
		if in.Call != nil && in.Call.Op != "carrier" && in.Call.Op != "command" && in.Call.Op != "inject" {
			out = append(out, in.Call)
		}
	}
	return out
}

// compareCalls compares the outcome of each call.
func compareCalls(want Host, got Facts) []string {
	res := map[int]Result{}
	for _, r := range got.Calls {
		res[r.Call] = r
	}
	var out []string
	for _, c := range calls(want) {
		r, ok := res[c.N]
		d := "is not done"
		if ok {
			d = resultDiff(c.Want, r)
		}
		if d != "" {
			out = append(out, fmt.Sprintf("%s at %s: %s", c, ms(c.T), d))
		}
	}
	return out
}

// String is the call for people: "sendto(3, 10.0.1.2:9000, 1 byte)".
func (c Call) String() string {
	switch c.Op {
	case "ping", "command":
		return c.Command
	case "carrier":
		return c.Dev + map[bool]string{true: " gets carrier", false: " loses carrier"}[c.Up]
	case "inject":
		return "inject on " + c.Dev
	case "socket":
		return fmt.Sprintf("%d = socket(%s, %s)", c.FD, c.Family, c.Type)
	}
	s := fmt.Sprintf("%s(%d", c.Op, c.FD)
	for _, x := range []string{c.Opt, c.Addr} {
		if x != "" {
			s += ", " + x
		}
	}
	if len(c.Data) > 0 {
		s += fmt.Sprintf(", %d bytes", len(c.Data))
	}
	return s + ")"
}

func resultDiff(w Want, r Result) string {
	if w.Errno != r.Errno {
		ok := func(e string) string {
			if e == "" {
				return "success"
			}
			return e
		}
		return ok(r.Errno) + ", kernel " + ok(w.Errno)
	}
	if w.Errno != "" {
		return ""
	}
	num := func(what string, w *int64, g int64) string {
		if w == nil || *w == g {
			return ""
		}
		return fmt.Sprintf("%s %d, kernel %d", what, g, *w)
	}
	for _, d := range []string{num("returns", w.Ret, r.Ret), num("value", w.Value, r.Value), num("exit status", w.RC, r.RC), num("sent", w.Sent, r.Sent), num("received", w.Received, r.Received)} {
		if d != "" {
			return d
		}
	}
	if w.Text != nil {
		t := latin1(*w.Text)
		if w.Prefix && !bytes.HasPrefix(r.Data, t) || !w.Prefix && !bytes.Equal(r.Data, t) {
			return fmt.Sprintf("data %q, kernel %q", r.Data, t)
		}
	}
	if w.Addr != "" && w.Addr != r.Addr {
		return fmt.Sprintf("address %s, kernel %s", orNone(r.Addr), w.Addr)
	}
	var names []string
	for k := range w.Info {
		names = append(names, k)
	}
	sort.Strings(names)
	for _, k := range names {
		if v, ok := r.Info[k]; !ok || v != w.Info[k] {
			return fmt.Sprintf("tcp_info %s %d, kernel %d", k, v, w.Info[k])
		}
	}
	if a, b := strings.Join(r.Err, " "), strings.Join(w.Err, " "); a != b {
		return fmt.Sprintf("error queue [%s], kernel [%s]", a, b)
	}
	return ""
}
