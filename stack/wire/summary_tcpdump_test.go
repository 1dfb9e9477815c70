package wire

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// capture is a classic pcap file, as far as these tests need it.
type capture struct {
	link   LinkKind
	frames [][]byte
	orig   []int
}

func readCapture(b []byte) (c capture, ok bool) {
	if len(b) < 24 {
		return c, false
	}
	var o binary.ByteOrder = binary.LittleEndian
	if m := o.Uint32(b); m != 0xa1b2c3d4 && m != 0xa1b23c4d {
		o = binary.BigEndian
		if m := o.Uint32(b); m != 0xa1b2c3d4 && m != 0xa1b23c4d {
			return c, false
		}
	}
	c.link = LinkKind(o.Uint32(b[20:]))
	for b = b[24:]; len(b) >= 16; {
		n := int(o.Uint32(b[8:]))
		if n < 0 || n > len(b)-16 {
			break
		}
		c.frames = append(c.frames, b[16:16+n])
		c.orig = append(c.orig, int(o.Uint32(b[12:])))
		b = b[16+n:]
	}
	return c, true
}

func writeCapture(link LinkKind, frames [][]byte) []byte {
	var w bytes.Buffer
	put := func(v ...uint32) { _ = binary.Write(&w, binary.LittleEndian, v) }
	put(0xa1b2c3d4, 2|4<<16, 0, 0, 262144, uint32(link))
	for i, f := range frames {
		put(uint32(i), 0, uint32(len(f)), uint32(len(f)))
		w.Write(f)
	}
	return w.Bytes()
}

// tcpdumpLines returns what tcpdump -n says of a capture file, one line a frame.
func tcpdumpLines(t *testing.T, file string) []string {
	out, _ := exec.Command("tcpdump", "-n", "-tt", "-S", "-r", file).Output()
	var lines []string
	stamp := regexp.MustCompile(`^\d+\.\d+ `)
	for _, s := range strings.Split(string(out), "\n") {
		if m := stamp.FindString(s); m != "" {
			lines = append(lines, s[len(m):])
		}
	}
	return lines
}

// TestSummaryCaptures compares Summary with tcpdump on the Ethernet captures
// under the directory $PACKETWALK_CAPTURES. It logs the share of equal lines;
// $PACKETWALK_SHOW=n logs that many differences too.
func TestSummaryCaptures(t *testing.T) {
	dir := os.Getenv("PACKETWALK_CAPTURES")
	if dir == "" {
		t.Skip("PACKETWALK_CAPTURES is not set: no captures to compare on")
	}
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip("tcpdump is not installed")
	}
	only := regexp.MustCompile(os.Getenv("PACKETWALK_ONLY"))
	vlan := regexp.MustCompile(`^(vlan \d+, p \d(, DEI)?, )+`)
	total, equal, start, show := 0, 0, 0, len(os.Getenv("PACKETWALK_SHOW"))*400
	kinds := map[string][2]int{}
	files := 0
	_ = filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil
		}
		b, err := os.ReadFile(p)
		if err != nil || len(b) > 2<<20 {
			return nil
		}
		c, ok := readCapture(b)
		if !ok || c.link != LinkEthernet || len(c.frames) == 0 {
			return nil
		}
		want := tcpdumpLines(t, p)
		if len(want) != len(c.frames) {
			return nil
		}
		files++
		for i, f := range c.frames {
			got := vlan.ReplaceAllString(Summary(f, c.link, c.orig[i]), "")
			w := strings.TrimRight(want[i], " ")
			kind := kindOf(f)
			if !only.MatchString(kind) {
				continue
			}
			n := kinds[kind]
			total++
			n[1]++
			if strings.TrimRight(got, " ") == w {
				equal++
				n[0]++
			} else if strings.HasPrefix(w, got+":") {
				start++ // tcpdump goes on with what an application says
			} else if show > 0 && i < 40 {
				show--
				t.Logf("%s #%d\n got %s\nwant %s", filepath.Base(p), i+1, got, w)
			}
			kinds[kind] = n
		}
		return nil
	})
	t.Logf("%d files, %d of %d lines equal, %d more equal up to the payload", files, equal, total, start)
	for k, n := range kinds {
		t.Logf("%-12s %6d of %6d", k, n[0], n[1])
	}
	if total > 0 && equal*100 < total*60 {
		t.Errorf("only %d of %d lines are equal to tcpdump's", equal, total)
	}
}

// kindOf is the last header of a frame that Layout knows.
func kindOf(f []byte) string {
	k := "none"
	for _, s := range Layout(f, LinkEthernet) {
		if s.Kind != HdrPayload && s.Kind != HdrTrailer {
			k = s.Name
		}
		if s.Kind == HdrICMP || s.Kind == HdrICMPv6 {
			break
		}
	}
	return k
}
