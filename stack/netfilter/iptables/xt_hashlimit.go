package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: xt_hashlimit.c.

const (
	hashMaxSize     = 1048576  // HASHLIMIT_MAX_SIZE
	hashUnit        = 1000000  // XT_HASHLIMIT_SCALE_v2
	hashByteShift   = 4        // XT_HASHLIMIT_BYTE_SHIFT
	hashDefaultSize = 8192     // buckets of a machine with more than 1 GB
	hashKnown       = 1<<7 - 1 // XT_HASHLIMIT_ALL
)

func hashCPJ() uint64     { return below(^uint64(0) / (sim.HZ * day)) }
func hashByteCPJ() uint64 { return below(0xffffffff / sim.HZ) }

// hashCredits is user2credits.
func hashCredits(user uint64) uint64 {
	cpj := hashCPJ() * sim.HZ
	if hashUnit >= cpj {
		return user / (hashUnit / cpj)
	}
	return user * (cpj / hashUnit)
}

// hashByteCredits is user2credits_byte.
func hashByteCredits(user uint32) uint32 {
	return uint32(uint64(user) * sim.HZ * hashByteCPJ() >> 32)
}

// A HashTable is struct xt_hashlimit_htable: buckets with a name, which rules share.
type HashTable struct {
	Name   string
	Family core.Family
	cfg    HashLimit // of the rule that made it
	ns     *core.Netns
	use    int
	index  map[hashKey]*HashEntry
	list   []*HashEntry // in order of creation
	gc     sim.Timer
	born   sim.Time
}

// A hashKey is struct dsthash_dst.
type hashKey struct {
	Src, Dst     wire.Addr
	Sport, Dport uint16
}

// A HashEntry is struct dsthash_ent: the bucket of one client.
type HashEntry struct {
	Src, Dst     wire.Addr // zero if they do not count
	Sport, Dport uint16
	Expires      uint64 // jiffies

	Credit, Cap, Cost uint64 // of a token bucket

	prev     uint64 // jiffies
	window   bool   // of a rate match: the last one was over it
	current  uint64
	rate     uint64
	burst    int64
	interval uint64 // seconds
}

// HashTables are those of the namespace, in order of creation.
func (x *Tables) HashTables() []*HashTable { return x.hash }

// Entries are those of the table, in order of creation.
func (t *HashTable) Entries() []*HashEntry { return t.list }

// Check is hashlimit_mt_check: find the table of the name, or make it.
func (m *HashLimit) Check(c *CheckParam) core.Errno {
	bits := uint8(32)
	if c.Family == core.NFIPv6 {
		bits = 128
	}
	if m.GCInterval == 0 || m.Expire == 0 || m.SrcMask > bits || m.DstMask > bits || m.Mode&^hashKnown != 0 {
		return einval
	}
	m.Size, m.Max = min(m.Size, hashMaxSize), min(m.Max, hashMaxSize)
	if e := m.checkRate(c); e != 0 {
		return e
	}
	x := Of(c.NS)
	for _, t := range x.hash {
		if t.Name == m.HName && t.Family == c.Family {
			if (m.Mode^t.cfg.Mode)&HashRateMatch != 0 {
				return einval
			}
			t.use++
			m.table = t
			return 0
		}
	}
	t := &HashTable{Name: m.HName, Family: c.Family, cfg: *m, ns: c.NS, use: 1, index: map[hashKey]*HashEntry{}, born: c.NS.Clock.Now()}
	t.cfg.table = nil
	if t.cfg.Size == 0 {
		t.cfg.Size = hashDefaultSize
	}
	if t.cfg.Max == 0 {
		t.cfg.Max = 8 * t.cfg.Size
	} else {
		t.cfg.Max = max(t.cfg.Max, t.cfg.Size)
	}
	x.hash = append(x.hash, t)
	m.table = t
	return 0
}

// checkRate is hashlimit_mt_check_common's check for overflow.
func (m *HashLimit) checkRate(c *CheckParam) core.Errno {
	switch {
	case m.Mode&HashRateMatch != 0:
		if m.Avg == 0 || m.Avg > 0xffffffff {
			c.Err = errHashRate
			return erange
		}
		if m.Interval == 0 {
			c.Err = errHashInterval
			return einval
		}
	case m.Mode&HashBytes != 0:
		if hashByteCredits(uint32(m.Avg)) == 0 {
			c.Err = errHashOverflow
			return einval
		}
	case m.Burst == 0 || hashCredits(m.Avg*m.Burst) < hashCredits(m.Avg):
		c.Err = errHashOverflow
		return erange
	}
	return 0
}

// Destroy is hashlimit_mt_destroy.
func (m *HashLimit) Destroy(c *CheckParam) {
	t, x := m.table, Of(c.NS)
	if t == nil {
		return
	}
	if t.use--; t.use > 0 {
		return
	}
	for i := range x.hash {
		if x.hash[i] == t {
			x.hash = append(x.hash[:i:i], x.hash[i+1:]...)
			break
		}
	}
	c.NS.Clock.Stop(&t.gc)
}

// key is hashlimit_init_dst. It reports false for a packet without the ports.
func (t *HashTable) key(p *Param) (k hashKey, ok bool) {
	src, dst := p.addrs()
	if t.cfg.Mode&HashDIP != 0 {
		k.Dst = maskPlen(dst, t.Family, t.cfg.DstMask)
	}
	if t.cfg.Mode&HashSIP != 0 {
		k.Src = maskPlen(src, t.Family, t.cfg.SrcMask)
	}
	if t.cfg.Mode&(HashDPT|HashSPT) == 0 {
		return k, true
	}
	var proto, off int
	if t.Family == core.NFIPv6 {
		if proto, off, _ = p.skipExthdr(); off < 0 {
			return k, false
		}
	} else {
		proto, off = int(p.SKB.IP4().Proto()), p.ThOff
	}
	switch proto {
	case nextAuth:
		off += 4
	case 6, 17, 33, nextESP, 132, 136:
	default:
		return k, true // no ports: they are 0
	}
	h := p.header(off, 4)
	if h == nil {
		return k, false
	}
	if t.cfg.Mode&HashSPT != 0 {
		k.Sport = be16(h)
	}
	if t.cfg.Mode&HashDPT != 0 {
		k.Dport = be16(h[2:])
	}
	return k, true
}

func maskPlen(a wire.Addr, f core.Family, plen uint8) wire.Addr {
	n := int(plen)
	if f != core.NFIPv6 {
		n += 96
	}
	return a.Mask(n)
}

// Match is hashlimit_mt: is the rate of this client's packets below, or with
// HashInvert above, the limit?
func (m *HashLimit) Match(p *Param) bool {
	t, now := m.table, p.jiffies()
	k, ok := t.key(p)
	if !ok {
		p.HotDrop = true
		return p.no(step.TryXtShort)
	}
	e := t.index[k]
	if e == nil {
		if uint32(len(t.list)) >= t.cfg.Max {
			p.HotDrop = true
			return p.no(step.TryXtFull, uint64(t.cfg.Max))
		}
		e = t.add(k, now)
	} else {
		e.recalc(now, t.cfg.Mode)
	}
	e.Expires = now + uint64(t.cfg.Expire)*sim.HZ/1000
	under := false
	if m.Mode&HashRateMatch != 0 {
		if m.Mode&HashBytes != 0 {
			e.current += uint64(p.SKB.Len())
		} else {
			e.current++
		}
		under = !e.window && e.current <= uint64(e.burst)
		return p.is(under != (m.Mode&HashInvert != 0), step.TryXtRate, e.current, uint64(e.burst))
	}
	cost := e.Cost
	if m.Mode&HashBytes != 0 {
		cost = e.byteCost(p.SKB.Len())
	}
	have := e.Credit
	if under = e.Credit >= cost; under {
		e.Credit -= cost
	}
	return p.is(under != (m.Mode&HashInvert != 0), step.TryXtLimit, have, cost)
}

// add is dsthash_alloc_init with rateinfo_init: a new client has a full bucket.
func (t *HashTable) add(k hashKey, now uint64) *HashEntry {
	e := &HashEntry{Src: k.Src, Dst: k.Dst, Sport: k.Sport, Dport: k.Dport, prev: now}
	c := &t.cfg
	e.interval = uint64(c.Interval)
	switch {
	case c.Mode&(HashRateMatch|HashBytes) == HashRateMatch|HashBytes:
		r := uint64(0xffffffff)
		if u := uint32(c.Avg); u != 0 {
			r /= uint64(u)
		}
		e.rate = (r - 1) << hashByteShift
		e.burst = int64(e.rate)
		if c.Burst != 0 {
			e.burst = int64(c.Burst * e.rate)
		}
	case c.Mode&HashRateMatch != 0:
		if c.Avg != 0 {
			e.rate = hashUnit / c.Avg
		}
		e.burst = int64(c.Burst + e.rate)
	case c.Mode&HashBytes != 0:
		e.Credit = hashByteCPJ() * sim.HZ
		e.Cost = uint64(hashByteCredits(uint32(c.Avg)))
		e.Cap = c.Burst
	default:
		e.Credit = hashCredits(c.Avg * c.Burst)
		e.Cost = hashCredits(c.Avg)
		e.Cap = e.Credit
	}
	t.index[k] = e
	t.list = append(t.list, e)
	t.arm()
	return e
}

// recalc is rateinfo_recalc: what the time since the last packet gives.
func (e *HashEntry) recalc(now uint64, mode uint32) {
	delta := now - e.prev
	if delta == 0 {
		return
	}
	switch {
	case mode&HashRateMatch != 0:
		interval := e.interval * sim.HZ
		if delta < interval {
			return
		}
		e.prev = now
		e.window = e.current*interval > delta*e.rate
		e.current = 0
		return
	case mode&HashBytes != 0:
		e.prev = now
		full, old := hashByteCPJ()*sim.HZ, e.Credit
		e.Credit += uint64(uint32(hashByteCPJ())) * delta
		if old >= e.Credit || e.Credit > full {
			e.Credit = full
		}
		return
	}
	e.prev = now
	e.Credit = min(e.Credit+delta*hashCPJ(), e.Cap)
}

// byteCost is hashlimit_byte_cost: in units of 16 bytes.
func (e *HashEntry) byteCost(n int) uint64 {
	full := hashByteCPJ() * sim.HZ
	c := min((uint64(n)>>hashByteShift+1)*e.Cost, full)
	if e.Credit < c && e.Cap != 0 {
		e.Cap--
		e.Credit = full
	}
	return uint64(uint32(c))
}

// arm has the work done at its next time, if it is needed: every GCInterval since
// the table was made.
func (t *HashTable) arm() {
	now, every := t.ns.Clock.Now(), sim.Time(t.cfg.GCInterval)*sim.Millisecond
	if t.gc.At <= now && len(t.list) > 0 {
		t.ns.Clock.Mod(&t.gc, t.born+((now-t.born)/every+1)*every, hashGC{t})
	}
}

// hashGC is the work htable_gc.
type hashGC struct{ t *HashTable }

// Run drops clients that were not heard of for long (htable_selective_cleanup). It
// comes again as long as there are some.
func (g hashGC) Run() {
	t := g.t
	now := jiffies(t.ns)
	n := 0
	for _, e := range t.list {
		if int64(now-e.Expires) >= 0 {
			delete(t.index, hashKey{e.Src, e.Dst, e.Sport, e.Dport})
			continue
		}
		t.list[n] = e
		n++
	}
	clear(t.list[n:])
	t.list = t.list[:n]
	t.arm()
}
