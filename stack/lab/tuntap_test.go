package lab

import "testing"

// What ip and ethtool print of tun devices, as on Linux 6.18.
func TestTuntap(t *testing.T) {
	const script = `ip tuntap add dev tun5 mode tun
ip tuntap add tun6 mode tun user 0 pi vnet_hdr
ip tuntap
ip tuntap add dev tun5 mode tun
ip link show tun5
ip link set tun5 up
ip link show tun5
ethtool -i tun5 | head -2
ethtool -k tun5 | grep -E 'tcp6|stag-hw-insert|rx-check'
ethtool -K tun5 gso off tso off; ethtool -k tun5 | grep ^generic-seg
ip tuntap del dev tun5 mode tun
ip -j tuntap
ip link add tun9 type tun
`
	const want = `tun5: tun persist
tun6: tun pi vnet_hdr persist filter user 0
ioctl(TUNSETIFF): Device or resource busy
2: tun5: <POINTOPOINT,MULTICAST,NOARP> mtu 1500 qdisc noop state DOWN mode DEFAULT group default qlen 500
    link/none 
2: tun5: <NO-CARRIER,POINTOPOINT,MULTICAST,NOARP,UP> mtu 1500 qdisc pfifo_fast state DOWN mode DEFAULT group default qlen 500
    link/none 
driver: tun
version: 1.6
rx-checksumming: off [fixed]
	tx-tcp6-segmentation: off [requested on]
tx-vlan-stag-hw-insert: on
generic-segmentation-offload: off
[{"ifname":"tun6","flags":["tun","pi","vnet_hdr","persist","filter"],"user":0}]
Error: tun/tap creation via rtnetlink is not supported.
`
	if got, _ := runModel(t, script); got != want {
		t.Errorf("%s", lineDiff(want, got))
	}
}
