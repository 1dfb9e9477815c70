package real

const (
	sysBPF   = 321
	sysSetns = 308
)
