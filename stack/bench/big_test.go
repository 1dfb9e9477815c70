package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

func TestBig(t *testing.T) {
	r, err := Run(t.Context(), Options{Capture: "/tmp/b100k.pcap", NoTshark: true, Seeks: 5, Runs: 1, Progress: os.Stdout})
	if err != nil {
		t.Fatal(err)
	}
	r.Print(os.Stdout)
	b, _ := json.Marshal(r)
	fmt.Println(string(b))
}
func TestMk(t *testing.T) {
	f, _ := os.Create("/tmp/b100k.pcap")
	Generate(f, 100000, 1000, 1)
	f.Close()
}
