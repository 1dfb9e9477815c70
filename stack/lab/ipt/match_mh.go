package ipt

var mhNames = []struct {
	name string
	v    uint8
}{{"binding-refresh-request", 0}, {"brr", 0}, {"home-test-init", 1}, {"hoti", 1}, {"careof-test-init", 2}, {"coti", 2}, {"home-test", 3}, {"hot", 3},
	{"careof-test", 4}, {"cot", 4}, {"binding-update", 5}, {"bu", 5}, {"binding-acknowledgement", 6}, {"ba", 6}, {"binding-error", 7}, {"be", 7}}

func (c *call) mhType(s string) uint8 {
	at := -1
	for i, n := range mhNames {
		if hasPrefixFold(n.name, s) && (at < 0 || len(n.name) == len(s)) {
			at = i
		}
	}
	if at >= 0 {
		return mhNames[at].v
	}
	v, ok := whole(s, 0, 255)
	if !ok {
		c.bad("Invalid MH type `%s'", s)
	}
	return uint8(v)
}

func (w *view) mhType(v uint8) string {
	if !w.numeric {
		for _, n := range mhNames {
			if n.v == v {
				return n.name
			}
		}
	}
	var b buf
	b.f("%d", v)
	return b.String()
}
