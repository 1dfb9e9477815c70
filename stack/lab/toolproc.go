package lab

// init adds the files of /proc/net that belong to tools in files of their own.
// It runs behind that of procnet.go, which makes the table.
func init() {
	procNet["nf_conntrack"] = procConntrack
	procNet["stat/nf_conntrack"] = procStatConntrack
	procNet["stat/synproxy"] = procStatSynproxy
}
