// Package walk lets a reader move through a capture in both directions.
//
// An index is made once: a Summary of each frame, and a rolling hash of all
// that happened. Copies of the world (checkpoints) are kept sparsely. A place
// is reached by copying the checkpoint before it and running to it; a chunk of
// frames around the place is recorded in full. Within a chunk the reader moves
// by applying changes to the observed state, forwards or backwards; the
// machine itself only ever runs forward. At each chunk's end the hash must be
// the index's: every seek proves that the model is deterministic.
package walk
