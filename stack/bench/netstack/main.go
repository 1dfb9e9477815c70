package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
)

// A figure is what one run is worth.
type figure struct {
	FPS         float64 `json:"netstack_fps"`
	Frames      int     `json:"frames"`
	In          int     `json:"in"`          // injected
	Sent        int     `json:"sent"`        // by gVisor
	Connections int     `json:"connections"` // accepted
	Read        int64   `json:"read"`        // bytes that the servers read
	Written     int64   `json:"written"`     // bytes that they wrote
	Datagrams   int64   `json:"datagrams"`   // that were answered
	Late        int     `json:"late"`        // segments that were injected though gVisor never sent what they acknowledge
	Resent      uint64  `json:"resent"`      // segments that gVisor sent again
	Resets      uint64  `json:"resets"`      // that gVisor sent
	BadSums     uint64  `json:"bad_sums"`
	Dropped     uint64  `json:"dropped"`
}

func main() {
	path := flag.String("r", "", "the capture, made by packetwalk bench")
	asJSON := flag.Bool("json", false, "print the figures as JSON")
	runs := flag.Int("runs", 1, "how often; the median counts")
	flag.Parse()
	if *path == "" || flag.NArg() > 0 || *runs < 1 {
		fmt.Fprintln(os.Stderr, "usage: netstack -r capture.pcap [-json] [-runs n]")
		os.Exit(2)
	}
	var all []figure
	for range *runs {
		f, err := run(*path)
		if err != nil {
			fmt.Fprintln(os.Stderr, "netstack:", err)
			os.Exit(1)
		}
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b figure) int { return int(a.FPS - b.FPS) })
	f := all[len(all)/2]
	if *asJSON {
		b, _ := json.Marshal(f)
		fmt.Println(string(b))
		return
	}
	fmt.Printf("gVisor netstack: %.0f frames/s (%d frames, %d injected)\n", f.FPS, f.Frames, f.In)
	fmt.Printf("%d connections served: %d bytes read, %d written; %d datagrams answered; %d frames sent\n", f.Connections, f.Read, f.Written, f.Datagrams, f.Sent)
	fmt.Printf("%d acknowledgements came too early, %d segments sent again, %d resets sent, %d bad checksums, %d dropped\n", f.Late, f.Resent, f.Resets, f.BadSums, f.Dropped)
}
