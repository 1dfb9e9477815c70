package drill

// A Script is a parsed script.
type Script struct {
	File    string
	Options []Option
	Init    *Command // before the first event
	Events  []*Event
	Cleanup *Command // behind the last event: it runs whatever happened
}

// An Option is a line like --tolerance_usecs=10000.
type Option struct {
	Name, Value string
	Has         bool // there is a value
	Quote       byte // how the value was quoted, 0: not
	Line        int
}

// A Command is a shell command in backticks.
type Command struct {
	Text string
	Line int
}

// A TimeKind says how an event's time is meant.
type TimeKind uint8

// The ways to give a time.
const (
	Absolute      TimeKind = iota // 0.100
	Relative                      // +0.100
	AnyTime                       // *
	AbsoluteRange                 // 0.1~0.2
	RelativeRange                 // +0.1~+0.2
)

// A When is an event's time, in microseconds.
type When struct {
	Kind     TimeKind
	From, To int64
}

// An Event is one line of a script: one of Packet, Call, Command and Code.
type Event struct {
	When      When
	Packet    *Packet
	Call      *Call
	Command   *Command
	Code      *Code
	Line, End int // of the script, the first and the last
	Col       int
}

// A Code is a block of Python.
type Code struct {
	Text string
	Line int
}

// A Call is a system call with the result that it shall have.
type Call struct {
	Name     string
	Args     []*Expr
	Blocks   bool  // it sleeps until Until
	Until    int64 // microseconds, as the event's time
	endsAt   int64 // of this run
	Result   *Expr
	Errno    string // symbol, "" if any
	Strerror string
	Note     string
}

// A Proto is what a packet of a script carries.
type Proto uint8

// The protocols.
const (
	TCP Proto = iota
	UDP
	ICMP
	RawProto // in ICMP: bytes of any kind
)

// What of the TOS byte of an outgoing packet is checked.
const (
	tosNone  = iota
	tosECN   // the two ECN bits
	tosECT01 // that they are ECT(0) or ECT(1)
	tosByte  // all of it
)

// An IPSpec is what a script says of the IP header.
type IPSpec struct {
	Check     int // tos…
	TOS       uint8
	FlowLabel uint32
	HasFlow   bool
	TTL       uint8 // 0: any
	Given     bool
}

// An Encap is a header around a packet: IP in IP, GRE, MPLS or PSP.
type Encap struct {
	Kind     string // "ipv4", "ipv6", "gre", "mpls"
	IP       IPSpec
	Src, Dst string
	Labels   []MPLS
	GRE      *Expr
}

// An MPLS label stack entry.
type MPLS struct {
	Label, TC, TTL int64
	Bottom         bool
}

// A Packet is a packet of a script.
type Packet struct {
	In       bool // "<": it comes in
	Encap    []Encap
	IP       IPSpec
	PSP      bool // "encap psp spi N"
	SPI      int64
	Src, Dst uint16 // ports, 0: the connection's
	Proto    Proto
	TCP      *TCPSpec
	Len      int // UDP: bytes of payload
	ICMP     *ICMPSpec
}

// A TCPSpec is a segment of a script.
type TCPSpec struct {
	Flags      string // ".", "S.", "SEWA", "P.5"
	Seq        uint32
	Len        int
	Ack        uint32
	HasAck     bool
	Win        int32 // -1: any
	Urg        uint16
	HasUrg     bool
	Opts       []TCPOption
	HasOpts    bool
	AnyOptions bool // <...>
}

// A TCPOption is one option: its kind, the bytes behind kind and length, and
// which of several spellings it had.
type TCPOption struct {
	Kind uint8
	Data []byte
}

// An ICMPSpec is an ICMP message of a script.
type ICMPSpec struct {
	Type, Code string
	HasMTU     bool
	MTU        int64
	HasID      bool
	ID         int64
	HasEcho    bool
	Echo       Proto // what the message says of the packet that caused it
	Seq        uint32
	Len        int64
}

// An ExprKind is what an expression is.
type ExprKind uint8

// The expressions of system calls.
const (
	ExEllipsis ExprKind = iota
	ExInt
	ExHex
	ExWord
	ExString
	ExStringDots // "abc"...
	ExConcat     // strings side by side
	ExOr
	ExAssign
	ExList // [a, b]
	ExStruct
	ExInetAddr
	ExInet6Addr
	ExSockaddr
	ExMsghdr
	ExIovec
	ExPollfd
	ExEpoll
	ExLinger
	ExMPLS
	ExGRE
	ExCmsg
	ExTimestamping
	ExExtErr
)

// exprNames are what errors call them (expression_type_to_string).
var exprNames = [...]string{ExEllipsis: "ellipsis", ExInt: "integer", ExHex: "integer", ExWord: "word", ExString: "string", ExStringDots: "string", ExConcat: "binary_expression",
	ExOr: "binary_expression", ExAssign: "binary_expression", ExList: "list", ExStruct: "list", ExInetAddr: "integer", ExInet6Addr: "in6_addr", ExSockaddr: "sockaddr_in",
	ExMsghdr: "msghdr", ExIovec: "iovec", ExPollfd: "pollfd", ExEpoll: "epollev", ExLinger: "linger", ExMPLS: "mpls_stack", ExGRE: "gre", ExCmsg: "cmsg",
	ExTimestamping: "scm_timestamping", ExExtErr: "sock_extended_err"}

// String is the kind's name.
func (k ExprKind) String() string { return exprNames[k] }

// An Expr is an expression: a number, a text, or parts in a fixed order.
type Expr struct {
	Kind   ExprKind
	N      int64
	S      string
	Sub    []*Expr
	Labels []MPLS
}
