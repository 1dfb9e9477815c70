package nft

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// An ekind is what an expr is.
type ekind uint8

const (
	eSymbol ekind = iota // a word whose meaning is not known yet
	eValue
	ePayload
	eMeta
	eCT
	eExthdr
	eFib
	eSocket
	eRT
	eNumgen
	eHash
	eConcat
	eRange
	ePrefix
	eList
	eSet    // { … }
	eSetRef // @name
	eMap    // l map r
	eBinop
	eElem    // an element of a set: l is its key
	eMapping // key : data
	eVerdict
	eAny  // *
	eNot  // ! of flags
	eBulk // many plain elements of a set
)

// An expr is a node of an expression.
type expr struct {
	k    ekind
	at   loc
	t    *dtype
	bits int
	ord  order

	word   string // eSymbol, eSetRef
	quoted bool
	isNum  bool
	v      val

	p         *proto
	f         *field
	base      nftables.HeaderBase
	off       int
	raw       bool // @nh,0,8
	meta      *metaKey
	bare      bool // written without "meta"
	ct        *ctKey
	dir       int8 // of ct: 1 original, 2 reply
	ext       *exthdr
	extType   uint8
	extName   string
	present   bool
	fibFlags  uint8
	fibResult nftables.FibResult
	sock      string
	level     int
	rt        nftables.RTKey
	rtName    string

	mod, offset, seed uint64
	hasSeed           bool
	random, sym       bool

	op   string
	l, r *expr
	list []*expr
	bulk *bulk

	elem    *elemInfo
	verdict nftables.VerdictCode
	chain   string
	chainAt loc
	set     *setSpec      // of an anonymous set, once evaluated
	ref     *nftables.Set // of eSetRef
	depGen  bool          // made by nft itself
	over    *proto        // of th: the protocol that is known to lie there
	famAddr core.Family   // of nat
	wild    bool          // eth*
}

// An elemInfo is what an element may have besides its key.
type elemInfo struct {
	timeout, expires uint64 // milliseconds
	hasTimeout       bool
	hasExpires       bool
	comment          string
	stmts            []*stmt
}

// An skind is what a stmt is.
type skind uint8

const (
	sMatch skind = iota
	sFlow        // flow add @ft
	sVerdict
	sVmap
	sCounter
	sLimit
	sQuota
	sLog
	sReject
	sNAT
	sNotrack
	sPayloadSet
	sMetaSet
	sCTSet
	sExtSet
	sSetOp // add @s { … }
	sMapOp
	sObjRef
	sConnLimit
	sLast
	sDup
	sFwd
	sQueue
	sOther
	sExtReset
	sTProxy
	sSynproxy
	sMeter
)

// A stmt is one statement of a rule.
type stmt struct {
	k    skind
	at   loc
	e    *expr // the left side, the verdict, the map
	r    *expr // the right side
	op   string
	name string // of an object; of a nat statement: snat and such

	packets, bytes uint64 // counter, quota
	given          bool   // counter packets 0 bytes 0
	rate, unit     uint64 // limit
	burst          uint64
	burstSet       bool
	isBytes        bool
	over           bool
	used           uint64
	rateUnit       string

	prefix   string // log
	hasPref  bool
	level    int // -1: none
	group    int // -1: none
	snaplen  uint64
	qthresh  uint64
	logFlags uint

	reject     nftables.RejectKind
	icmpFamily string // "icmp", "icmpv6", "icmpx", "" for none said
	code       *expr

	addr, port *expr // nat
	natFam     core.Family
	natFlags   []string
	natPrefix  bool
	natTyped   bool // ip, ip6 was written

	setOp   string
	key     *expr
	data    *expr
	elem    *elemInfo
	stmts   []*stmt
	objKind nftables.ObjKind
	queue   string
	live    nftables.Expr // the engine's, for listings; found by index in a rule
	idx     int
	obj     string
	wordAt  loc     // of "reject"
	parts   []*stmt // of several matches that became one
	syn     *iptables.SynproxyInfo
	short   bool // at is the first word only
}

// A setSpec is what a set or map is declared as.
type setSpec struct {
	name     string
	at       loc
	isMap    bool
	key      *dtype
	keyBits  int
	typeof   *expr // the expression whose type it has
	data     *dtype
	dataBits int
	dataOf   *expr
	objMap   nftables.ObjKind
	flags    []string
	timeout  uint64
	gc       uint64
	size     uint64
	policy   string
	autoMrg  bool
	comment  string
	elems    []*expr
	stmts    []*stmt
	interval bool
	typeAt   loc
	hasElems bool
	anon     bool
	dynamic  bool
	eng      *nftables.Set
	concat   []*expr // of an anonymous set: the parts of its key as evaluated
	dataIvl  bool
	wide     bool // the data are ranges of addresses: both ends
}

// A chainSpec is what a chain is declared as.
type chainSpec struct {
	typ      string
	typAt    loc
	hook     string
	hookAt   loc
	hookLoc  loc // from "type" to the end of the priority
	prio     int
	prioWord string
	prioAt   loc
	devs     []string
	devAt    loc
	policy   string
	polAt    loc
	hasHook  bool
	comment  string
	flags    []string
}

// A place names something in the tables: nft's handle.
type place struct {
	family  core.Family
	famAt   loc
	hasFam  bool
	table   string
	tableAt loc
	chain   string
	chainAt loc
	name    string // of a set or an object
	nameAt  loc
	handle  uint64
	handAt  loc
	hasHand bool
	index   uint64 // of a rule, plus 1
	before  bool
	pos     uint64 // position: a handle
	posAt   loc
	rename  string
}

// A cmd is one command.
type cmd struct {
	op    string
	obj   string
	at    loc
	p     place
	set   *setSpec
	chain *chainSpec
	rule  *ruleSpec
	elems []*expr // of an element command
	elAt  loc
	table *tableSpec
	objs  *objSpec
	sub   []*cmd // of a block
	what  *expr  // describe
	flow  *flowSpec
	json  *any   // where it was read as JSON
	made  uint64 // the handle of what it made
}

// A tableSpec is what a table is declared as.
type tableSpec struct {
	dormant  bool
	hasFlags bool
	comment  string
}

// A ruleSpec is a rule as it was written.
type ruleSpec struct {
	stmts   []*stmt
	comment string
	at      loc
}

// An objSpec is a named object as it was written.
type objSpec struct {
	kind    nftables.ObjKind
	comment string
	st      *stmt // counter, quota, limit
	helper  string
	l3      core.Family
	hasL3   bool
	l4      uint64
	policy  map[string]uint64
	word    string
}
