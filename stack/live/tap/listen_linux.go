package tap

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/gopacket/gopacket/pcapgo"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/packetwalk/packetwalk/pcaps"
)

// Listen copies what a real interface sends and receives to w, as a pcapng that
// grows, until w fails or the interface is gone. It only reads (AF_PACKET), and
// hears what is for others only if it is asked to (promiscuous mode).
func Listen(iface string, promiscuous bool, w io.Writer) error {
	h, err := pcapgo.NewEthernetHandle(iface)
	if err != nil {
		if errors.Is(err, os.ErrPermission) || strings.Contains(err.Error(), unix.EPERM.Error()) { // it tells only the text
			return fmt.Errorf("%s: listening needs root or CAP_NET_RAW: put sudo in front", iface)
		}
		return fmt.Errorf("%s: %w", iface, err)
	}
	defer h.Close()
	if promiscuous {
		if err := h.SetPromiscuous(true); err != nil {
			return fmt.Errorf("%s: promiscuous mode: %w", iface, err)
		}
	}
	ng, err := pcaps.NewWriter(w, pcaps.Interface{Name: iface, Link: pcaps.LinkEthernet})
	if err != nil {
		return err
	}
	if err := ng.Flush(); err != nil {
		return err
	}
	for {
		data, ci, err := h.ZeroCopyReadPacketData()
		if err != nil {
			return fmt.Errorf("%s: %w", iface, err)
		}
		at := ci.Timestamp
		if at.IsZero() {
			at = time.Now()
		}
		if err := ng.Write(pcaps.Frame{Unix: at.UnixNano(), Data: data, OrigLen: ci.Length, Link: pcaps.LinkEthernet, Queue: -1}); err != nil {
			return err
		}
		if err := ng.Flush(); err != nil {
			return err
		}
	}
}

// Address is an address of a real interface: whose traffic is walked. The error
// says that there is no such interface, or that it cannot be walked.
func Address(iface string) (netip.Addr, error) {
	l, err := netlink.LinkByName(iface)
	if err != nil {
		var list []string
		if all, e := net.Interfaces(); e == nil {
			for _, i := range all {
				list = append(list, i.Name)
			}
		}
		return netip.Addr{}, fmt.Errorf("%s: there is no such interface; there are %v", iface, list)
	}
	if t := l.Attrs().EncapType; t != "ether" && t != "loopback" {
		return netip.Addr{}, fmt.Errorf("%s: it is no Ethernet interface (%s)", iface, t)
	}
	addrs, err := netlink.AddrList(l, unix.AF_UNSPEC)
	if err != nil || len(addrs) == 0 {
		return netip.Addr{}, err
	}
	a, _ := netip.AddrFromSlice(addrs[0].IP)
	return a.Unmap(), nil
}
