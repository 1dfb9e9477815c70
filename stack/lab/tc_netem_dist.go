package lab

import (
	"math"

	"github.com/packetwalk/packetwalk/stack/sched"
)

// distribution reads the name of a table of random values.
func (a *tcArgs) distribution() *sched.NetemDist {
	name, ok := a.value()
	if !ok {
		return nil
	}
	switch name {
	case "normal":
		return &sched.NetemDist{Name: name, Table: tcNormal()}
	case "pareto":
		return &sched.NetemDist{Name: name, Table: tcPareto()}
	case "paretonormal":
		return &sched.NetemDist{Name: name, Table: tcParetoNormal()}
	case "experimental":
		a.say(1, "not modelled: netem distribution %s", name)
		return nil
	}
	a.say(1, "No distribution data for %s (/usr/lib/x86_64-linux-gnu/tc//%s.dist: No such file or directory)", name, name)
	return nil
}

// The tables hold the inverse of a distribution function at 4096 places, in units of
// 1/8192 of the deviation (iproute2, netem/normal.c, pareto.c, paretonormal.c).
const (
	tcDistSize  = 16384
	tcDistScale = 8192
)

func tcClamp16(v int) int16 { return int16(min(max(v, math.MinInt16), math.MaxInt16)) }

// tcNormals is the largest x, in steps of 0.00005 from -10, of which the distribution
// function rounds to i/16384.
func tcNormals() *[tcDistSize + 1]float64 {
	var t [tcDistSize + 1]float64
	for x := -10.0; x < 10.05; x += .00005 {
		t[int(math.RoundToEven(tcDistSize*(.5+.5*math.Erf(x/math.Sqrt2))))] = x
	}
	return &t
}

func tcNormal() []int16 {
	var l []int16
	t := tcNormals()
	for i := 0; i < tcDistSize; i += 4 {
		l = append(l, tcClamp16(int(math.RoundToEven(t[i]*tcDistScale))))
	}
	return l
}

// tcParetoAt is the value at i/65536 of a Pareto distribution with exponent 3.
func tcParetoAt(i int) int {
	v := (1/math.Pow(float64(i)/65536, 1.0/3) - 1.5) * (4.0 / 3) * tcDistScale
	return int(math.RoundToEven(min(v, math.MaxInt16)))
}

func tcPareto() []int16 {
	var l []int16
	for i := 65536; i > 0; i -= 16 {
		l = append(l, int16(tcParetoAt(i)))
	}
	return l
}

func tcParetoNormal() []int16 {
	var l []int16
	t := tcNormals()
	for i := 0; i < tcDistSize; i += 4 {
		n := int(math.RoundToEven(t[i] * tcDistScale))
		l = append(l, tcClamp16((n+3*tcParetoAt(65536-4*i))/4))
	}
	return l
}
