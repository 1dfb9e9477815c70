package tui

import (
	"fmt"
	"os"
	"testing"
)

func TestShot(t *testing.T) {
	dir := os.Getenv("SHOT")
	if dir == "" {
		t.Skip()
	}
	for _, n := range sceneNames {
		for _, z := range sizes {
			m := model(scene(t, n), z[0], z[1])
			m.paint()
			os.WriteFile(fmt.Sprintf("%s/%s_%d.ans", dir, n, z[0]), []byte(m.grid.String(&darkTheme)), 0o666)
			os.WriteFile(fmt.Sprintf("%s/%s_%d_light.ans", dir, n, z[0]), []byte(m.grid.String(&lightTheme)), 0o666)
		}
	}
}
