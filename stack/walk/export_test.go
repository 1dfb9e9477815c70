package walk

// RecordAgain records an item by running the lab again, even if it is kept.
func (k *Lab) RecordAgain(i int) *Chunk {
	kept, to := k.kept, k.whole.To
	k.kept, k.whole.To = 0, 0
	defer func() { k.kept, k.whole.To = kept, to }()
	c, err := k.record(i)
	if err != nil {
		panic(err)
	}
	return c
}
