package tui

import (
	"strings"
	"testing"
)

// TestApplyKeys takes other keys, and says what is wrong with wrong ones.
func TestApplyKeys(t *testing.T) {
	m, err := ApplyKeys(map[string]string{"next-drop": "ctrl+n x", "quit": "f10"})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"ctrl+n": "next-drop", "x": "next-drop", "f10": "quit", "ctrl+c": "quit", "l": "forward"} {
		if k := m.lookup(key); k == nil || k.Name != want {
			t.Errorf("%s is %v, want %s", key, k, want)
		}
	}
	for _, free := range []string{"d", "q"} {
		if k := m.lookup(free); k != nil {
			t.Errorf("%s still is %s", free, k.Name)
		}
	}
	if m.keyOf("next-drop") != "ctrl+n" || defaultKeys.keyOf("next-drop") != "d" {
		t.Error("the table as it is was changed")
	}
	for _, c := range []struct{ name, keys, says string }{
		{"next-dorp", "x", `there is no "next-dorp"`},
		{"next-drop", " ", "next-drop needs a key"},
		{"next-drop", "l", `"l" is both forward and next-drop`},
		{"next-drop", "xy", `"xy" is no key`},
		{"next-drop", "ctrl+", `"ctrl+" is no key`},
		{"next-drop", "\x1b[2J", "is no key"},
		{"help", "ctrl+c", `"ctrl+c" is both`},
	} {
		_, err := ApplyKeys(map[string]string{c.name: c.keys})
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.ContainsRune(err.Error(), 0x1b) {
			t.Errorf("%q = %q: error %v, want one that says %q", c.name, c.keys, err, c.says)
		}
	}
	names := map[string]bool{}
	for _, n := range KeyNames() {
		if names[n] || n == "" {
			t.Errorf("the name %q twice", n)
		}
		names[n] = true
	}
}

// TestOtherKeys: the footer and the help show the keys that were chosen.
func TestOtherKeys(t *testing.T) {
	m := model(scene(t, "drop"), 120, 40)
	m.local.keys, _ = ApplyKeys(map[string]string{"next-drop": "f4", "help": "f1"})
	m.paint()
	if g := m.grid.Lines(); !strings.Contains(g, "f4 drop") || !strings.Contains(g, "f1 help") {
		t.Error(g)
	}
	m.help = true
	m.paint()
	if g := m.grid.Lines(); !strings.Contains(g, "f4               next drop") {
		t.Error(g)
	}
}
