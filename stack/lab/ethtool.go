package lab

func init() { extra["ethtool"] = ethtool }

// ethtool is ethtool(8).
func ethtool(p *Proc, a []string) int {
	w := a[1:]
	if len(w) >= 2 && w[0] == "-K" {
		d := p.host.NS.DevByName(w[1])
		if d == nil {
			p.errf("netlink error: no device matches name (offset 24)\nnetlink error: No such device\n")
			return 1
		}
		for w = w[2:]; len(w) >= 2; w = w[2:] {
			bit, ok := features[w[0]]
			if !ok {
				p.errf("not modelled: the feature %s\n", w[0])
				return 1
			}
			switch w[1] {
			case "on":
				d.Features |= bit
			case "off":
				d.Features &^= bit
			default:
				p.errf("ethtool: bad command line argument(s)\nFor more information run ethtool -h\n")
				return 1
			}
		}
		return 0
	}
	p.errf("not modelled: ethtool %v\n", w)
	return 1
}
