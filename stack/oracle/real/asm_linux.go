package real

import "encoding/binary"

// A prog is a BPF program under construction. The context stays in r6, the
// record in r7.
type prog struct {
	code  []byte
	exits []int // jumps to the end
}

// Helpers of the kernel (enum bpf_func_id).
const (
	fnKtime      = 5
	fnCPU        = 8
	fnPidTgid    = 14
	fnComm       = 16
	fnTask       = 35
	fnStack      = 67
	fnProbeRead  = 113
	fnRBReserve  = 131
	fnRBSubmit   = 132
	fnMapUpdate  = 2
	fnMapLookup  = 1
	bpfDW        = 0x18
	opLdxDW      = 0x79
	opStxDW      = 0x7b
	opStDW       = 0x7a
	opMovReg     = 0xbf
	opMovImm     = 0xb7
	opAddImm     = 0x07
	opAddReg     = 0x0f
	opCall       = 0x85
	opExit       = 0x95
	opJeqImm     = 0x15
	opJneImm     = 0x55
	opLdImm64    = 0x18
	pseudoMapFD  = 1
	opAtomicAdd8 = 0xdb
)

func (p *prog) ins(op, dst, src uint8, off int16, imm int32) {
	b := [8]byte{op, src<<4 | dst}
	binary.LittleEndian.PutUint16(b[2:], uint16(off))
	binary.LittleEndian.PutUint32(b[4:], uint32(imm))
	p.code = append(p.code, b[:]...)
}

func (p *prog) call(fn int32) { p.ins(opCall, 0, 0, 0, fn) }

// begin reserves the record; without room it counts the loss and ends.
func (p *prog) begin(ring, lost, size int) {
	p.ins(opMovReg, 6, 1, 0, 0)
	p.ins(opLdImm64, 1, pseudoMapFD, 0, int32(ring))
	p.ins(0, 0, 0, 0, 0)
	p.ins(opMovImm, 2, 0, 0, int32(size))
	p.ins(opMovImm, 3, 0, 0, 0)
	p.call(fnRBReserve)
	p.ins(opJneImm, 0, 0, 11, 0)
	p.ins(opStDW, 10, 0, -8, 0)
	p.ins(opMovReg, 2, 10, 0, 0)
	p.ins(opAddImm, 2, 0, 0, -8)
	p.ins(opLdImm64, 1, pseudoMapFD, 0, int32(lost))
	p.ins(0, 0, 0, 0, 0)
	p.call(fnMapLookup)
	p.ins(opJeqImm, 0, 0, 2, 0)
	p.ins(opMovImm, 1, 0, 0, 1)
	p.ins(opAtomicAdd8, 0, 1, 0, 0)
	p.ins(opMovImm, 0, 0, 0, 0)
	p.ins(opExit, 0, 0, 0, 0)
	p.ins(opMovReg, 7, 0, 0, 0)
}

// put stores r0 in the record.
func (p *prog) put(at int) { p.ins(opStxDW, 7, 0, int16(at), 0) }

// arg stores an argument of the tracepoint.
func (p *prog) arg(n, at int) {
	p.ins(opLdxDW, 0, 6, int16(8*n), 0)
	p.put(at)
}

// walk leaves in r3 the address that is reached from r3 by following pointers
// at the offsets; the last offset is only added.
func (p *prog) walk(offs []int) {
	for i, o := range offs {
		if o != 0 {
			p.ins(opAddImm, 3, 0, 0, int32(o))
		}
		if i == len(offs)-1 {
			break
		}
		p.ins(opStDW, 10, 0, -8, 0)
		p.ins(opMovReg, 1, 10, 0, 0)
		p.ins(opAddImm, 1, 0, 0, -8)
		p.ins(opMovImm, 2, 0, 0, 8)
		p.call(fnProbeRead)
		p.ins(opLdxDW, 3, 10, -8, 0)
	}
}

// read copies size bytes from the address in r3 into the record; what cannot be
// read becomes 0.
func (p *prog) read(at, size int) {
	p.ins(opMovReg, 1, 7, 0, 0)
	p.ins(opAddImm, 1, 0, 0, int32(at))
	p.ins(opMovImm, 2, 0, 0, int32(size))
	p.call(fnProbeRead)
}

// zero clears a place of 8 bytes in the record.
func (p *prog) zero(at int) { p.ins(opStDW, 7, 0, int16(at), 0) }

// end submits the record.
func (p *prog) end() {
	p.ins(opMovReg, 1, 7, 0, 0)
	p.ins(opMovImm, 2, 0, 0, 0)
	p.call(fnRBSubmit)
	p.ins(opMovImm, 0, 0, 0, 0)
	p.ins(opExit, 0, 0, 0, 0)
}
