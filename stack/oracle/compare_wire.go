package oracle

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// compareWire compares the frames that were sent, device by device.
func compareWire(want Host, got Facts) []string {
	w, g := describe(want.Inputs, want.Sent), describe(want.Inputs, got.Frames)
	var devs []string
	for d := range w {
		devs = append(devs, d)
	}
	for d := range g {
		if w[d] == nil {
			devs = append(devs, d)
		}
	}
	sort.Strings(devs)
	var out []string
	for _, dev := range devs {
		if !slices.Contains(want.Captured, dev) {
			continue
		}
		a, b := w[dev], g[dev]
		for _, p := range align(len(a), len(b), func(i, j int) bool { return frameDiff(a[i].fields, b[j].fields) == "" }) {
			switch {
			case p.got < 0:
				s := a[p.want].sent
				out = append(out, fmt.Sprintf("frame %d on %s is missing, kernel sent at %s: %s", p.want+1, dev, ms(s.At), FrameLine(s.Bytes)))
			case p.want < 0:
				s := b[p.got].sent
				out = append(out, fmt.Sprintf("frame %d on %s is one too many, at %s: %s", p.got+1, dev, ms(s.At), FrameLine(s.Bytes)))
			default:
				out = append(out, fmt.Sprintf("frame %d on %s: %s", p.got+1, dev, frameDiff(a[p.want].fields, b[p.got].fields)))
			}
		}
	}
	return out
}

// frameDiff names the fields in which two frames differ.
func frameDiff(want, got []Field) string {
	get := func(l []Field, n string) (string, bool) {
		for _, f := range l {
			if f.Name == n {
				return f.Value, true
			}
		}
		return "", false
	}
	var out []string
	for _, n := range union(want, got) {
		w, wok := get(want, n)
		g, gok := get(got, n)
		switch {
		case w == g && wok == gok:
		case !wok:
			out = append(out, fmt.Sprintf("%s %s, which kernel's has not", n, short(g)))
		case !gok:
			out = append(out, fmt.Sprintf("no %s, kernel sent %s", n, short(w)))
		case len(w)+len(g) > 64:
			i := 0
			for i < len(w) && i < len(g) && w[i] == g[i] {
				i++
			}
			out = append(out, fmt.Sprintf("%s differs from byte %d on: …%s (%d bytes), kernel sent …%s (%d bytes)", n, i/2, short(g[i&^1:]), len(g)/2, short(w[i&^1:]), len(w)/2))
		default:
			out = append(out, fmt.Sprintf("%s %s, kernel sent %s", n, orNone(g), orNone(w)))
		}
		if len(out) == 4 {
			break
		}
	}
	return strings.Join(out, "; ")
}

func short(s string) string {
	if len(s) > 24 {
		return s[:24] + "…"
	}
	return s
}
