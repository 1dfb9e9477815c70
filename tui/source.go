package tui

import "github.com/packetwalk/packetwalk/stack/view"

type walkSource = view.Walk

func newSession(k view.Walk, name string) *view.Session { return view.New(k, name) }
