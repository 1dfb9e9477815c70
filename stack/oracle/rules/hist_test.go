package rules

import ("testing";"strings";"sort";"fmt")

func TestHist(t *testing.T) {
	h := map[string]int{}
	ex := map[string]string{}
	n := 0
	for s := int64(0); s < 600; s++ {
		c := Make("nft", s, 1)
		r, _ := (&model{}).run(c)
		if r.Refused != "" {
			n++
			l := strings.SplitN(r.Refused, "\n", 3)
			e := l[0][strings.Index(l[0], "Error"):]
			h[e]++
			ex[e] = l[1]
		} else if r.Without != "" { h[r.Without]++ }
	}
	var k []string
	for e := range h { k = append(k, e) }
	sort.Slice(k, func(i, j int) bool { return h[k[i]] > h[k[j]] })
	for _, e := range k { fmt.Println(h[e], e, ex[e]) }
	t.Log(n)
}
