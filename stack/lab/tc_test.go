package lab

import "testing"

// The texts are those of iproute2 6.1 on Linux 6.18.
func TestTcNumbers(t *testing.T) {
	for _, x := range [][2]string{
		{tcSize(5120), "5Kb"}, {tcSize(10237), "10Kb"}, {tcSize(1048500), "1048500b"}, {tcSize(12344), "12344b"}, {tcSize(1539), "1539b"}, {tcSize(0), "0b"},
		{tcBits(125000), "1Mbit"}, {tcBits(1543209), "12345Kbit"}, {tcBits(196608), "1572Kbit"}, {tcBits(1), "8bit"}, {tcBits(62500), "500Kbit"}, {tcBits(1250000000), "10Gbit"},
		{tcMicros(40960), "41ms"}, {tcMicros(45626), "45.6ms"}, {tcMicros(1477867733), "1.48e+03s"}, {tcMicros(3), "3us"}, {tcMicros(2500000), "2.5s"}, {tcMicros(400000), "400ms"},
		{tcNanos(10000), "10us"}, {tcNanos(1000000), "1ms"}, {tcNanos(100), "100ns"},
	} {
		if x[0] != x[1] {
			t.Errorf("%q, want %q", x[0], x[1])
		}
	}
	for s, want := range map[string]uint64{"1mbit": 125000, "1mbps": 1000000, "1.5Mibit": 196608, "8bit": 1, "3000": 375} {
		if n, ok := tcRate(s); !ok || n != want {
			t.Errorf("%s: %d, %v", s, n, ok)
		}
	}
	for _, s := range []string{"", "x", "-1mbit", "1mbitt", "50%"} {
		if _, ok := tcRate(s); ok {
			t.Errorf("%q is no rate", s)
		}
	}
	for s, want := range map[string]int{"32kbit": 4096, "1540": 1540, "5k": 5120, "1.5k": 1536, "1m": 1 << 20} {
		if n, ok := tcBytes(s); !ok || n != want {
			t.Errorf("%s: %d, %v", s, n, ok)
		}
	}
}

func FuzzTcNumbers(f *testing.F) {
	for _, s := range []string{"1mbit", "10.5ms", "50%", "1e9", "-3", "", "999999999999999999999gbit", "1..2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tcRate(s)
		tcTime(s)
		tcTime64(s)
		tcPercent(s)
		tcSizeCell(s)
		if n, ok := tcBytes(s); ok && n < 0 {
			t.Error(n)
		}
	})
}
