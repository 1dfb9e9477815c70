package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Errnos that this package returns.
const (
	enoent             = step.ENOENT
	eexist             = step.EEXIST
	einval             = step.EINVAL
	eloop   core.Errno = 40
	erange  core.Errno = 34
	enospc  core.Errno = 28
	ebusy              = step.EBUSY
	edom    core.Errno = 33
	ebadmsg core.Errno = 74
)
