package view

// maxBuckets is how many buckets a Timeline has at most.
const maxBuckets = 200

// bucket counts a packet in the bucket of its place; when there are too many
// buckets, each two become one.
func (t *tally) bucket(p *Summary) {
	i := t.n / t.width
	if i >= maxBuckets {
		for j := range maxBuckets / 2 {
			a, b := t.buckets[2*j], t.buckets[2*j+1]
			t.buckets[j] = Bucket{a.First, a.Count + b.Count, a.Drops + b.Drops, a.Again + b.Again, a.State + b.State}
		}
		t.buckets = t.buckets[:maxBuckets/2]
		t.width *= 2
		i = t.n / t.width
	}
	if i == len(t.buckets) {
		t.buckets = append(t.buckets, Bucket{First: t.n + 1})
	}
	b := &t.buckets[i]
	b.Count++
	if p.Landmarks&MarkDrop != 0 {
		b.Drops++
	}
	if p.Landmarks&MarkRetransmit != 0 {
		b.Again++
	}
	if p.Landmarks&MarkState != 0 {
		b.State++
	}
}

// timeline fills sc.Timeline. The buckets are made anew only when packets have
// come to the index since.
func (b *builder) timeline() {
	t := &b.all
	if t.n == 0 {
		return
	}
	g := &b.glance
	if g.bucketsOf != t.n {
		g.bucketsOf, g.buckets = t.n, append([]Bucket(nil), t.buckets...)
	}
	b.sc.Timeline = &Timeline{Buckets: g.buckets, Here: min(b.frame/t.width, len(g.buckets)-1)}
}
