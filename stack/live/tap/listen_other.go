//go:build !linux

package tap

import (
	"errors"
	"io"
	"net/netip"
)

// Listen says that listening is a thing of Linux.
func Listen(string, bool, io.Writer) error {
	return errors.New("listening on an interface is a thing of Linux; elsewhere: tcpdump -U -w - | packetwalk walk -")
}

// Address says the same.
func Address(string) (netip.Addr, error) { return netip.Addr{}, Listen("", false, nil) }
