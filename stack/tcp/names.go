package tcp

// The names that a program gives in TCP_CONGESTION.
const (
	renoName  = "reno"
	cubicName = "cubic"
)

// congByName is tcp_ca_find.
func congByName(n string) congOps {
	switch n {
	case renoName:
		return reno{}
	case cubicName:
		return cubic{}
	}
	return nil
}
