package real

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// A frameRing is memory that the kernel copies frames into as they pass (packet(7),
// PACKET_RX_RING, TPACKET_V3). A socket without one keeps a clone, which shares its
// bytes with the packet: whoever writes into the packet later, as ip_fraglist_prepare
// does, would change what was seen before.
type frameRing struct {
	mem  []byte
	next int // the block that is filled next
}

// Sizes of the ring: a block holds the largest packet with its header.
const (
	ringBlock  = 1 << 18
	ringBlocks = 64
	ringTick   = 4 // ms after which the kernel hands over a block that is not full

	packetRxRing  = 5
	packetVersion = 10
	tpacketV3     = 2
)

// newFrameRing gives a packet socket its ring.
func newFrameRing(fd int) (*frameRing, error) {
	if err := syscall.SetsockoptInt(fd, solPacket, packetVersion, tpacketV3); err != nil {
		return nil, fmt.Errorf("packet ring: %w", err)
	}
	const frame = 2048
	req := [7]uint32{ringBlock, ringBlocks, frame, ringBlock / frame * ringBlocks, ringTick}
	if _, _, e := syscall.Syscall6(syscall.SYS_SETSOCKOPT, uintptr(fd), solPacket, packetRxRing, uintptr(unsafe.Pointer(&req[0])), unsafe.Sizeof(req), 0); e != 0 {
		return nil, fmt.Errorf("packet ring: %w", e)
	}
	mem, err := syscall.Mmap(fd, 0, ringBlock*ringBlocks, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("packet ring: %w", err)
	}
	return &frameRing{mem: mem}, nil
}

// close gives the memory back.
func (r *frameRing) close() {
	if r != nil {
		syscall.Munmap(r.mem)
	}
}

// settle waits until the kernel has handed over all that it has seen.
func (r *frameRing) settle() { time.Sleep(3 * ringTick * time.Millisecond) }

// take calls f for each frame that has been handed over, in order.
func (r *frameRing) take(f func(index int32, kind uint8, fr Frame)) {
	le := binary.LittleEndian
	for {
		b := r.mem[r.next*ringBlock : (r.next+1)*ringBlock]
		status := (*uint32)(unsafe.Pointer(&b[8])) // tpacket_hdr_v1.block_status
		if atomic.LoadUint32(status)&1 == 0 {      // TP_STATUS_USER
			return
		}
		at := le.Uint32(b[16:])
		for n := le.Uint32(b[12:]); n > 0; n-- {
			h := b[at:] // tpacket3_hdr, then a sockaddr_ll
			mac, got := le.Uint16(h[24:]), le.Uint32(h[12:])
			fr := Frame{At: int64(le.Uint32(h[4:]))*1e9 + int64(le.Uint32(h[8:]))}
			fr.Partial = le.Uint32(h[20:])&8 != 0 // TP_STATUS_CSUMNOTREADY
			fr.Bytes = append([]byte(nil), h[mac:uint32(mac)+got]...)
			f(int32(le.Uint32(h[52:])), h[58], fr)
			at += le.Uint32(h)
		}
		atomic.StoreUint32(status, 0)
		r.next = (r.next + 1) % ringBlocks
	}
}
