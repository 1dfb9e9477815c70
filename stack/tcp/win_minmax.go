package tcp

// minmax is struct minmax of lib/win_minmax.c: the smallest or the largest of a
// sliding window, kept by three samples (Kathleen Nichols' algorithm).
type minmax struct{ s [3]struct{ t, v uint32 } }

func (m *minmax) get() uint32 { return m.s[0].v }

func (m *minmax) reset(t, v uint32) uint32 {
	for i := range m.s {
		m.s[i].t, m.s[i].v = t, v
	}
	return v
}

// min is minmax_running_min.
func (m *minmax) min(win, t, v uint32) uint32 {
	if v <= m.s[0].v || t-m.s[2].t > win {
		return m.reset(t, v)
	}
	if v <= m.s[1].v {
		m.s[2].t, m.s[2].v = t, v
		m.s[1] = m.s[2]
	} else if v <= m.s[2].v {
		m.s[2].t, m.s[2].v = t, v
	}
	return m.update(win, t, v)
}

// max is minmax_running_max.
func (m *minmax) max(win, t, v uint32) uint32 {
	if v >= m.s[0].v || t-m.s[2].t > win {
		return m.reset(t, v)
	}
	if v >= m.s[1].v {
		m.s[2].t, m.s[2].v = t, v
		m.s[1] = m.s[2]
	} else if v >= m.s[2].v {
		m.s[2].t, m.s[2].v = t, v
	}
	return m.update(win, t, v)
}

// update is minmax_subwin_update: as time passes, the second and third choice
// move up.
func (m *minmax) update(win, t, v uint32) uint32 {
	n := struct{ t, v uint32 }{t, v}
	switch dt := t - m.s[0].t; {
	case dt > win:
		m.s[0], m.s[1], m.s[2] = m.s[1], m.s[2], n
		if t-m.s[0].t > win {
			m.s[0], m.s[1], m.s[2] = m.s[1], m.s[2], n
		}
	case m.s[1].t == m.s[0].t && dt > win/4:
		m.s[2] = n
		m.s[1] = n
	case m.s[2].t == m.s[1].t && dt > win/2:
		m.s[2] = n
	}
	return m.s[0].v
}
