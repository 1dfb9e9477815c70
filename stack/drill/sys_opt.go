package drill

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
)

// optval is the memory of an option's value: a number in brackets, a string, a
// structure.
func (a *arguments) optval(i int) []byte {
	le := binary.LittleEndian
	x := a.at(i)
	switch x.Kind {
	case ExLinger:
		return le.AppendUint32(le.AppendUint32(nil, uint32(x.Sub[0].N)), uint32(x.Sub[1].N))
	case ExInet6Addr:
		b := netip.MustParseAddr(x.S).As16()
		return b[:]
	case ExString:
		return append([]byte(x.S), 0)
	case ExList:
		return le.AppendUint32(nil, uint32(a.bracketedInt(i)))
	case ExGRE, ExMPLS:
		a.fail(notModelled{"socket options of " + x.Kind.String()})
	default:
		a.fail(fmt.Errorf("unsupported setsockopt value type: %s", x.Kind))
	}
	return nil
}

// sysSetsockopt is syscall_setsockopt.
func sysSetsockopt(r *Runner, a *arguments) (*sysCall, error) {
	a.count(5)
	s := &sysCall{Call: socket.Call{Op: socket.OpSetSockOpt, FD: r.live(a, 0), Level: a.int(1), Name: a.int(2)}}
	n := a.int(4)
	b := a.optval(3)
	switch {
	case a.err != nil:
		return s, nil
	case n < 0:
		return failed(step.EINVAL), nil // do_sock_setsockopt
	case n > 1<<16:
		return nil, fmt.Errorf("an optlen of %d is too large", n)
	}
	s.Data = make([]byte, n)
	copy(s.Data, b)
	return s, nil
}

// sysGetsockopt is syscall_getsockopt: the value that came back is compared.
func sysGetsockopt(r *Runner, a *arguments) (*sysCall, error) {
	a.count(5)
	s := &sysCall{Call: socket.Call{Op: socket.OpGetSockOpt, FD: r.live(a, 0), Level: a.int(1), Name: a.int(2)}}
	x, n := a.at(3), a.bracketedInt(4)
	if n < 0 || n > 1<<16 {
		a.fail(fmt.Errorf("an optlen of %d is out of range", n))
		return s, nil
	}
	s.Data, s.OptLen = make([]byte, n), n
	s.then = func() error {
		if s.Err == 0 && s.OptLen != n {
			return fmt.Errorf("Bad getsockopt optlen: expected: %d actual: %d", n, s.OptLen)
		}
		return compareOpt(x, s.Data, n)
	}
	return s, nil
}

// compareOpt compares the value of an option with the script's.
func compareOpt(x *Expr, got []byte, n int) error {
	switch x.Kind {
	case ExString:
		if n != len(x.S) {
			return fmt.Errorf("Bad getsockopt optval: expected optlen (%d bytes) does not match length of expected optval string %q (%d bytes)", n, x.S, len(x.S))
		}
		if string(got) != x.S {
			return fmt.Errorf("Bad getsockopt optval: expected: %q actual: %q", x.S, got)
		}
	case ExList:
		if n != 4 {
			return fmt.Errorf("Unsupported getsockopt optlen: %d", n)
		}
		a := arguments{list: []*Expr{x}}
		want := a.bracketedInt(0)
		if a.err != nil {
			return a.err
		}
		if v := int(int32(binary.LittleEndian.Uint32(got))); v != want {
			return fmt.Errorf("Bad getsockopt optval: expected: %d actual: %d", want, v)
		}
	case ExInet6Addr:
		if n != 16 {
			return fmt.Errorf("Unsupported getsockopt optlen: %d", n)
		}
		if want := netip.MustParseAddr(x.S).As16(); string(want[:]) != string(got) {
			return fmt.Errorf("Bad getsockopt optval: expected: %s actual: %s", x.S, netip.AddrFrom16([16]byte(got)))
		}
	default:
		return fmt.Errorf("unsupported getsockopt value type: %s", x.Kind)
	}
	return nil
}
