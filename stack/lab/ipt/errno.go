package ipt

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Errnos that the programs meet beside those of package step.
const (
	e2big      core.Errno = 7
	enomem     core.Errno = 12
	enotempty  core.Errno = 39
	eloop      core.Errno = 40
	emlink     core.Errno = 31
	noErrno    core.Errno = 0
	eproto     core.Errno = 71
	enoprotopt core.Errno = 92
)

// strerror is the C library's.
func strerror(e core.Errno) string {
	switch e {
	case 0:
		return "Success"
	case step.EPERM:
		return "Operation not permitted"
	case step.ENOENT:
		return "No such file or directory"
	case e2big:
		return "Argument list too long"
	case enomem:
		return "Cannot allocate memory"
	case step.EBUSY:
		return "Device or resource busy"
	case step.EEXIST:
		return "File exists"
	case step.EINVAL:
		return "Invalid argument"
	case 23:
		return "Too many open files in system"
	case 28:
		return "No space left on device"
	case emlink:
		return "Too many links"
	case 33:
		return "Numerical argument out of domain"
	case 34:
		return "Numerical result out of range"
	case enotempty:
		return "Directory not empty"
	case eloop:
		return "Too many levels of symbolic links"
	case eproto:
		return "Protocol error"
	case 75:
		return "Value too large for defined data type"
	case enoprotopt:
		return "Protocol not available"
	case step.EOPNOTSUPP:
		return "Operation not supported"
	case 97:
		return "Address family not supported by protocol"
	}
	return e.String()
}

// generic is what both programs say of an errno, whatever they did: "" for nothing
// special.
func generic(e core.Errno) string {
	switch e {
	case 0:
		return "Incompatible with this kernel"
	case enoprotopt:
		return "iptables who? (do you need to insmod?)"
	case 38:
		return "Will be implemented real soon.  I promise ;)"
	case enomem:
		return "Memory allocation problem"
	case step.ENOENT:
		return "No chain/target/match by that name"
	}
	return ""
}
