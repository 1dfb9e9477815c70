package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/packetwalk/packetwalk/stack/step"
)

// exitStatus is the annotation of a command that says what its exit statuses
// mean, if they mean something of their own.
const exitStatus = "exit status"

// statuses are what the exit statuses of a command mean.
func statuses(c *cobra.Command) string {
	if s := c.Annotations[exitStatus]; s != "" {
		return s
	}
	return "0 done, 1 it could not be done (a bad input, a full disk), 2 the command line is wrong."
}

// tellStatuses adds the exit statuses to each command's help.
func tellStatuses(c *cobra.Command) {
	if !strings.Contains(c.Long, "Exit status:") && c.Name() != "help" {
		text := c.Long
		if text == "" {
			text = c.Short + "."
		}
		c.Long = text + "\n\nExit status: " + statuses(c)
	}
	for _, sub := range c.Commands() {
		tellStatuses(sub)
	}
}

func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man",
		Short: "Print the manual page",
		Long:  `Print the manual page, for man(1) and whatever reads its macros.`,
		Example: `  packetwalk man | man -l -
  packetwalk man > ~/.local/share/man/man1/packetwalk.1`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return writeMan(c.OutOrStdout(), c.Root()) },
	}
}

// A manWriter writes the macros of man(7). The first error holds.
type manWriter struct {
	w   io.Writer
	err error
}

func (m *manWriter) line(format string, args ...any) {
	if m.err == nil {
		_, m.err = fmt.Fprintf(m.w, format+"\n", args...)
	}
}

// roff writes a text so that nothing in it is a macro.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", "...", "→", `\(->`, "µ", `\(mc`, "×", `\(mu`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

// text writes paragraphs; indented lines stay as they are.
func (m *manWriter) text(s string) {
	kept := false
	for l := range strings.Lines(strings.TrimSpace(s)) {
		l = strings.TrimRight(l, "\n")
		in := strings.HasPrefix(l, "  ")
		switch {
		case l == "":
			m.line(".PP")
			continue
		case in && !kept:
			m.line(".nf")
		case !in && kept:
			m.line(".fi")
		}
		kept = in
		m.line("%s", roff(strings.TrimPrefix(l, "  ")))
	}
	if kept {
		m.line(".fi")
	}
}

// example writes lines as they are, indented.
func (m *manWriter) example(s string) {
	m.line(".RS 4")
	m.line(".nf")
	for l := range strings.Lines(strings.TrimRight(s, "\n")) {
		m.line("%s", roff(strings.TrimPrefix(strings.TrimRight(l, "\n"), "  ")))
	}
	m.line(".fi")
	m.line(".RE")
}

func (m *manWriter) flags(set *pflag.FlagSet) {
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		arg, use := pflag.UnquoteUsage(f)
		name := `\fB` + roff("--"+f.Name) + `\fR`
		if f.Shorthand != "" {
			name = `\fB` + roff("-"+f.Shorthand) + `\fR, ` + name
		}
		if arg != "" {
			name += ` \fI` + roff(arg) + `\fR`
		}
		m.line(".TP")
		m.line("%s", name)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "[]" {
			use += " (default " + f.DefValue + ")"
		}
		m.line("%s", roff(use))
	})
}

// writeMan writes the manual page of a tree of commands.
func writeMan(w io.Writer, root *cobra.Command) error {
	m := &manWriter{w: w}
	m.line(`.TH PACKETWALK 1 "" "packetwalk, Linux %s" "User Commands"`, roff(step.Kernel))
	m.line(".SH NAME")
	m.line("packetwalk \\- %s", roff(strings.ToLower(root.Short[:1])+root.Short[1:]))
	m.line(".SH SYNOPSIS")
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" {
			m.line(".br")
			m.line(`\fBpacketwalk\fR %s`, roff(c.Use))
		}
	}
	m.line(".SH DESCRIPTION")
	long, _, _ := strings.Cut(root.Long, "\n\nExit status:")
	m.text(long)
	m.line(".SH COMMANDS")
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" {
			m.command(c, "packetwalk ")
		}
	}
	m.line(".SH EXIT STATUS")
	m.text(statuses(root) + "\nA command that has statuses of its own says so above.")
	m.line(".SH ENVIRONMENT")
	for _, e := range [...][2]string{
		{"PACKETWALK_THEME, PACKETWALK_DEPTH, PACKETWALK_SPEED, PACKETWALK_MOTION, PACKETWALK_MOUSE, PACKETWALK_ASCII", "the settings of the same names; packetwalk settings lists them"},
		{"NO_COLOR", "if set, no colour is used"},
		{"LC_ALL, LC_CTYPE, LANG", "without UTF-8 in them the screen is drawn in ASCII"},
	} {
		m.line(".TP")
		m.line(`\fB%s\fR`, roff(e[0]))
		m.line("%s", roff(e[1]))
	}
	m.line(".SH FILES")
	for _, e := range [...][2]string{
		{"$XDG_CONFIG_HOME/packetwalk/config", "the settings, in TOML; packetwalk settings --example prints one"},
		{"$XDG_STATE_HOME/packetwalk/", "what packetwalk remembers: recent files, lessons that are done"},
	} {
		m.line(".TP")
		m.line(`\fI%s\fR`, roff(e[0]))
		m.line("%s", roff(e[1]))
	}
	m.line(".SH SEE ALSO")
	m.line(`\fBtcpdump\fR(8), \fBpcap\-filter\fR(7), \fBss\fR(8), \fBip\fR(8), \fBnstat\fR(8)`)
	return m.err
}

// command writes one command, and those below it.
func (m *manWriter) command(c *cobra.Command, before string) {
	m.line(".SS %s", roff(before+c.Use))
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	m.text(text)
	if c.HasAvailableLocalFlags() {
		m.flags(c.LocalFlags())
	}
	if c.Example != "" {
		m.line(".PP")
		m.line("Examples:")
		m.example(c.Example)
	}
	if c.Name() == "completion" {
		return // its shells are told of by its help
	}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			m.command(sub, before+c.Name()+" ")
		}
	}
}
