package tui

// words are the keys by the Command that each sends, as a line of words: what
// lessons need to say which key to press (view.Session.UseKeys).
func (m *Keymap) words() map[string]string {
	list := map[string]string{}
	for _, k := range m.Keys {
		word := string(k.Cmd.Verb)
		if k.Cmd.Expr != "" {
			word += " " + k.Cmd.Expr
		}
		if word != "" && list[word] == "" && len(k.Keys) > 0 {
			list[word] = keyLabel(k.Keys[0])
		}
	}
	return list
}
