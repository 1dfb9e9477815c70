package core

// FrameOn records that a frame is on its device: all its bytes, from the link header on.
// dir is 0 for one that came in, 1 for one that leaves.
func (ns *Netns) FrameOn(b *SKB, dir uint16) {
	if !ns.Listening() {
		return
	}
	ns.Trace.Host = ns.Host
	ns.Trace.Frame(dir, b, b.Dev.Index, b.frameBytes())
}

// frameBytes is a copy of a packet's bytes from its link header on.
func (b *SKB) frameBytes() []byte {
	var link []byte
	if b.MAC >= 0 && b.MAC < b.data {
		link = b.head.buf[b.MAC:b.data]
	}
	p := make([]byte, len(link)+b.Len())
	b.CopyBits(0, p[copy(p, link):])
	return p
}
