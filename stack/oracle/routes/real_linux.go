package routes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// A kernel runs cases in namespaces of this machine's kernel, a new one for each.
type kernel struct{}

// prelude gives the case its loopback device, and an /etc/iproute2 of its own.
const prelude = `mount --make-rprivate / && mount -t tmpfs -o size=1m tmpfs /mnt && cp -a /etc/iproute2/. /mnt/ && mount --bind /mnt /etc/iproute2
ip link set lo up
`

// openKernel checks that namespaces can be made: that takes root.
func openKernel() (*kernel, error) {
	k := &kernel{}
	c := Case{Lines: []string{"ip link show lo >/dev/null"}}
	a, err := k.run(context.Background(), &c)
	if err == nil && a[0].Status != "0" {
		err = errors.New(strings.TrimSpace(a[0].Text))
	}
	if err != nil {
		return nil, fmt.Errorf("namespaces for the real kernel: %w", err)
	}
	return k, nil
}

func (k *kernel) close() {}

// run carries a case out.
func (k *kernel) run(ctx context.Context, c *Case) ([]Answer, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("only root can make them")
	}
	cmd := exec.CommandContext(ctx, "/bin/sh")
	cmd.Stdin = strings.NewReader(prelude + c.script())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "LANG=C.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS}
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) || ctx.Err() != nil {
			return nil, err
		}
	}
	return c.answers(out.String()), nil
}
