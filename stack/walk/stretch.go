package walk

// Stretch records the chunks that hold the frames from (counted from 0) up to
// to, to excluded, in full, as one. It is not kept: a reader looks through it
// for something that the index does not tell, and walks in Chunks. Its stories
// may be longer than those of the Chunks at their ends.
func (k *Walk) Stretch(from, to int) (*Chunk, error) {
	from = from / chunkFrames * chunkFrames
	to = min((to+chunkFrames-1)/chunkFrames*chunkFrames, k.packets.n)
	return k.record(from, to)
}
