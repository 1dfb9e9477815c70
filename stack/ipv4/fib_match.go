package ipv4

// What `ip route get` asks besides a route (inet_rtm_getroute).

import "github.com/packetwalk/packetwalk/stack/core"

// Match is the route of a table that a flow takes, as `ip route get fibmatch`
// shows it; the errors are those of a lookup.
func (ip *IPv4) Match(fl *Flow4) (Route, core.Errno) {
	var res fibResult
	f := *fl
	if err := ip.lookup(&f, &res, 0); err != 0 {
		return Route{}, err
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
