package step

// A Step names one kernel function. The high byte is its Area.
type Step uint16

// A Why names one sentence that explains a decision; its text has places for
// the values that decided. The high byte is its Area.
type Why uint16

// A Try names one kind of alternative that lost. The high byte is its Area.
type Try uint16

// An Area is a part of the catalogue: one file, one protocol package.
type Area uint8

const (
	areaNone Area = iota
	areaDriver
	areaCore
	areaNetfilter
	areaInet
	areaIPv4
	areaIPv6
	areaTCP
	areaUDP
	areaSocket
	areaSched
	areaReplay
	areaDrop
	areaConntrack
	areaNAT
	areaNftables
	areaBridge
	areaIptables
	areaTCPHandshake
	areaTCPRecovery
	areaTCPCong
	areaTC
	numAreas
)

// A Layer is a floor of the kernel's network stack, as a person sees it.
type Layer uint8

// The layers, from the wire up.
const (
	Driver Layer = iota
	Core
	Netfilter
	Network
	Transport
	Socket
	App
)

var layerNames = [...]string{"driver", "core", "netfilter", "network", "transport", "socket", "app"}

// String is the layer's name, in lower case.
func (l Layer) String() string { return layerNames[l] }

// Info is what the catalogue knows about one Step.
type Info struct {
	Func  string // the kernel's name, "ip_rcv_core"
	Layer Layer
	File  string // path in the kernel tree, "net/ipv4/ip_input.c"
	What  string // one line: what the function is for
}

// A Tried is an alternative that was considered and lost.
type Tried struct {
	What      string // "route", "rule", "socket", "neigh", "device"
	Candidate string // the alternative, with places for its values
	Because   string // the operand that ruled it out
}

var stepTables = [numAreas][]Info{
	areaDriver: driverSteps[:], areaCore: coreSteps[:], areaNetfilter: netfilterSteps[:], areaInet: inetSteps[:],
	areaIPv4: ipv4Steps[:], areaIPv6: ipv6Steps[:], areaTCP: tcpSteps[:], areaUDP: udpSteps[:],
	areaSocket: socketSteps[:], areaSched: schedSteps[:],
	areaConntrack: conntrackSteps[:], areaNAT: natSteps[:],
	areaNftables: nftablesSteps[:], areaBridge: bridgeSteps[:], areaIptables: iptablesSteps[:],
	areaTCPHandshake: tcpHandshakeSteps[:], areaTCPCong: tcpCongSteps[:],
	areaTCPRecovery: tcpRecoverySteps[:], areaTC: tcSteps[:],
}

var whyTables = [numAreas][]string{
	areaDriver: driverWhys[:], areaCore: coreWhys[:], areaNetfilter: netfilterWhys[:], areaInet: inetWhys[:],
	areaIPv4: ipv4Whys[:], areaIPv6: ipv6Whys[:], areaTCP: tcpWhys[:], areaUDP: udpWhys[:],
	areaSocket: socketWhys[:], areaSched: schedWhys[:], areaReplay: replayWhys[:],
	areaDrop: dropWhys[:], areaConntrack: conntrackWhys[:], areaNAT: natWhys[:],
	areaNftables: nftablesWhys[:], areaBridge: bridgeWhys[:], areaIptables: iptablesWhys[:],
	areaTCPHandshake: tcpHandshakeWhys[:], areaTCPCong: tcpCongWhys[:],
	areaTCPRecovery: tcpRecoveryWhys[:], areaTC: tcWhys[:],
}

var tryTables = [numAreas][]Tried{
	areaDriver: driverTries[:], areaCore: coreTries[:], areaNetfilter: netfilterTries[:], areaInet: inetTries[:],
	areaIPv4: ipv4Tries[:], areaIPv6: ipv6Tries[:], areaTCP: tcpTries[:], areaUDP: udpTries[:],
	areaSocket: socketTries[:], areaSched: schedTries[:],
	areaConntrack: conntrackTries[:], areaNAT: natTries[:],
	areaNftables: nftablesTries[:], areaBridge: bridgeTries[:], areaIptables: iptablesTries[:],
	areaTCPHandshake: tcpHandshakeTries[:], areaTCPCong: tcpCongTries[:],
	areaTCPRecovery: tcpRecoveryTries[:], areaTC: tcTries[:],
}

// Info returns the catalogue's row.
func (s Step) Info() *Info { return &stepTables[s>>8][s&255] }

// String returns the kernel's name of the function.
func (s Step) String() string {
	if s == 0 {
		return ""
	}
	return s.Info().Func
}

// Text returns the sentence, with its places.
func (w Why) Text() string {
	if w == 0 {
		return ""
	}
	return whyTables[w>>8][w&255]
}

// Info returns the catalogue's row.
func (t Try) Info() *Tried { return &tryTables[t>>8][t&255] }

// Each calls f for every Step of the catalogue, in order.
func Each(f func(Step, *Info)) {
	for a := range stepTables {
		for i := range stepTables[a] {
			if stepTables[a][i].Func != "" {
				f(Step(a<<8|i), &stepTables[a][i])
			}
		}
	}
}

// ByName returns the Step of a kernel function, or 0.
func ByName(fn string) (found Step) {
	Each(func(s Step, i *Info) {
		if i.Func == fn {
			found = s
		}
	})
	return found
}

// EachWhy calls f for every sentence; EachTry for every kind of alternative.
func EachWhy(f func(Why, string)) {
	for a := range whyTables {
		for i, s := range whyTables[a] {
			if s != "" {
				f(Why(a<<8|i), s)
			}
		}
	}
}

// EachTry calls f for every kind of alternative.
func EachTry(f func(Try, *Tried)) {
	for a := range tryTables {
		for i := range tryTables[a] {
			if tryTables[a][i].What != "" {
				f(Try(a<<8|i), &tryTables[a][i])
			}
		}
	}
}
