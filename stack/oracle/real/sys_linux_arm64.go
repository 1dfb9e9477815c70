package real

const (
	sysBPF   = 280
	sysSetns = 268
)
