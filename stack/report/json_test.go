package report

import (
	"encoding/json"
	"strconv"
	"testing"
)

// A count reads as the numbers from 1 on.
func TestCount(t *testing.T) {
	var c count
	for n := 1; n <= 1200; n++ {
		if got := string(c.next()); got != strconv.Itoa(n) {
			t.Fatalf("after %d comes %q", n-1, got)
		}
	}
}

// What is escaped reads as it was, whatever it is; broken UTF-8 as JSON has it.
func TestQuote(t *testing.T) {
	for _, s := range []string{"", "plain", `a "b" \c`, "tab\tnul\x00esc\x1b", "µs €", "cut \xe2\x82"} {
		want, _ := json.Marshal(s)
		for _, b := range [][]byte{quote(nil, s), append(escaped(append([]byte{'"'}, s...), 1), '"')} {
			var got, plain string
			if err := json.Unmarshal(b, &got); err != nil {
				t.Errorf("%q: %s: %v", s, b, err)
			}
			if json.Unmarshal(want, &plain); got != plain {
				t.Errorf("%q became %q, not %q", s, got, plain)
			}
		}
	}
}
