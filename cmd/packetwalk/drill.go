package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/stack/drill"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/view"
)

// A drillFlags is what drill is asked for.
type drillFlags struct {
	given   []drill.Setting
	verbose bool
	list    bool
	format  string
	maxTime float64
}

// drillOptions are packetdrill's own options that drill takes, with what they
// say in the help.
var drillOptions = [...]struct{ name, value, help string }{
	{"ip_version", "MODE", "packets and sockets: ipv4, ipv6 or ipv4-mapped-ipv6"},
	{"bind_port", "PORT", "what bind() binds to (8080)"},
	{"connect_port", "PORT", "what connect() connects to (8080)"},
	{"local_ip", "ADDRESS", "the machine's address"},
	{"remote_ip", "ADDRESS", "the other side's, or a prefix"},
	{"gateway_ip", "ADDRESS", "the way to it"},
	{"netmask_ip", "MASK", "of the machine's address"},
	{"mtu", "BYTES", "of tun0 (1500; 1520 with ipv6)"},
	{"mss", "BYTES", "of packets that come in"},
	{"speed", "MBITS", "of tun0"},
	{"init_scripts", "FILES", "commands before the script, with commas"},
	{"tolerance_usecs", "USECS", "how far off an event may be (4000)"},
	{"tolerance_percent", "PERCENT", "or so much of the time since the last event (12.5)"},
	{"tcp_ts_tick_usecs", "USECS", "check timestamps: a tick is so long"},
	{"non_fatal", "LIST", "packet, syscall: go on after such an error"},
	{"code_command", "COMMAND", "ignored: Python is evaluated here"},
	{"code_format", "FORMAT", "python"},
	{"code_sockopt", "OPTION", "ignored"},
	{"tcp_ts_ecr_scaled", "", "an unknown timestamp echo is scaled"},
	{"strict_segments", "", "one packet for each of the script's"},
	{"is_anyip", "", "the local address is on no device"},
	{"send_omit_free", "", "ignored"},
	{"dry_run", "", "read the scripts only"},
	{"debug", "", "ignored"},
}

func drillCommand() *cobra.Command {
	var f drillFlags
	c := &cobra.Command{
		Use:   "drill SCRIPT...",
		Short: "Run packetdrill scripts on the model, in virtual time",
		Long: `Run packetdrill scripts (github.com/google/packetdrill) on the model, in virtual
time. SCRIPT is a file, or the name of a bundled script. A script makes system calls,
sends packets in and says which packets shall go out and when. The first event that is not as the script says ends it: the line, what
was expected and what happened are told, in packetdrill's words.

The exit status is 0 when every script passes, 1 when one does not, 2 when one cannot
be read. A script that needs what the model does not have fails, and says so.`,
		Example: `  packetwalk drill handshake.pkt
  packetwalk drill --ip_version=ipv6 -D CC=reno *.pkt
  packetwalk drill --list                      the bundled scripts, and what they show
  packetwalk drill nagle                       a bundled one
  packetwalk drill -v handshake.pkt            the packets as they go by
  packetwalk drill --format ndjson *.pkt       one JSON object a script`,
		RunE:              func(c *cobra.Command, args []string) error { return f.run(c.OutOrStdout(), args) },
		ValidArgsFunction: scripts,
	}
	fl := c.Flags()
	fl.SetNormalizeFunc(drillNames)
	for _, o := range drillOptions {
		v := &drillOption{f: &f, name: o.name, value: o.value}
		fl.Var(v, o.name, o.help)
		if o.value == "" {
			fl.Lookup(o.name).NoOptDefVal = "true"
		}
	}
	fl.VarP(&drillOption{f: &f, name: "define", value: "NAME=VALUE"}, "define", "D", "what a word of the script stands for")
	fl.BoolVar(&f.list, "list", false, "list the bundled scripts")
	fl.BoolVarP(&f.verbose, "verbose", "v", false, "show every packet, and what commands print")
	fl.StringVar(&f.format, "format", "text", "text or ndjson")
	fl.Float64Var(&f.maxTime, "max-time", float64(drill.DefaultMaxTime/sim.Second), "`SECONDS` of virtual time after which a script is stopped")
	return c
}

// A drillOption is an option of packetdrill: they are kept in order.
type drillOption struct {
	f           *drillFlags
	name, value string
}

func (o *drillOption) String() string { return "" }
func (o *drillOption) Type() string   { return o.value }
func (o *drillOption) Set(s string) error {
	o.f.given = append(o.f.given, drill.Setting{Name: o.name, Value: s})
	return nil
}

// IsBoolFlag tells that the option needs no value.
func (o *drillOption) IsBoolFlag() bool { return o.value == "" }

// A drillResult is how a script ended, for --format ndjson.
type drillResult struct {
	Script      string  `json:"script"`
	Mode        string  `json:"mode"`
	Pass        bool    `json:"pass"`
	Line        int     `json:"line,omitempty"`
	Error       string  `json:"error,omitempty"`
	NotModelled bool    `json:"not_modelled,omitempty"`
	Unreadable  bool    `json:"unreadable,omitempty"`
	Seconds     float64 `json:"virtual_seconds"`
}

func (f *drillFlags) run(w io.Writer, files []string) error {
	if f.list {
		listDrills(w)
		return nil
	}
	if len(files) == 0 {
		return usageError{errors.New("drill needs a script: FILE.pkt, or the name of a bundled one (--list)")}
	}
	if f.format != "text" && f.format != "ndjson" {
		return usageError{fmt.Errorf("--format: %q is neither text nor ndjson", f.format)}
	}
	if !(f.maxTime > 0 && f.maxTime <= 1e9) {
		return usageError{errors.New("--max-time takes seconds above 0")}
	}
	out := bufio.NewWriter(w)
	defer out.Flush()
	passed, failed, status := 0, 0, 0
	for _, name := range files {
		res := f.one(out, name)
		switch {
		case res.Pass:
			passed++
		case res.Unreadable:
			failed, status = failed+1, 2
		default:
			failed, status = failed+1, max(status, 1)
		}
		f.tell(out, res)
		out.Flush()
	}
	if len(files) > 1 && f.format == "text" {
		fmt.Fprintf(out, "%d passed, %d failed\n", passed, failed)
	}
	if status != 0 {
		return statusError{errSaid, status}
	}
	return nil
}

// tell prints how a script ended.
func (f *drillFlags) tell(w io.Writer, res drillResult) {
	switch {
	case f.format == "ndjson":
		_ = json.NewEncoder(w).Encode(res)
	case res.Pass:
		fmt.Fprintf(w, "%s: pass\n", view.Clean(res.Script))
	default:
		if res.Unreadable {
			w = os.Stderr
		}
		for _, l := range strings.Split(res.Error, "\n") {
			fmt.Fprintln(w, view.Clean(l))
		}
	}
}

// one runs a script.
func (f *drillFlags) one(out io.Writer, name string) (res drillResult) {
	res.Script = name
	file, text, err := drillText(name)
	if err != nil {
		res.Error, res.Unreadable = err.Error(), true
		return res
	}
	cfg := drill.Config{Given: f.given, MaxTime: sim.Time(f.maxTime * float64(sim.Second))}
	if f.verbose {
		cfg.Given = append(cfg.Given[:len(cfg.Given):len(cfg.Given)], drill.Setting{Name: "verbose"})
	}
	r, err := drill.New(file, text, cfg)
	if err != nil {
		res.Error, res.Unreadable = err.Error(), true
		return res
	}
	if f.verbose && f.format == "text" {
		r.Out = out
	}
	res.Mode = r.Mode().String()
	if err = r.Run(); err == nil {
		res.Pass, res.Seconds = true, r.Seconds()
		return res
	}
	res.Error, res.Seconds = err.Error(), r.Seconds()
	var fail *drill.Failure
	if errors.As(err, &fail) {
		res.Line, res.NotModelled = fail.Line, fail.NotModelled
	}
	return res
}
