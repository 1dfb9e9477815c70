package real

// A Recording is what the kernel did with one script.
type Recording struct {
	Kernel         string // uname -r
	Status         int    // exit status of the script
	Stdout, Stderr []byte
	TimedOut       bool
	Lost           uint64 // tracepoints that did not fit into the buffer
	Spaces         []*Space
	Events         []Event
	Sysctl         map[string]string // net.*: what the script's first namespace began with
	Missing        []string          // what could not be recorded, one line each
}

// First is the name of the namespace that a script starts in. No namespace that
// has a name can have this one.
const First = "/"

// A Space is one network namespace of the script.
type Space struct {
	Name   string // First for the one that the script starts in
	Inum   uint32 // number of the namespace
	Frames []Frame
	NFT    []NFTMessage
	CT     []CTMessage
	MIB    map[string]int64
	Tables map[string]string // command: what it printed at the end
	MACs   map[string]string // address that the kernel drew: device
	Lost   int               // frames that did not fit into the buffer

	from, to int64 // ns of the monotonic clock: when it was recorded; to 0: until the end
	live     *live
}

// A Frame is one frame on a device.
type Frame struct {
	At      int64 // ns of the monotonic clock
	Dev     string
	Out     bool
	Partial bool // its checksum is left for the device (CHECKSUM_PARTIAL)
	Bytes   []byte
}

// An NFTMessage is one message of the nft trace (NFT_MSG_TRACE).
type NFTMessage struct {
	ID           uint32
	Family       uint8 // NFPROTO_*
	Type         uint32
	Table, Chain string
	Handle       uint64
	Verdict      int32
	Jump         string // chain, for jump and goto
	Policy       uint32
	Mark         uint32
	L3           uint8  // NFPROTO_*
	Network      []byte // the beginning of its network header, and of what follows; with the first message of a hook
	Transport    []byte
}

// A CTMessage is one message of connection tracking: its attributes as they came.
type CTMessage struct {
	Event string // NEW, UPDATE, DESTROY
	Attrs []byte // after nfgenmsg
	L3    uint8
}

// An Event is one tracepoint.
type Event struct {
	At    int64 // ns of the monotonic clock
	Point string
	CPU   int
	TID   uint32
	Comm  string
	Space *Space
	Stack []string // function names, outermost first
	V     map[string]uint64
	B     map[string][]byte
}
