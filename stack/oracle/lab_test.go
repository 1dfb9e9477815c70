package oracle

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// onlyLab is a lab whose differences are printed in full.
var onlyLab = flag.String("lab", "", "print all that differs in this lab")

// labDir is where the labs and their recordings are.
const labDir = "../../lessons/labs"

// Every lab that has a recording of the real kernel is run in the model, and
// lab_agreement.txt lists all that differs. The test fails when the file says
// something else than what is true now.
func TestLabs(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(labDir, "*.facts.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no recordings of labs (%v)", err)
	}
	var lines []Line
	facts, whole := 0, 0
	for _, file := range files {
		want, err := ReadLab(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".facts.json")
		text, err := os.ReadFile(filepath.Join(labDir, name+".sh"))
		if err != nil {
			t.Errorf("%s has no script", file)
			continue
		}
		_, fs, err := RunAgainst(want.Lab, string(text), want)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		agrees := true
		for _, f := range fs {
			facts += f.Same
			for _, d := range f.Diff {
				if *onlyLab == name {
					fmt.Printf("%s %s: %s\n", f.Host, f.Name, d)
				}
			}
			if len(f.Diff) == 0 {
				continue
			}
			agrees = false
			host := f.Host
			if host == "" {
				host = "script"
			}
			lines = append(lines, Line{name, host, f.Name, Differs, one(fmt.Sprintf("%d: %s", len(f.Diff), f.Diff[0])), ""})
		}
		if agrees {
			whole++
		}
	}
	t.Logf("%d facts agree; in %d of %d labs all do", facts, whole, len(files))
	head := fmt.Sprintf("# What differs between Linux 6.18 and the model in the bundled labs; what is not listed agrees.\n# The test writes this file (-update) and fails when it no longer tells the truth.\n# lab | namespace | family | differs | how many, and the first | a person's note\n# In %d of %d labs everything agrees.\n", whole, len(files))
	if err := checkLines("lab_agreement.txt", head, lines, *update); err != nil {
		t.Error(err)
	}
}

// checkLines compares a table in a file with the truth, or writes it; notes stay
// with their lines.
func checkLines(path, head string, now []Line, update bool) error {
	old, err := os.ReadFile(path)
	if err != nil && !update {
		return err
	}
	then, err := Parse(string(old))
	if err != nil {
		return err
	}
	text := head
	for _, l := range now {
		i := slices.IndexFunc(then, func(w Line) bool {
			return w.Scenario == l.Scenario && w.Host == l.Host && w.Section == l.Section
		})
		if i >= 0 {
			l.Note = then[i].Note
		}
		cells := []string{l.Scenario, l.Host, l.Section, l.Verdict, l.Why, l.Note}
		text += strings.TrimSuffix(strings.Join(cells, " | "), " | ") + "\n"
	}
	if update {
		return os.WriteFile(path, []byte(text), 0o644)
	}
	if text != string(old) {
		return fmt.Errorf("%s does not tell the truth: run the test with -update, and look at what changed", path)
	}
	return nil
}

// What is written is read back the same.
func TestLabFile(t *testing.T) {
	f := &LabFacts{Lab: "a.sh", Kernel: "6.18", Traced: true, Status: 3, Stdout: "out\n", Stderr: "err\n", Sysctl: map[string]string{"a": "b"}, Hosts: []HostFacts{{
		Name: "h1", Frames: []LabFrame{{At: 5000, Dev: "eth0", Out: true, Partial: true, Bytes: []byte{1, 2}}}, Steps: []LabStep{{Drop("NO_SOCKET", "udp_rcv", "a > b"), []string{"f", "g"}}},
		NFT: [][]NFTStep{{{At: "inet a b", Type: "rule", Rule: "accept", Verdict: "accept"}}}, CT: []string{"[NEW] udp"}, MIB: map[string]int64{"IpInReceives": 1}, Tables: map[string]string{"ip rule": "0:\n"}, MACs: map[string]string{"02:00:00:00:00:01": "eth0"}}}}
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var g LabFacts
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprintf("%+v", *f), fmt.Sprintf("%+v", g); a != b {
		t.Errorf("\n got %s\nwant %s", b, a)
	}
	if d := CompareLab(f, &g); !Agree(d) {
		t.Errorf("it differs from itself: %v", d)
	}
}

// FuzzLabFile: what others wrote never panics.
func FuzzLabFile(f *testing.F) {
	f.Add([]byte(`{"lab":"a","texts":["x"],"hosts":[{"name":"h","frames":[[0,1,2,0]],"steps":[[0,0]],"nft":[[0]]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var l LabFacts
		if json.Unmarshal(b, &l) == nil {
			CompareLab(&l, &l)
			_ = l.Print()
		}
	})
}

// TestNatPorts: a source port that NAT drew is compared by its class only; one that it
// kept, or that a rule names for the other direction, as it is.
func TestNatPorts(t *testing.T) {
	f := &LabFacts{Hosts: []HostFacts{{CT: []string{
		"[NEW] udp timeout=30 src=10.0.3.10 dst=10.0.2.10 sport=4000 dport=9000 [UNREPLIED] src=10.0.2.10 dst=10.0.2.1 sport=9000 dport=6859",
		"[NEW] udp timeout=30 src=10.0.3.10 dst=10.0.2.10 sport=600 dport=9002 [UNREPLIED] src=10.0.2.10 dst=10.0.2.1 sport=9002 dport=993",
		"[NEW] tcp timeout=120 src=10.0.3.10 dst=10.0.2.1 sport=4001 dport=8080 [UNREPLIED] src=10.0.2.10 dst=10.0.3.10 sport=80 dport=4001",
	}}}}
	n := labNorm(f)
	for _, tt := range [][2]string{
		{"tx eth1 pkt [10.0.2.1:6859 > 10.0.2.10:9000 UDP len 2 ttl 63]", "tx eth1 pkt [10.0.2.1:eph > 10.0.2.10:9000 UDP len 2 ttl 63]"},
		{"sport=9002 dport=993 mark=0", "sport=9002 dport=nat<1024 mark=0"},
		{"10.0.3.10:4001 > 10.0.2.1:8080", "10.0.3.10:4001 > 10.0.2.1:8080"},
		{"10.0.3.10:600 > 10.0.2.10:9002", "10.0.3.10:600 > 10.0.2.10:9002"},
	} {
		if got := n.text(tt[0]); got != tt[1] {
			t.Errorf("%q becomes %q, want %q", tt[0], got, tt[1])
		}
	}
	if got := n.port("6859") + " " + n.port("9000") + " " + n.port("40000"); got != "eph 9000 eph" {
		t.Errorf("ports become %q", got)
	}
}
