package oracle

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strconv"
	"strings"
)

// A Scenario is one recording: a small network, and what each of its hosts did.
type Scenario struct {
	Name   string   `json:"scenario"`
	Title  string   `json:"title"`
	Truth  string   `json:"truth"`  // one line: what is to be learned from it
	Kernel string   `json:"kernel"` // uname -r of the recorded machine
	Stable []string `json:"stable"` // sections that were the same in two recordings
	Hosts  []Host   `json:"-"`

	// Unstable are the sections in which two recordings differed, or which hang
	// on what a kernel draws at random when it boots. A section that is in
	// neither list had no fact in either recording.
	Unstable []string `json:"unstable"`

	Frames []string `json:"frames"` // hex; Load resolves the numbers that hosts use
}

// A Host is one vantage point: its set-up, its inputs and what its kernel did.
// All times are nanoseconds since the recording began; the set-up was complete
// at least 350 ms before.
type Host struct {
	Scenario string   `json:"-"`
	Unstable []string `json:"-"` // of the scenario
	HandMade bool     `json:"-"` // the other end is a hand-made peer: it answers later, not in the softirq that delivers
	Sysctl   []string `json:"-"` // "key = value": every net.* of a fresh namespace of that machine

	Name     string   `json:"name"`
	Untraced bool     `json:"untraced"` // a hand-made peer: only Sent is known
	Devices  []Device `json:"devices"`  // there, but down, before the first command of Setup; loopback is not listed
	Captured []string `json:"captured"` // devices whose frames are known: only these are compared
	Setup    []string `json:"setup"`    // commands in the syntax of the real tools
	Chosen   Chosen   `json:"chosen"`
	Inputs   []Input  `json:"-"`     // in time order
	Until    int64    `json:"until"` // end of the recording, ns

	Sent []Sent  `json:"-"`    // frames given to the wire, in order; on lo every frame, once
	Rows []Row   `json:"rows"` // what was decided, in order
	MIB  []Phase `json:"mib"`
}

// A Device is one end of an Ethernet link whose other end is another host.
type Device struct {
	Name     string `json:"name"`
	Index    int    `json:"index"`
	MAC      string `json:"mac"`
	MTU      int    `json:"mtu"`      // bytes, before the set-up changed it
	PeerMTU  int    `json:"peer_mtu"` // of the other end, if the set-up changed it
	Offloads string `json:"offloads"` // "default" if they were not switched off
}

// Chosen are values that the recorded kernel drew at random and that the frames
// from outside refer to. A model must draw the same ones, or those frames mean
// nothing to it.
type Chosen struct {
	Ports []ChosenPort `json:"ports"` // local ports, in the order in which they were first used
	TCP   []ChosenISN  `json:"tcp"`
}

// ChosenPort is a port that the kernel gave to a socket which had bound none.
type ChosenPort struct {
	Proto  string `json:"proto"`  // "udp" or "tcp"
	Local  string `json:"local"`  // address:port
	Remote string `json:"remote"` // address:port of the first packet sent
}

// ChosenISN is the beginning of one direction of a TCP connection.
type ChosenISN struct {
	T      int64  `json:"t"` // when the SYN was sent, ns
	Local  string `json:"local"`
	Remote string `json:"remote"`
	ISN    uint32 `json:"isn"`
	TSVal  uint32 `json:"tsval"` // timestamp option of that SYN; 0 if it had none
}

// An Input is one thing that came to the host from outside. Exactly one of
// Frame, Call and Point is set.
type Input struct {
	T     int64
	Dev   string // of Frame
	Frame []byte // a frame arrived from the wire
	// A veth hands over more than bytes: that the checksum is still to be filled in,
	// and gso_size, the payload of each segment of a frame that stands for several.
	Partial bool
	GSO     int
	Called  bool   // its sender was in a system call of its own: it is no answer that comes at once
	Call    *Call  // a program or the administrator did something
	Point   string // the counters are read: a phase ends here
}

// A Call is something done on the host. Op is a system call (socket, bind,
// listen, connect, accept, send, sendto, recv, recvfrom, recverr, setsockopt,
// getsockopt, getsockname, shutdown, close) of the one program on the host,
// which makes its calls one after the other, none before its time; or a program
// (ping); or a command of the administrator (command); or loss and return of
// the carrier on a link (carrier); or a frame sent through a packet socket
// (inject).
type Call struct {
	N  int    // number among the calls of the host, from 0
	T  int64  // not before this time, ns
	Op string //

	By       string // name of the program, when it is not the host's
	FD       int    // the socket
	NewFD    int    // accept: the socket that comes out
	Family   string // socket: inet, inet6
	Type     string // socket: stream, dgram, raw
	Proto    int    // socket
	Addr     string // address:port (bind, connect, sendto), address (ping)
	Opt      string // setsockopt, getsockopt: "IP_TOS"
	Value    int64  // setsockopt
	Backlog  int    // listen
	Size     int    // recv: room for so many bytes; shutdown: 0, 1, 2; ping: -s, 0 for 56
	Data     []byte // send, sendto
	Nonblock bool   // O_NONBLOCK is set
	Timeout  int64  // ns a blocking call may take, 0 for ever: the program polls first, then calls

	Dev   string // inject, carrier
	Frame []byte // inject
	Up    bool   // carrier

	Command string // command and ping: the line as typed

	Count    int   // ping -c
	Interval int64 // ping -i, ns
	Wait     int64 // ping -W, ns
	TTL      int   // ping -t, 0 for the default
	TOS      int   // ping -Q
	ID       int   // ping: identifier of the echo requests; -1 if none was sent

	Want Want
}

// Want is what a call gave on the real machine.
type Want struct {
	Errno    string           // "" for success; EAGAIN also for a timeout
	Ret      *int64           // nil: not recorded
	Text     *string          // bytes received, one character each
	Prefix   bool             // Text is only the first bytes
	Addr     string           // getsockname: the address without port
	Value    *int64           // getsockopt
	Info     map[string]int64 // TCP_INFO: the members that do not depend on time
	Err      []string         // recverr: errno, origin, ICMP type and code, info
	RC       *int64           // ping: exit status
	Sent     *int64           // ping
	Received *int64           // ping
	Out      string           // command: what it printed (of a list of commands, the last has it all)
}

// Sent is a frame on its way out.
type Sent struct {
	Dev   string
	At    int64 // ns
	Bytes []byte
}

// A Phase is the time between two readings of the counters.
type Phase struct {
	Until    string           `json:"until"`    // name of the point that ends it
	T        int64            `json:"t"`        // ns
	Counters map[string]int64 `json:"counters"` // what changed, by how much: "IpInReceives"
}

// Load reads all scenarios (*.json) of a folder, in the order of their names,
// and sysctl-baseline.txt.
func Load(fsys fs.FS) ([]Scenario, error) {
	names, err := fs.Glob(fsys, "*.json")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var base []string
	if b, err := fs.ReadFile(fsys, "sysctl-baseline.txt"); err == nil {
		base = strings.Split(strings.TrimSpace(string(b)), "\n")
	}
	var all []Scenario
	for _, n := range names {
		b, err := fs.ReadFile(fsys, n)
		if err != nil {
			return nil, err
		}
		s, err := parse(b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n, err)
		}
		if s.Name+".json" != path.Base(n) {
			return nil, fmt.Errorf("%s: scenario is called %q", n, s.Name)
		}
		made := false
		for i := range s.Hosts {
			made = made || s.Hosts[i].Untraced
		}
		for i := range s.Hosts {
			s.Hosts[i].Sysctl, s.Hosts[i].HandMade = base, made
		}
		all = append(all, *s)
	}
	return all, nil
}

// input and sent are the forms of Input and Sent in a file.
type input struct {
	T        int64    `json:"t"`
	Dev      string   `json:"dev"`
	Frame    *int     `json:"frame"`
	Partial  bool     `json:"partial"`
	GSO      int      `json:"gso"`
	Called   bool     `json:"called"`
	Point    string   `json:"point"`
	Carrier  string   `json:"carrier"`
	Cmd      string   `json:"cmd"`
	Out      string   `json:"out"`
	Call     string   `json:"call"`
	By       string   `json:"by"`
	FD       int      `json:"fd"`
	NewFD    int      `json:"newfd"`
	Family   string   `json:"family"`
	Type     string   `json:"type"`
	Proto    int      `json:"proto"`
	Addr     string   `json:"addr"`
	Opt      string   `json:"opt"`
	Value    int64    `json:"value"`
	Backlog  int      `json:"backlog"`
	N        int      `json:"n"`
	Text     string   `json:"text"`
	Times    int      `json:"times"`
	Nonblock bool     `json:"nonblock"`
	Timeout  int64    `json:"timeout_ms"`
	Count    int      `json:"count"`
	Interval int64    `json:"interval_ms"`
	TTL      int      `json:"ttl"`
	TOS      int      `json:"tos"`
	Size     int      `json:"size"`
	ID       *int     `json:"id"`
	Want     wantJSON `json:"want"`
}

type wantJSON struct {
	Errno    string           `json:"errno"`
	Ret      *int64           `json:"ret"`
	Text     *string          `json:"text"`
	Prefix   *string          `json:"prefix"`
	Addr     string           `json:"addr"`
	Value    *int64           `json:"value"`
	Info     map[string]int64 `json:"info"`
	Err      []any            `json:"err"`
	RC       *int64           `json:"rc"`
	Sent     *int64           `json:"sent"`
	Received *int64           `json:"received"`
}

type sent struct {
	T     int64  `json:"t"`
	Dev   string `json:"dev"`
	Frame int    `json:"frame"`
}

// unhex reads the bytes of a frame: hex, with (xx*n) for n times the byte xx.
func unhex(s string) ([]byte, error) {
	var out []byte
	for {
		plain, rest, more := strings.Cut(s, "(")
		b, err := hex.DecodeString(plain)
		if out = append(out, b...); err != nil || !more {
			return out, err
		}
		run, rest, _ := strings.Cut(rest, ")")
		x, times, _ := strings.Cut(run, "*")
		n, err := strconv.ParseUint(times, 10, 16)
		if err != nil {
			return out, err
		}
		if b, err = hex.DecodeString(x); err != nil {
			return out, err
		}
		out, s = append(out, bytes.Repeat(b, int(n))...), rest
	}
}

// parse reads one file and resolves the frame numbers.
func parse(b []byte) (*Scenario, error) {
	s := new(Scenario)
	type host struct {
		Host
		Inputs []input `json:"inputs"`
		Sent   []sent  `json:"sent"`
	}
	var f struct {
		*Scenario
		Hosts []host `json:"hosts"`
	}
	f.Scenario = s
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, err
	}
	frames := make([][]byte, len(s.Frames))
	for i, x := range s.Frames {
		var err error
		if frames[i], err = unhex(x); err != nil {
			return nil, fmt.Errorf("frame %d: %w", i, err)
		}
	}
	get := func(i int) ([]byte, error) {
		if i < 0 || i >= len(frames) {
			return nil, fmt.Errorf("there is no frame %d", i)
		}
		return frames[i], nil
	}
	for _, fh := range f.Hosts {
		h := fh.Host
		h.Scenario, h.Unstable = s.Name, s.Unstable
		for _, x := range fh.Sent {
			b, err := get(x.Frame)
			if err != nil {
				return nil, err
			}
			h.Sent = append(h.Sent, Sent{Dev: x.Dev, At: x.T, Bytes: b})
		}
		n := 0
		for _, x := range fh.Inputs {
			var b []byte
			if x.Frame != nil {
				var err error
				if b, err = get(*x.Frame); err != nil {
					return nil, err
				}
			}
			in, err := x.input(b)
			if err != nil {
				return nil, fmt.Errorf("host %s at %d ns: %w", h.Name, x.T, err)
			}
			if in.Call != nil {
				in.Call.N = n
				n++
			}
			h.Inputs = append(h.Inputs, in)
		}
		s.Hosts = append(s.Hosts, h)
	}
	return s, nil
}

func (x input) input(frame []byte) (Input, error) {
	in := Input{T: x.T}
	const ms = 1000000
	switch {
	case x.Point != "":
		in.Point = x.Point
	case x.Carrier != "":
		in.Call = &Call{T: x.T, Op: "carrier", Dev: x.Dev, Up: x.Carrier == "up"}
	case x.Call == "ping":
		c := &Call{T: x.T, Op: x.Call, Command: x.Cmd, Addr: x.Addr, Count: x.Count, Interval: x.Interval * ms, Wait: x.Timeout * ms, TTL: x.TTL, TOS: x.TOS, Size: x.Size, ID: -1}
		if x.ID != nil {
			c.ID = *x.ID
		}
		c.Want = x.Want.want()
		in.Call = c
	case x.Call != "":
		c := &Call{T: x.T, Op: x.Call, By: x.By, FD: x.FD, NewFD: x.NewFD, Family: x.Family, Type: x.Type, Proto: x.Proto, Addr: x.Addr, Opt: x.Opt, Value: x.Value, Backlog: x.Backlog,
			Size: x.N, Nonblock: x.Nonblock, Timeout: x.Timeout * ms, Dev: x.Dev, Frame: frame}
		if x.Times > 1<<20 {
			return in, fmt.Errorf("%d times is too often", x.Times)
		}
		c.Data = latin1(strings.Repeat(x.Text, max(1, x.Times)))
		c.Want = x.Want.want()
		in.Call = c
	case x.Cmd != "":
		in.Call = &Call{T: x.T, Op: "command", Command: x.Cmd, Want: Want{Out: x.Out}}
	case frame != nil:
		in.Dev, in.Frame, in.Partial, in.GSO, in.Called = x.Dev, frame, x.Partial, x.GSO, x.Called
	default:
		return in, fmt.Errorf("an input that is nothing")
	}
	return in, nil
}

func (w wantJSON) want() Want {
	o := Want{Errno: w.Errno, Ret: w.Ret, Text: w.Text, Addr: w.Addr, Value: w.Value, Info: w.Info, RC: w.RC, Sent: w.Sent, Received: w.Received}
	if w.Prefix != nil {
		o.Text, o.Prefix = w.Prefix, true
	}
	for _, x := range w.Err {
		o.Err = append(o.Err, fmt.Sprint(x))
	}
	return o
}

// latin1 turns each character into the byte of that number.
func latin1(s string) []byte {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return b
}
