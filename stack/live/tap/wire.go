package tap

// A Wire is where the frames of a port go, and come from.
type Wire interface {
	// ReadFrames waits for a frame, and puts it and those that have come too
	// into the batch.
	ReadFrames(*Batch) error
	// WriteFrames sends frames, in order.
	WriteFrames([][]byte) error
	Close() error
}

// A Batch are frames that came by a wire together, back to back in one piece of
// memory.
type Batch struct {
	port   int
	err    error // of the wire; the frames came before it
	buf    []byte
	frames []extent
}

// An extent is where a frame is in its batch.
type extent struct{ from, to int }

const (
	// maxFrame is how long what is read at once may be: the longest IP packet, a
	// link header with tags, and what is told of offloads.
	maxFrame = 65536 + 64
	// batchFrames and batchBytes are when a batch is handed over although more
	// has come.
	batchFrames = 128
	batchBytes  = 256 << 10
)

// Len is the number of frames.
func (b *Batch) Len() int { return len(b.frames) }

// Frame is frame i.
func (b *Batch) Frame(i int) []byte { return b.buf[b.frames[i].from:b.frames[i].to] }

// Add copies a frame into the batch.
func (b *Batch) Add(f []byte) { b.buf = append(b.buf, f...); b.added(len(f)) }

// added tells that the last n bytes are a frame.
func (b *Batch) added(n int) {
	b.frames = append(b.frames, extent{len(b.buf) - n, len(b.buf)})
}

// Full reports whether the batch is to be handed over.
func (b *Batch) Full() bool { return len(b.frames) >= batchFrames || len(b.buf) >= batchBytes }

// Reset empties the batch.
func (b *Batch) Reset() { b.buf, b.frames, b.err = b.buf[:0], b.frames[:0], nil }

// room is memory for the longest frame.
func (b *Batch) room() []byte {
	if n := len(b.buf); cap(b.buf)-n < maxFrame {
		b.buf = append(make([]byte, 0, n+batchBytes+maxFrame), b.buf...)
	}
	return b.buf[len(b.buf) : len(b.buf)+maxFrame]
}
