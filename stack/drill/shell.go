package drill

import (
	"fmt"
	"regexp"
	"strings"
)

// defaults is what defaults.sh of the scripts does. Its Fast Open is that of the
// kernel's selftests; google's common/defaults.sh lets a listener do without the
// socket option.
const defaults = `ip tcp_metrics flush all > /dev/null 2>&1
sysctl -q net.ipv4.tcp_rmem="4096 540000 15728640"
sysctl -q net.ipv4.tcp_wmem="4096 262144 4194304"
sysctl -q net.ipv4.tcp_timestamps=1
sysctl -q net.ipv4.tcp_syn_retries=5
sysctl -q net.ipv4.tcp_synack_retries=5
sysctl -q net.ipv4.tcp_frto=2
sysctl -q net.ipv4.tcp_sack=1
sysctl -q net.ipv4.tcp_dsack=1
sysctl -q net.ipv4.tcp_fack=0
sysctl -q net.ipv4.tcp_reordering=3
sysctl -q net.ipv4.tcp_congestion_control=cubic
sysctl -q net.ipv4.tcp_slow_start_after_idle=0
sysctl -q net.ipv4.tcp_early_retrans=4 net.ipv4.tcp_recovery=1
sysctl -q net.ipv4.tcp_tso_win_divisor=3
sysctl -q net.ipv4.tcp_ecn=0
sysctl -q net.ipv4.tcp_ecn_option=2
sysctl -q net.ipv4.tcp_pacing_ss_ratio=200
sysctl -q net.ipv4.tcp_pacing_ca_ratio=120
sysctl -q net.ipv4.tcp_notsent_lowat=4294967295 > /dev/null 2>&1
sysctl -q net.ipv4.tcp_fastopen=${1:-0x3}
sysctl -q net.ipv4.tcp_fastopen_key=a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4
sysctl -q net.ipv4.tcp_syncookies=1
tc qdisc add dev tun0 root pfifo
`

// pid is the number that packetdrill's process has: its own commands name files
// by it.
const pid = "4242"

// command carries out a shell command of the script (safe_system).
func (r *Runner) command(line string) error {
	return r.shell(r.helpers(line))
}

// shell runs a command in the machine's shell; time may pass.
func (r *Runner) shell(text string) error {
	var out, errs strings.Builder
	l := r.Lab
	l.Stdout, l.Stderr = &out, &errs
	run := l.Start("sh", text)
	for !run.Round() {
		at, ok := r.World.Clock.Next()
		if ok && at > r.limit() {
			break
		}
		if run.Pass() {
			break
		}
		r.pass()
		r.reap()
	}
	status, err := run.Status()
	run.Close()
	fmt.Fprint(r.Out, out.String())
	said := strings.TrimSpace(errs.String())
	for _, s := range strings.Split(said, "\n") {
		if _, what, ok := strings.Cut(s, "not modelled: "); ok {
			return notModelled{what}
		}
	}
	if said != "" {
		fmt.Fprintln(r.Out, said)
	}
	switch {
	case err != nil:
		return err
	case status != 0 && said != "":
		return fmt.Errorf("non-zero status %d: %s", status, strings.ReplaceAll(said, "\n", "; "))
	case status != 0:
		return fmt.Errorf("non-zero status %d", status)
	}
	return nil
}

// helper finds the scripts' own helpers where a command may begin.
var helper = regexp.MustCompile(`(^|[;&|\n(]\s*)((?:[^\s;&|'"]*/)?)(defaults\.sh|set_sysctls\.py|sysctl_restore_\w+\.sh)`)

// helpers puts in the place of the scripts' own helpers what they do.
// set_sysctls.py leaves a script that puts the old values back.
func (r *Runner) helpers(line string) string {
	for _, v := range [...]string{"${PPID}", "$PPID", "${PACKETDRILL_PID}", "$PACKETDRILL_PID"} {
		line = strings.ReplaceAll(line, v, pid)
	}
	def, set := false, false
	line = helper.ReplaceAllStringFunc(line, func(s string) string {
		m := helper.FindStringSubmatch(s)
		switch m[3] {
		case "defaults.sh":
			def = true
			if strings.HasSuffix(m[2], "common/") {
				return m[1] + "drill_defaults 0x70403"
			}
			return m[1] + "drill_defaults"
		case "set_sysctls.py":
			set = true
			return m[1] + "drill_set_sysctls"
		}
		return m[1] + ". /tmp/" + m[3]
	})
	if def {
		line = "drill_defaults() {\n" + defaults + "}\n" + line
	}
	if set {
		line = setSysctls + line
	}
	return line
}

// setSysctls is set_sysctls.py FILE=VALUE….
const setSysctls = `drill_set_sysctls() {
echo '#!/bin/bash' > /tmp/sysctl_restore_` + pid + `.sh
for a in "$@"; do
f=${a%%=*}
echo "echo '$(cat $f)' > $f" >> /tmp/sysctl_restore_` + pid + `.sh
echo "${a#*=}" > $f
done
}
`

// openFile fills in what a file of the machine holds.
func (r *Runner) openFile(name string, s *sysCall) error {
	if strings.ContainsAny(name, "'\n\x00") {
		return fmt.Errorf("bad file name %q", name)
	}
	if name == "/dev/zero" {
		s.N = maxBuffer
		return nil
	}
	said := r.Lab.At(r.host, "cat '"+name+"'")
	if said.Status != 0 {
		s.N = -1
		return nil
	}
	s.Data, s.N = []byte(said.Out), len(said.Out)
	return nil
}
