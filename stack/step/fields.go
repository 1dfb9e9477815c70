package step

// A Kind is a kind of object whose state a learner can look at.
type Kind uint8

// The kinds of objects.
const (
	KindNone  Kind = iota
	KindSKB        // struct sk_buff
	KindSock       // struct sock, with its protocol's part
	KindNeigh      // struct neighbour
	KindRing       // an RX or TX descriptor ring
	KindNAPI       // struct napi_struct and its CPU's softnet_data
	KindNS         // struct net: its counters, keys are MIBs
	KindFrag       // an IP reassembly queue
	KindReq        // struct request_sock
	KindTW         // struct inet_timewait_sock
	KindRoute      // a route exception (struct fib_nh_exception)
	KindQdisc      // struct Qdisc
	KindCT         // struct nf_conn
	numKinds
)

var kindNames = [...]string{"", "skb", "sk", "neigh", "ring", "napi", "net", "frag", "req", "tw", "exception", "qdisc", "ct"}

func (k Kind) String() string { return kindNames[k] }

// MaxFields is how many values one object may show.
const MaxFields = 96

// SmallFields is how many values an object that is no socket may show.
const SmallFields = 32

// A Key names a field of a Kind: kind<<12 | index. Counters of a namespace
// use the MIB as index.
type Key uint32

// KeyOf returns the Key of field i of a kind.
func KeyOf(k Kind, i int) Key { return Key(k)<<12 | Key(i) }

// Kind and Index take a Key apart.
func (k Key) Kind() Kind { return Kind(k >> 12) }

// Index is the place of the field among its kind's.
func (k Key) Index() int { return int(k & 4095) }

// A Field is one visible value: its name and how it reads. An IP field takes
// two places: its own (upper half) and the next, whose name is empty.
type Field struct {
	Name string
	Fmt  Fmt
	What string // one line for people
}

var fieldTables = [numKinds][]Field{
	KindSKB: skbFields[:], KindSock: sockFields[:], KindNeigh: neighFields[:], KindRing: ringFields[:], KindNAPI: napiFields[:],
	KindFrag: fragFields[:], KindReq: reqFields[:], KindTW: twFields[:], KindRoute: exceptionFields[:], KindQdisc: qdiscFields[:], KindCT: ctFields[:],
}

// Fields returns the fields of a kind, by index.
func Fields(k Kind) []Field { return fieldTables[k] }

// Field returns the catalogue's row for a key.
func (k Key) Field() Field {
	if k.Kind() == KindNS {
		return Field{Name: MIB(k.Index()).String()}
	}
	if t := fieldTables[k.Kind()]; k.Index() < len(t) {
		return t[k.Index()]
	}
	return Field{}
}

// Name returns "skb.len", "tcp.snd_cwnd", "IpInReceives".
func (k Key) Name() string { return k.Field().Name }
