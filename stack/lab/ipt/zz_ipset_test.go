package ipt

import ("os";"testing")

func TestZZ(t *testing.T) {
	b, _ := os.ReadFile("testdata/ipset.txt")
	for _, s := range parseSessions(string(b)) {
		o := s.play()
		for i := range s {
			if d := differ(s[i:i+1], o[i:i+1]); d != "" { t.Error(d) }
		}
	}
}
