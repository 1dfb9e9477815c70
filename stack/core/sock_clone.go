package core

// CloneRare is the part of sk_clone_lock about what few sockets have: a
// connection that was accepted has its listener's settings, and none of what
// waits there.
func (sk *Sock) CloneRare(l *Sock) {
	if l.rare == nil {
		return
	}
	r := *l.rare
	r.ErrQueue, r.queue, r.Groups, r.Opt, r.zcKey = SKBList{}, WaitQueue{}, nil, nil, 0
	sk.rare = &r
}
