package lab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack"
)

// A tcCase is one case of the kernel's own tests of tc (tools/testing/selftests/tc-testing).
type tcCase struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Setup    []any  `json:"setup"`
	Cmd      string `json:"cmdUnderTest"`
	Exit     any    `json:"expExitCode"`
	Verify   string `json:"verifyCmd"`
	Pattern  string `json:"matchPattern"`
	Match    any    `json:"matchJSON"`
	Count    any    `json:"matchCount"`
	Teardown []any  `json:"teardown"`
	Skip     string `json:"skip"`
}

// TestKernelTcTesting runs the kernel's tests of tc, from its source tree: what tc and
// the kernel say to commands. A case that needs what is not modelled counts as such.
func TestKernelTcTesting(t *testing.T) {
	tree := os.Getenv("KERNEL_TREE")
	files, _ := filepath.Glob(filepath.Join(tree, "tools/testing/selftests/tc-testing/tc-tests/*/*.json"))
	if tree == "" || len(files) == 0 {
		t.Skip("not compared: KERNEL_TREE names no source tree with tools/testing/selftests/tc-testing")
	}
	sort.Strings(files)
	total := [3]int{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var cases []tcCase
		if err := json.Unmarshal(b, &cases); err != nil {
			t.Logf("%s: %v", f, err)
			continue
		}
		name := filepath.Base(filepath.Dir(f)) + "/" + strings.TrimSuffix(filepath.Base(f), ".json")
		if only := os.Getenv("TC_TESTING"); only != "" && !strings.Contains(name, only) {
			continue
		}
		n := [3]int{}
		var bad strings.Builder
		for i := range cases {
			r, why := cases[i].run(t)
			n[r]++
			total[r]++
			if r == 1 {
				fmt.Fprintf(&bad, "  %s %s: %s\n", cases[i].ID, cases[i].Name, why)
			}
			if r == 2 && os.Getenv("TC_TESTING") != "" {
				fmt.Fprintf(&bad, "  (%s %s: %s)\n", cases[i].ID, cases[i].Name, why)
			}
		}
		t.Logf("%-24s %3d pass %3d fail %3d not modelled\n%s", name, n[0], n[1], n[2], bad.String())
	}
	t.Logf("%d pass, %d fail, %d need what is not modelled", total[0], total[1], total[2])
}

// run is one case on a fresh machine: 0 passes, 1 fails, 2 is not modelled.
func (c *tcCase) run(t *testing.T) (int, string) {
	w := stack.NewWorld(1)
	l := NewLab(w, w.AddHost("host"))
	var out bytes.Buffer
	l.Stdout, l.Stderr = &out, &out
	l.Run("net.sh", "ip netns add other\nip link add v0p0 type veth peer name v0p1\nip link set v0p0 netns other up\nip link set v0p1 up\nip link add dummy1 type dummy\nip link add v0p2 type dummy\nip link set v0p2 up\n")
	names := strings.NewReplacer("$TC", "tc", "$IP", "ip", "$DEV0", "v0p0", "$DEV1", "v0p1", "$DEV2", "v0p2", "$DUMMY", "dummy1", "$NS", "tcut", "$ETH", "eth0", "$BATCH_FILE", "./batch.txt", "$BATCH_DIR", "tmp", "$EBPFDIR", "./")
	do := func(s string) (string, int) {
		out.Reset()
		st, err := l.Run("case.sh", names.Replace(s)+"\n")
		if err != nil {
			return out.String() + err.Error(), 255
		}
		return out.String(), st
	}
	missing := func(s string) bool {
		return strings.Contains(s, "not modelled") || strings.Contains(s, "command not found") || strings.Contains(s, "not found")
	}
	for _, s := range c.Setup {
		cmd, ok := s.(string)
		if l, is := s.([]any); is && len(l) > 0 {
			cmd, ok = l[0].(string)
		}
		if text, _ := do(cmd); ok && missing(text) {
			return 2, text
		}
	}
	text, st := do(c.Cmd)
	if missing(text) && !strings.Contains(text, "TC classifier not found") {
		return 2, strings.TrimSpace(text)
	}
	if want := fmt.Sprint(c.Exit); want != fmt.Sprint(st) {
		return 1, fmt.Sprintf("%s\n    exit status %d, want %s\n    %s", names.Replace(c.Cmd), st, want, strings.TrimSpace(text))
	}
	if c.Match != nil {
		return 0, ""
	}
	text, _ = do(c.Verify)
	if missing(text) {
		return 2, strings.TrimSpace(text)
	}
	re, err := regexp.Compile("(?ms)" + names.Replace(c.Pattern))
	if err != nil {
		return 2, err.Error()
	}
	if n := len(re.FindAllString(text, -1)); fmt.Sprint(n) != fmt.Sprint(c.Count) {
		return 1, fmt.Sprintf("%s\n    %s\n    found %d times, want %v, in\n%s", names.Replace(c.Cmd), names.Replace(c.Pattern), n, c.Count, text)
	}
	return 0, ""
}
