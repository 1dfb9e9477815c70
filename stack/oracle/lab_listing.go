package oracle

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// table makes a listing comparable: it takes packets of the background out of a
// device's counters, and leaves out whether an address is still being looked
// for, which is a matter of a random time.
func table(h *HostFacts, c, s string) string {
	if strings.HasPrefix(c, "conntrack -L") || c == "ip neigh" { // in the order of a hash that has a random key
		l := strings.Split(s, "\n")
		sort.Strings(l)
		return strings.Join(l, "\n")
	}
	if c == "ss -tuna" { // the same
		l := strings.Split(s, "\n")
		sort.Strings(l[1:])
		return strings.Join(l, "\n")
	}
	if c == "ip addr" {
		return strings.ReplaceAll(s, " tentative", "")
	}
	if c == "ip -6 route show table all" {
		var out []string
		for _, l := range strings.Split(s, "\n") {
			if !strings.HasPrefix(l, "local fe80::") && !strings.HasPrefix(l, "anycast fe80::") { // there when nobody has the address
				out = append(out, l)
			}
		}
		sort.Strings(out) // which device's link-local route comes first is a matter of its carrier
		return strings.Join(out, "\n")
	}
	if c != "ip -s link" {
		return s
	}
	packets, bytes, groups := map[string]int{}, map[string]int{}, map[string]int{}
	bridges := map[string]bool{}
	w := strings.Fields(s)
	for i := range w {
		if w[i] == "master" && i+1 < len(w) {
			bridges[w[i+1]] = true
		}
	}
	for _, f := range h.Frames {
		if background(FrameLine(f.Bytes)) {
			k := fmt.Sprint(f.Dev, f.Out)
			packets[k]++
			bytes[k] += len(f.Bytes)
			if bridges[f.Dev] && !f.Out { // br_pass_frame_up counts without the link header, and who is asked for
				bytes[k] -= min(len(f.Bytes), 14)
				groups[k]++
			}
		}
	}
	lines := strings.Split(s, "\n")
	dev := ""
	for i, l := range lines {
		w := strings.Fields(l)
		switch {
		case len(w) > 1 && !strings.HasPrefix(l, " "):
			dev, _, _ = strings.Cut(strings.TrimSuffix(w[1], ":"), "@")
		case len(w) > 2 && (w[0] == "RX:" || w[0] == "TX:") && i+1 < len(lines):
			v := strings.Fields(lines[i+1])
			k := fmt.Sprint(dev, w[0] == "TX:")
			for j, less := range []int{bytes[k], packets[k], 0, 0, 0, groups[k]} {
				if j >= len(v) {
					break
				}
				if n, err := strconv.Atoi(v[j]); err == nil {
					v[j] = strconv.Itoa(n - less)
				}
			}
			lines[i+1] = "    " + strings.Join(v, " ")
		}
	}
	return strings.Join(lines, "\n")
}
