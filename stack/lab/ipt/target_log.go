package ipt

import (
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

// levelNames are syslog's, the first word of each.
var levelNames = [...]string{"emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"}

func printLog(w *view, d *iptables.Log) {
	w.f(" LOG")
	if w.numeric {
		w.f(" flags %d level %d", d.Flags, d.Level)
	} else {
		w.f(" level %s", levelNames[d.Level&7])
		for i, s := range []string{" tcp-sequence", " tcp-options", " ip-options", " uid", " unknown-flags", " macdecode"} {
			w.is(d.Flags>>i&1 != 0 && i != 4, s)
		}
	}
	if d.Prefix != "" {
		w.f(" prefix \"%s\"", d.Prefix)
	}
}

func saveLog(w *view, d *iptables.Log) {
	if d.Prefix != "" {
		w.f(" --log-prefix")
		w.saved(d.Prefix)
	}
	if d.Level != 4 {
		w.f(" --log-level %d", d.Level)
	}
	for i, s := range []string{" --log-tcp-sequence", " --log-tcp-options", " --log-ip-options", " --log-uid", "", " --log-macdecode"} {
		w.is(d.Flags>>i&1 != 0, s)
	}
}

func xlateLog(w *view, d *iptables.Log) bool {
	w.add("log")
	if d.Prefix != "" {
		w.add(" prefix \"%s\"", d.Prefix)
	}
	if d.Level != 4 {
		w.add(" level %s", levelNames[d.Level&7])
	}
	if d.Flags&0x2f == 0x2f {
		w.add(" flags all")
		return true
	}
	if d.Flags&(iptables.LogTCPSeq|iptables.LogTCPOpt) != 0 {
		delim := " "
		w.add(" flags tcp")
		if d.Flags&iptables.LogTCPSeq != 0 {
			w.add(" sequence")
			delim = ","
		}
		if d.Flags&iptables.LogTCPOpt != 0 {
			w.add("%soptions", delim)
		}
	}
	one := func(bit uint8, s string) {
		if d.Flags&bit != 0 {
			w.add("%s", s)
		}
	}
	one(iptables.LogIPOpt, " flags ip options")
	one(iptables.LogUID, " flags skuid")
	one(iptables.LogMACDecode, " flags ether")
	return true
}

func (w *view) nflog(d *iptables.NFLog, prefix string) {
	if d.Prefix != "" {
		w.f("%snflog-prefix", prefix)
		w.saved(d.Prefix)
	}
	if d.Group != 0 {
		w.f("%snflog-group %d", prefix, d.Group)
	}
	if d.HasSize {
		w.f("%snflog-size %d", prefix, d.Size)
	} else if d.Size != 0 {
		w.f("%snflog-range %d", prefix, d.Size)
	}
	if d.Threshold != 0 {
		w.f("%snflog-threshold %d", prefix, d.Threshold)
	}
}
