package ipv6

import "github.com/packetwalk/packetwalk/stack/core"

// RcvFinish is ip6_rcv_finish, for a hook that skips those behind it
// (ip_sabotage_in).
func (ip *IPv6) RcvFinish(b *core.SKB) { ip.rcvFinish(b) }
