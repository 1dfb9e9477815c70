package oracle

// sockstat adds what /proc/net/sockstat would say.
func (m *model) sockstat(mib map[string]int64) {
}
