package main

import (
	"errors"
	"fmt"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/lessons"
	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/tui"
	"github.com/packetwalk/packetwalk/web"
)

func webCommand() *cobra.Command {
	var in input
	port, lesson := 0, ""
	c := &cobra.Command{
		Use:   "web [INPUT]",
		Short: "The same walk in a browser on this machine",
		Long: `The same walk in a browser on this machine: the same map, calls, changes and
reasons, the same keys. It is served on 127.0.0.1 only, at an address that holds
a random token; no other origin may ask for it. All pages that are open show the
same place. INPUT is as for walk; without it, the bundled ping.`,
		Example: `  packetwalk web tcp
  packetwalk web my.pcapng --port 8042
  packetwalk web --lesson arp`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			name, of := "ping", (*lessons.Lesson)(nil)
			if len(args) > 0 {
				name = args[0]
			}
			if lesson != "" {
				l, ok := lessons.Lookup(lesson)
				switch {
				case !ok:
					return usageError{fmt.Errorf("no lesson %q: packetwalk lesson lists them", view.Clean(lesson))}
				case len(args) > 0:
					return usageError{errors.New("a lesson brings its own capture: give --lesson or INPUT, not both")}
				}
				name, of = l.Capture, l
			}
			s, k, err := in.session(name)
			if err != nil {
				return err
			}
			defer in.close()
			if of != nil {
				if s, err = view.NewLessonSession(of, k); err != nil {
					return err
				}
				s.OnLessonDone(func(slug string) { _ = lessons.Own().Add(slug) }) // it is only a tick in a list
			}
			keys := webKeys()
			words := map[string]string{}
			for _, k := range keys {
				if word := strings.TrimSpace(string(k.Cmd.Verb) + " " + k.Cmd.Expr); word != "" && words[word] == "" {
					words[word] = k.Keys[0]
				}
			}
			s.UseKeys(words)
			ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return web.Serve(ctx, c.OutOrStdout(), s, keys, port)
		},
	}
	in.flags(c)
	c.Flags().IntVar(&port, "port", 0, "serve on this port (a free one if 0)")
	c.Flags().StringVar(&lesson, "lesson", "", "take this lesson (its `NAME`) in the browser")
	return c
}

// webKeys are the terminal's keys that mean something on a page.
func webKeys() []web.Key {
	does := map[tui.Action]string{
		tui.DoCommand: "send", tui.PlayPause: "play", tui.Faster: "faster", tui.Slower: "slower", tui.ToggleHelp: "help", tui.ClearAll: "clear",
		tui.NextGrain: "send", tui.NextFollow: "send", tui.PromptSeek: "line",
		tui.PromptFilter: "ask", tui.PromptUntil: "ask", tui.PromptWhy: "ask", tui.PromptLook: "ask", tui.PromptBreak: "ask", tui.PromptSearch: "ask", tui.PromptGloss: "ask",
	}
	var list []web.Key
	for _, k := range tui.Keys {
		d, ok := does[k.Action]
		if !ok {
			continue
		}
		w := web.Key{Keys: k.Keys, Cmd: k.Cmd, Does: d, Short: k.Short, Help: k.Help, Group: k.Group}
		if d == "ask" || d == "line" {
			w.Ask = k.Help
		}
		list = append(list, w)
	}
	return list
}
