package oracle

// Facts are what a model did with the inputs of one host. It is filled by a
// listener on the model's tracepoints: Begin where a packet is taken from a
// device in softirq context, a system call is entered or a timer expires, Add
// for each tracepoint in between, Send where a frame reaches the wire.
type Facts struct {
	Frames []Sent           // net:net_dev_start_xmit of a real device, and each frame on lo once
	Rows   []Row            //
	MIB    map[string]int64 // the counters as they are now: "IpInReceives", "sockstat.UDP.inuse"
	Phases []Phase          // filled by Run from MIB at each point
	Calls  []Result         // one for each call that is done, in any order

	// Without says of a section, by name, why the model has nothing to say
	// about it. It is then not compared.
	Without map[string]string
	// NotModelled lists what the model met and does not do.
	NotModelled []string
}

// A Result is the outcome of a Call.
type Result struct {
	Call     int // Call.N
	Ret      int64
	Errno    string // "" for success, "ECONNREFUSED"
	Data     []byte // received
	Addr     string // getsockname: the address without port
	Value    int64  // getsockopt
	Info     map[string]int64
	Err      []string // recverr
	RC       int64    // ping
	Sent     int64    // ping
	Received int64    // ping
	Out      string   // command; not compared
}

// Begin opens a row: "packet", "syscall sendto by h1", "timer neigh_timer_handler".
func (f *Facts) Begin(at int64, by string) { f.Rows = append(f.Rows, Row{T: at, By: by}) }

// Add adds a step to the row that was opened last. Rows that stay without a
// step are not compared.
func (f *Facts) Add(s Step) {
	if len(f.Rows) == 0 {
		f.Rows = append(f.Rows, Row{})
	}
	r := &f.Rows[len(f.Rows)-1]
	r.Steps = append(r.Steps, s)
}

// Send notes a frame on the wire. The bytes are copied.
func (f *Facts) Send(at int64, dev string, b []byte) {
	f.Frames = append(f.Frames, Sent{Dev: dev, At: at, Bytes: append([]byte(nil), b...)})
}

// Drops are all skb:kfree_skb in order.
func (f *Facts) Drops() []Step { return of(f.Rows, "drop") }

// Consumed are all skb:consume_skb in order.
func (f *Facts) Consumed() []Step { return of(f.Rows, "consumed") }

// Neigh are all neighbour events in order.
func (f *Facts) Neigh() []Step { return of(f.Rows, "neigh") }

// ICMPSend are all icmp:icmp_send in order.
func (f *Facts) ICMPSend() []Step { return of(f.Rows, "icmp_send") }

// of are the steps of some kinds, in order.
func of(rows []Row, kinds ...string) []Step {
	var out []Step
	for _, r := range rows {
		for _, s := range r.Steps {
			for _, k := range kinds {
				if s.Kind == k {
					out = append(out, s)
				}
			}
		}
	}
	return out
}
