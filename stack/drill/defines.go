package drill

// A Define gives a symbol a value: -D CC=cubic, or an option --define in a
// script. The value is a word, a number, "a string" or `a command`.
type Define struct{ Name, Value string }

// Defines are definitions; a later one replaces an earlier one.
type Defines []Define

func (d Defines) get(name string) (string, bool) {
	for i := len(d) - 1; i >= 0; i-- {
		if d[i].Name == name {
			return d[i].Value, true
		}
	}
	return "", false
}
