package drill

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write google.txt anew")

const (
	checkout = "PACKETWALK_PACKETDRILL" // where google/packetdrill's gtests/net is
	truths   = "../../../shared/packetdrill/results.tsv"
	list     = "google.txt"
)

const listHead = `# google/packetdrill's scripts on the model, beside a real Linux 6.18. The test writes
# this file (-update) and fails when it no longer tells the truth.
# script | mode | agrees, differs, stricter (only the model passes) or unread | what went wrong first | a person's note
`

// flagsOf are the options that the real kernel's runs had, by mode.
func flagsOf(mode string) []Setting {
	var f []Setting
	for _, w := range strings.Fields(map[string]string{
		"ipv4":   "ip_version=ipv4 local_ip=192.168.0.1 gateway_ip=192.168.0.1 netmask_ip=255.255.0.0 remote_ip=192.0.2.1 define=TFO_COOKIE=3021b9d889017eeb define=TFO_COOKIE_ZERO=b7c12350a90dc8f5 define=CODE=host_unreachable define=CMSG_LEVEL_IP=SOL_IP define=CMSG_TYPE_RECVERR=IP_RECVERR",
		"mapped": "ip_version=ipv4-mapped-ipv6 local_ip=192.168.0.1 gateway_ip=192.168.0.1 netmask_ip=255.255.0.0 remote_ip=192.0.2.1 define=TFO_COOKIE=3021b9d889017eeb define=TFO_COOKIE_ZERO=b7c12350a90dc8f5 define=CODE=host_unreachable define=CMSG_LEVEL_IP=SOL_IPV6 define=CMSG_TYPE_RECVERR=IPV6_RECVERR",
		"ipv6":   "ip_version=ipv6 mtu=1520 local_ip=fd3d:0a0b:17d6::1 gateway_ip=fd3d:0a0b:17d6:8888::1 remote_ip=fd3d:fa7b:d17d::1 define=TFO_COOKIE=c1d1e9742a47a9bc define=TFO_COOKIE_ZERO=82af1a8f9a205c34 define=CMSG_LEVEL_IP=SOL_IPV6 define=CMSG_TYPE_RECVERR=IPV6_RECVERR",
	}[mode]) {
		n, v, _ := strings.Cut(w, "=")
		f = append(f, Setting{n, v})
	}
	return f
}

// runFile runs a script of the disk.
func runFile(path, mode string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	r, err := New(filepath.Base(path), string(text), Config{Given: flagsOf(mode)})
	if err != nil {
		return err
	}
	return r.Run()
}

// readTruths is what the real kernel answered, by script and mode.
func readTruths(t *testing.T) map[[2]string]string {
	f, err := os.Open(truths)
	if err != nil {
		t.Skipf("without %s: the real kernel's answers are not here", truths)
	}
	defer f.Close()
	m := map[[2]string]string{}
	for s := bufio.NewScanner(f); s.Scan(); {
		w := strings.Split(s.Text(), "\t")
		if _, name, ok := strings.Cut(w[0], "/tests/"); ok && len(w) == 3 {
			m[[2]string{name, w[1]}] = w[2]
		} else if len(w) == 3 {
			m[[2]string{w[0], w[1]}] = w[2]
		}
	}
	return m
}

// TestGoogle runs google/packetdrill's own scripts, from a checkout beside the
// project, and compares with the real kernel's verdicts.
func TestGoogle(t *testing.T) {
	root := os.Getenv(checkout)
	if root == "" {
		t.Skipf("without %s: google's scripts are not run", checkout)
	}
	m := readTruths(t)
	notes := readNotes(t)
	var rows []string
	agree, all := 0, 0
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(p, ".pkt") {
			return err
		}
		rel, _ := filepath.Rel(root, p)
		rel = filepath.ToSlash(rel)
		for _, mode := range []string{"ipv4", "ipv6", "mapped"} {
			verdict, ok := truthOf(m, rel, mode)
			if !ok {
				continue
			}
			row, good := judge(rel, mode, verdict, runFile(p, mode))
			if strings.HasPrefix(verdict, "PASS") {
				all++
				if good {
					agree++
				}
			}
			if n := notes[rel+" | "+mode]; n != "" && !strings.HasSuffix(row, "| agrees") {
				row += " | " + n
			}
			rows = append(rows, row)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(rows)
	text := listHead + fmt.Sprintf("# %d of the %d that pass on the real kernel pass.\n", agree, all) + strings.Join(rows, "\n") + "\n"
	t.Logf("%d of %d pass", agree, all)
	if *update {
		if err := os.WriteFile(list, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	old, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	if string(old) != text {
		t.Errorf("%s does not tell the truth (-update writes it anew): %s", list, firstDifference(string(old), text))
	}
}

// truthOf finds the verdict on a script by the end of its name.
func truthOf(m map[[2]string]string, rel, mode string) (string, bool) {
	for k, v := range m {
		if k[1] == mode && (k[0] == rel || strings.HasSuffix(k[0], "/"+rel) || strings.HasSuffix(rel, "/"+k[0])) {
			return v, true
		}
	}
	return "", false
}

// judge is a row of the list.
func judge(rel, mode, verdict string, err error) (row string, good bool) {
	row = rel + " | " + mode + " | "
	pass := strings.HasPrefix(verdict, "PASS")
	var syn *SyntaxError
	var cfg *ConfigError
	switch {
	case (err == nil) == pass:
		return row + "agrees", true
	case err == nil:
		return row + "stricter | the real kernel: " + verdict, false
	case errors.As(err, &syn), errors.As(err, &cfg):
		row += "unread"
	default:
		row += "differs"
	}
	what := strings.ReplaceAll(strings.ReplaceAll(err.Error(), "\n", "; "), " | ", "; ")
	return row + " | " + what + " (the real kernel: " + verdict + ")", false
}

// readNotes are what people wrote behind rows.
func readNotes(t *testing.T) map[string]string {
	m := map[string]string{}
	b, err := os.ReadFile(list)
	if err != nil {
		return m
	}
	for _, l := range strings.Split(string(b), "\n") {
		if w := strings.Split(l, " | "); len(w) == 5 {
			m[w[0]+" | "+w[1]] = w[4]
		}
	}
	return m
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(x), len(y)) {
		l, r := "", ""
		if i < len(x) {
			l = x[i]
		}
		if i < len(y) {
			r = y[i]
		}
		if l != r {
			return fmt.Sprintf("line %d:\n%s\n%s", i+1, l, r)
		}
	}
	return ""
}
