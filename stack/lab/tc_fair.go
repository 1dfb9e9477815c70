package lab

// tcFairKind finds the disciplines that share a link fairly or spoil it.
func tcFairKind(name string) *tcKind {
	switch name {
	case "fq":
		return &tcKind{tcParseFq, tcShowFq, tcStatsFq}
	case "netem":
		return &tcKind{tcParseNetem, tcShowNetem, nil}
	case "codel":
		return &tcKind{tcParseCodel, tcShowCodel, tcStatsCodel}
	case "fq_codel":
		return &tcKind{tcParseCodel, tcShowCodel, tcStatsFqCodel}
	}
	return nil
}
