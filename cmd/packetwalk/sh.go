package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/lessons"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/tui"
)

// shCommand is `packetwalk sh`: the simulated machine's console.
func shCommand() *cobra.Command {
	var seed uint64
	c := &cobra.Command{
		Use:   "sh [LAB [ARGUMENT...]]",
		Short: "A shell on a simulated machine, or a lab script run to its end",
		Long: `A shell on a simulated Linux machine with its network tools: ip, sysctl, ping,
ss, tcpdump and more. Without a script it is a prompt; with one it runs the
script to its end in virtual time and prints what it prints. The exit status is
the script's. No real file is read or written but the script itself, and no
real program runs.`,
		Example: `  packetwalk sh
  packetwalk sh lab.sh
  packetwalk sh two-hosts     a bundled lab (packetwalk lab list)`,
		DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			return shell(c, args, seed)
		},
	}
	c.Flags().SetInterspersed(false)
	c.Flags().Uint64Var(&seed, "seed", 1, "what the random numbers of the world begin with")
	return c
}

// newLab is a fresh machine with a loopback device that is up.
func newLab(seed uint64) *lab.Lab {
	w := stack.NewWorld(seed)
	return lab.NewLab(w, w.AddHost("host"))
}

func shell(c *cobra.Command, args []string, seed uint64) error {
	l := newLab(seed)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	l.Stdout, l.Stderr = out, flushFirst{os.Stderr, out}
	if len(args) == 0 {
		return prompt(l, os.Stdin, out)
	}
	text, err := scriptText(args[0])
	if err != nil {
		return err
	}
	st, err := l.Run(args[0], text, args[1:]...)
	out.Flush()
	if err != nil {
		return err
	}
	return scriptStatus(st)
}

// scriptText is the script of a file, of standard input (-), or of the bundled
// lab of that name.
func scriptText(name string) (string, error) {
	text, err := readScript(name)
	if err != nil && os.IsNotExist(err) {
		if text, ok := lessons.Lab(name); ok {
			return text, nil
		}
	}
	return text, err
}

// maxScript is how long a script may be, in bytes.
const maxScript = 16 << 20

func readScript(name string) (string, error) {
	f := os.Stdin
	if name != "-" {
		var err error
		if f, err = os.Open(name); err != nil {
			return "", err
		}
		defer f.Close()
	}
	b, err := io.ReadAll(io.LimitReader(f, maxScript+1))
	if err != nil {
		return "", err
	}
	if len(b) > maxScript {
		return "", fmt.Errorf("%s: longer than %d bytes", name, maxScript)
	}
	return string(b), nil
}

// prompt reads commands from a terminal, or from a pipe without prompting.
func prompt(l *lab.Lab, in *os.File, out *bufio.Writer) error {
	con := l.NewConsole()
	st, err := in.Stat()
	tty := err == nil && st.Mode()&os.ModeCharDevice != 0
	if tty && term.IsTerminal(in.Fd()) && term.IsTerminal(os.Stdout.Fd()) && os.Getenv("TERM") != "dumb" {
		return edited(l, con, in, out)
	}
	r := bufio.NewReader(in)
	ps := "host# "
	for {
		if tty {
			fmt.Fprint(out, ps)
		}
		out.Flush()
		line, err := r.ReadString('\n')
		if line == "" && err != nil {
			if tty {
				fmt.Fprintln(out)
			}
			return scriptStatus(con.Close())
		}
		if n := len(line); line[n-1] == '\n' {
			line = line[:n-1]
		}
		more, stop := con.Feed(line)
		out.Flush()
		if stop != nil {
			fmt.Fprintln(os.Stderr, stop)
			con.Close()
			con = l.NewConsole()
		}
		if ps = "host# "; more {
			ps = "> "
		}
		if done, status := con.Exited(); done {
			return scriptStatus(status)
		}
	}
}

// edited reads commands with line editing, history and completion.
func edited(l *lab.Lab, con *lab.Console, in *os.File, out *bufio.Writer) error {
	out.Flush()
	r := tui.NewLineReader(in, os.Stdout, os.Getenv, func(line string) (int, []string) { return lab.Complete(line, l.Names("")) })
	ps := "host# "
	for {
		line, err := r.Line(ps)
		switch {
		case errors.Is(err, tui.ErrInterrupted):
			ps = "host# "
			con.Forget()
			continue
		case err != nil:
			return scriptStatus(con.Close())
		}
		more, stop := con.Feed(line)
		out.Flush()
		if stop != nil {
			fmt.Fprintln(os.Stderr, stop)
			con.Close()
			con = l.NewConsole()
		}
		if ps = "host# "; more {
			ps = "> "
		}
		if done, status := con.Exited(); done {
			return scriptStatus(status)
		}
	}
}

// scriptStatus hands a script's status to the caller.
func scriptStatus(st int) error {
	if st == 0 {
		return nil
	}
	return statusError{errSaid, st}
}

// flushFirst keeps standard output and standard error in order.
type flushFirst struct {
	w     io.Writer
	first *bufio.Writer
}

func (f flushFirst) Write(b []byte) (int, error) {
	f.first.Flush()
	return f.w.Write(b)
}
