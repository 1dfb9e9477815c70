package routes

import (
	"bytes"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/lab"
)

// runModel carries a case out in the model. The error is a limit that it ran into.
func runModel(c *Case) ([]Answer, error) {
	w := stack.NewWorld(1)
	l := lab.NewLab(w, w.AddHost("host"))
	var out bytes.Buffer
	l.Stdout, l.Stderr = &out, &out
	_, err := l.Run("case.sh", c.script())
	return c.answers(out.String()), err
}
