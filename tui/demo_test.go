package tui

import (
	"os"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

func TestDemo(t *testing.T) {
	if os.Getenv("DEMO") == "" {
		t.Skip()
	}
	m := NewModel(view.New(newToy(60), "toy"), os.Getenv("NO_COLOR") != "")
	if _, err := tea.NewProgram(m).Run(); err != nil {
		t.Fatal(err)
	}
}
