package ipt

// ipset is ipset(8).
func (env *Env) ipset(args []string) (stdout, stderr string, status int) {
	return "", "not modelled: ipset\n", 1
}

// findSet ends the run if a set is not there, or of another family.
func (c *call) findSet(name string) {
	c.bad("Set %s doesn't exist.\n", name)
}
