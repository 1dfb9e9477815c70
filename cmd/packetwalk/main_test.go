package main

import (
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/packetwalk/packetwalk/pcaps"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"packetwalk": func() { os.Exit(run(os.Args[1:])) },
	})
}

// TestScript runs testdata/script: the command line as people meet it.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: func(e *testscript.Env) error { return inputs(e.WorkDir) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// status N ARGS: packetwalk exits with N, and says why.
			"status": func(ts *testscript.TestScript, neg bool, args []string) {
				want, err := strconv.Atoi(args[0])
				ts.Check(err)
				_, msg := ended(ts, want, args[1:]...)
				if msg == "" {
					ts.Fatalf("nothing is said on standard error")
				}
			},
			// helps: the help of every command is whole.
			"helps": func(ts *testscript.TestScript, neg bool, args []string) {
				for _, c := range append(command().Commands(), command()) {
					if c.Name() == "help" || !c.IsAvailableCommand() && c.Name() != "packetwalk" {
						continue
					}
					args := []string{c.Name(), "--help"}
					if c.Name() == "packetwalk" {
						args = args[1:]
					}
					out, msg := ended0(ts, args...)
					if msg != "" || !strings.Contains(out, "Exit status: 0 ") || !strings.Contains(out, "Examples:\n  packetwalk") {
						ts.Fatalf("packetwalk %q: no exit statuses or no example: %s%s", args, out, msg)
					}
				}
			},
			// bad FILE TEXT: FILE is refused in one line with TEXT.
			"bad": func(ts *testscript.TestScript, neg bool, args []string) {
				out, msg := ended(ts, 1, "trace", args[0])
				if out != "" {
					ts.Fatalf("printed for a bad input: %s", out)
				}
				line(ts, msg, args[1])
			},
			// broken FILE TEXT: FILE is walked until it breaks off, for TEXT.
			"broken": func(ts *testscript.TestScript, neg bool, args []string) {
				for _, mode := range []string{"follow", "react"} {
					out, msg := ended(ts, 1, "trace", args[0], "--summary", "--mode", mode)
					line(ts, msg, args[1])
					if !strings.Contains(out, "\nhash ") {
						ts.Fatalf("no summary: %s", out)
					}
				}
			},
			// whole FILE: it is walked to its end.
			"whole": func(ts *testscript.TestScript, neg bool, args []string) {
				for _, mode := range []string{"follow", "react"} {
					out, msg := ended(ts, 0, "trace", args[0], "--mode", mode)
					if msg != "" || !strings.Contains(out, "\nhash ") {
						ts.Fatalf("standard error: %s", msg)
					}
				}
			},
			// oneline: the last command said one line on standard error.
			"oneline": func(ts *testscript.TestScript, neg bool, args []string) { line(ts, ts.ReadFile("stderr"), ".") },
			// escape: the name of a file that would turn the terminal red.
			"escape": func(ts *testscript.TestScript, neg bool, args []string) {
				ended(ts, 1, "trace", "\x1b[31mred")
				ended(ts, 1, "trace", "\x1b[31mgone")
				ended(ts, 2, "\x1b[31m")
				ended(ts, 2, "trace", "ping", "--\x1b[31m")
				ended(ts, 2, "trace", "ping", "-f", "\x1b[31m")
				ended(ts, 0, "trace", "\x1b[31m.pcap")
			},
		},
	})
}

// ended runs packetwalk and returns what it printed. Whatever happens, it ends
// in time with the status that is wanted, and sends no escape sequence.
func ended(ts *testscript.TestScript, want int, args ...string) (out, msg string) {
	err := ts.Exec("packetwalk", args...)
	out, msg = ts.ReadFile("stdout"), ts.ReadFile("stderr")
	got := 0
	var e *exec.ExitError
	if errors.As(err, &e) {
		got = e.ExitCode()
	}
	if got != want {
		ts.Fatalf("packetwalk %q: exit status %d, want %d: %s", args, got, want, msg)
	}
	if strings.ContainsRune(out+msg, 0x1b) {
		ts.Fatalf("packetwalk %q: an escape sequence: %q", args, out+msg)
	}
	return out, msg
}

// ended0 runs packetwalk, which ends well.
func ended0(ts *testscript.TestScript, args ...string) (out, msg string) {
	return ended(ts, 0, args...)
}

// line checks that a message is one line with a text.
func line(ts *testscript.TestScript, msg, text string) {
	if strings.Count(msg, "\n") != 1 || !strings.HasPrefix(msg, "packetwalk: ") || !regexp.MustCompile(text).MatchString(msg) {
		ts.Fatalf("not one line with %q: %s", text, msg)
	}
}

// inputs writes the files that the scripts name: captures, good and broken.
func inputs(dir string) error {
	e, _ := pcaps.Lookup("tcp")
	r, err := e.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	var frames [][]byte
	for {
		f, err := r.Next()
		if err != nil {
			break
		}
		frames = append(frames, append([]byte(nil), f.Data...))
	}
	whole := capture(1, 262144, frames, nil)
	files := map[string][]byte{
		"good.pcap":      whole,
		"cut.pcap":       whole[:len(whole)-30],
		"huge.pcap":      append(capture(1, 262144, frames[:3], nil), record(9, 0xffffffff, 0xffffffff)...),
		"snap0.pcap":     capture(1, 0, make([][]byte, 5), []uint32{60, 60, 60, 60, 60}),
		"long.pcap":      capture(1, 262144, frames, []uint32{0xffffffff}),
		"unknown.pcap":   capture(147, 262144, frames, nil),
		"empty.pcap":     {},
		"header.pcap":    capture(1, 262144, nil, nil),
		"picture.jpg":    []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"),
		"text.txt":       []byte("12:00:00 IP 10.0.0.1 > 10.0.0.2\n"),
		"\x1b[31mred":    []byte("\x1b]0;title\x07"),
		"\x1b[31m.pcap":  whole,
		"interfaces.ng":  interfaces(100000, frames[0]),
		"year2106.pcap":  later(whole, 0xffffffff),
		"backwards.pcap": later(whole, 0),
	}
	for i := range frames {
		frames[i] = frames[i][:i*5%14]
	}
	files["short.pcap"] = capture(1, 262144, frames, nil)
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// capture is a pcap file. orig gives lengths on the wire; the last one holds
// for the frames that are left.
func capture(link, snap uint32, frames [][]byte, orig []uint32) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0xa1b2c3d4)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	b = le.AppendUint32(le.AppendUint32(b, snap), link)
	for i, f := range frames {
		n := uint32(len(f))
		if len(orig) > 0 {
			n = orig[min(i, len(orig)-1)]
		}
		b = append(append(b, record(uint32(1000+i), uint32(len(f)), n)...), f...)
	}
	return b
}

func record(sec, caplen, orig uint32) []byte {
	b := binary.LittleEndian.AppendUint32(nil, sec)
	b = append(b, 0, 0, 0, 0)
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, caplen), orig)
}

// later gives every second frame of a capture another second.
func later(whole []byte, sec uint32) []byte {
	b := append([]byte(nil), whole...)
	for i, at := 0, 24; at < len(b); i++ {
		n := binary.LittleEndian.Uint32(b[at+8:])
		if i%2 == 1 {
			binary.LittleEndian.PutUint32(b[at:], sec)
		}
		at += 16 + int(n)
	}
	return b
}

// interfaces is a pcapng file with many interfaces, and a frame on the last.
func interfaces(n int, frame []byte) []byte {
	le := binary.LittleEndian
	words := func(b []byte, w ...uint32) []byte {
		for _, v := range w {
			b = le.AppendUint32(b, v)
		}
		return b
	}
	b := words(nil, 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28)
	for range n {
		b = words(b, 1, 20, 1, 65535, 20)
	}
	size := (len(frame) + 3) &^ 3
	b = words(b, 6, uint32(32+size), uint32(n-1), 0, 0, uint32(len(frame)), uint32(len(frame)))
	b = append(append(b, frame...), make([]byte, size-len(frame))...)
	return words(b, uint32(32+size))
}
