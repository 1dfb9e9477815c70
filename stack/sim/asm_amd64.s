#include "textflag.h"

// func Prefetch(at, n uintptr)
TEXT ·Prefetch(SB), NOSPLIT, $0-16
	MOVQ at+0(FP), AX
	MOVQ n+8(FP), CX
	ADDQ AX, CX
	ANDQ $~63, AX
line:
	PREFETCHT0 (AX)
	ADDQ $64, AX
	CMPQ AX, CX
	JLT  line
	RET

// func unlikeWords(a, b *uint32, n int) uint64
//
// Sixteen words at a time are compared, and what came of each is packed into a
// bit; then those that are left, one by one.
TEXT ·unlikeWords(SB), NOSPLIT, $0-32
	MOVQ a+0(FP), SI
	MOVQ b+8(FP), DI
	MOVQ n+16(FP), DX
	XORQ AX, AX // the bits
	XORQ CX, CX // how far they have come
sixteen:
	CMPQ DX, $16
	JLT  one
	MOVOU 0(SI), X0
	MOVOU 16(SI), X1
	MOVOU 32(SI), X2
	MOVOU 48(SI), X3
	MOVOU 0(DI), X4
	MOVOU 16(DI), X5
	MOVOU 32(DI), X6
	MOVOU 48(DI), X7
	PCMPEQL X4, X0
	PCMPEQL X5, X1
	PCMPEQL X6, X2
	PCMPEQL X7, X3
	PACKSSLW X1, X0
	PACKSSLW X3, X2
	PACKSSWB X2, X0
	PMOVMSKB X0, R8
	XORQ $0xffff, R8
	SHLQ CX, R8
	ORQ  R8, AX
	ADDQ $64, SI
	ADDQ $64, DI
	ADDQ $16, CX
	SUBQ $16, DX
	JMP  sixteen
one:
	TESTQ DX, DX
	JEQ  done
	MOVL 0(SI), R8
	XORL 0(DI), R8
	XORQ R9, R9
	TESTL R8, R8
	SETNE R9
	SHLQ CX, R9
	ORQ  R9, AX
	ADDQ $4, SI
	ADDQ $4, DI
	INCQ CX
	DECQ DX
	JMP  one
done:
	MOVQ AX, ret+24(FP)
	RET
