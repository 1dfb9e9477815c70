package core

// A Softnet is struct softnet_data: one CPU's receive side.
type Softnet struct {
	CPU int
}
