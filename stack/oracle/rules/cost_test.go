package rules

import "testing"

func benchLoad(b *testing.B, i int) {
	c, err := loads[i].begin()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		c.one()
	}
}

func BenchmarkEmptyChain(b *testing.B)            { benchLoad(b, 0) }
func BenchmarkMillionMap(b *testing.B)            { benchLoad(b, 1) }
func BenchmarkThousandRulesLegacy(b *testing.B)   { benchLoad(b, 2) }
func BenchmarkThousandRulesNft(b *testing.B)      { benchLoad(b, 3) }
func BenchmarkTenThousandRulesOfNft(b *testing.B) { benchLoad(b, 4) }
