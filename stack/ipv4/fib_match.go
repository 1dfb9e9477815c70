package ipv4

// What `ip route get` asks besides a route (inet_rtm_getroute).

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Match is the route of a table that a flow takes, one of this host if fl.IIF is lo, as `ip route get
// fibmatch` shows it; the errors are those of a lookup, EHOSTUNREACH if no table was
// asked, or none had an answer.
func (ip *IPv4) Match(fl *Flow4) (Route, core.Errno) {
	var res fibResult
	f := *fl
	if fl.IIF != ip.loIndex() { // a packet that comes in: only the tables are asked here
		if err := ip.lookup(&f, &res, 0); err != 0 {
			return Route{}, err
		}
	} else if _, err := ip.routeOutputKeyRcu(&f, nil, &res); err != 0 {
		return Route{}, err
	}
	if res.fi == nil {
		return Route{}, step.EHOSTUNREACH
	}
	for _, fa := range res.node.fa {
		if fa.fi == res.fi {
			return fa.route(), 0
		}
	}
	return Route{}, 0
}

// WillRedirect reports that a packet which came in, and has its route, will go
// back to where it came from: its sender is told so (IPSKB_DOREDIRECT).
func (ip *IPv4) WillRedirect(b *core.SKB) bool { return b.CB.IPFlags&ipskbDoRedirect != 0 }
