package drill

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// symbolTable are the names that scripts may use for numbers, NAME=NUMBER, as
// Linux's headers define them (symbols_linux.c).
//
//go:embed symbols.txt
var symbolTable string

var (
	symbols  = map[string]int64{}
	errnos   = map[int]string{}
	pollBits = map[int64]string{}
)

func init() {
	for _, w := range strings.Fields(symbolTable) {
		name, num, _ := strings.Cut(w, "=")
		v, err := strconv.ParseInt(num, 10, 64)
		if err != nil {
			panic(err)
		}
		symbols[name] = v
		if old, ok := errnos[int(v)]; name[0] == 'E' && !strings.HasPrefix(name, "EPOLL") && (!ok || len(name) < len(old)) {
			errnos[int(v)] = name
		}
		if strings.HasPrefix(name, "POLL") {
			pollBits[v] = name
		}
	}
}

// symbol is symbol_to_int.
func symbol(name string) (int64, error) {
	if v, ok := symbols[name]; ok {
		return v, nil
	}
	return 0, fmt.Errorf("unknown symbol: '%s'", name)
}

// strerror is what the C library says of an error number.
func strerror(e int) string {
	if e == 0 {
		return "Success"
	}
	if s, ok := errorTexts[errnos[e]]; ok {
		return s
	}
	return fmt.Sprintf("Unknown error %d", e)
}

// errorTexts are the texts of the errors that sockets return.
var errorTexts = map[string]string{
	"EPERM": "Operation not permitted", "ENOENT": "No such file or directory", "EINTR": "Interrupted system call", "EIO": "Input/output error",
	"EBADF": "Bad file descriptor", "EAGAIN": "Resource temporarily unavailable", "ENOMEM": "Cannot allocate memory", "EACCES": "Permission denied",
	"EFAULT": "Bad address", "EBUSY": "Device or resource busy", "EEXIST": "File exists", "ENODEV": "No such device", "EINVAL": "Invalid argument",
	"EMFILE": "Too many open files", "ENOTTY": "Inappropriate ioctl for device", "ESPIPE": "Illegal seek", "EPIPE": "Broken pipe", "ENOTSOCK": "Socket operation on non-socket",
	"EDESTADDRREQ": "Destination address required", "EMSGSIZE": "Message too long", "EPROTOTYPE": "Protocol wrong type for socket",
	"ENOPROTOOPT": "Protocol not available", "EPROTONOSUPPORT": "Protocol not supported", "EOPNOTSUPP": "Operation not supported",
	"EAFNOSUPPORT": "Address family not supported by protocol", "EADDRINUSE": "Address already in use", "EADDRNOTAVAIL": "Cannot assign requested address",
	"ENETDOWN": "Network is down", "ENETUNREACH": "Network is unreachable", "ECONNABORTED": "Software caused connection abort",
	"ECONNRESET": "Connection reset by peer", "ENOBUFS": "No buffer space available", "EISCONN": "Transport endpoint is already connected",
	"ENOTCONN": "Transport endpoint is not connected", "ESHUTDOWN": "Cannot send after transport endpoint shutdown", "ETIMEDOUT": "Connection timed out",
	"ECONNREFUSED": "Connection refused", "EHOSTDOWN": "Host is down", "EHOSTUNREACH": "No route to host", "EALREADY": "Operation already in progress",
	"EINPROGRESS": "Operation now in progress", "EPROTO": "Protocol error", "ENONET": "Machine is not on the network", "EXDEV": "Invalid cross-device link",
	"ERANGE": "Numerical result out of range", "EDOM": "Numerical argument out of domain", "ENOSYS": "Function not implemented", "EKEYREJECTED": "Key was rejected by service",
}

// flagNames is flags_to_string for the events of poll.
func flagNames(v int64) string {
	var list []string
	for i := range 64 {
		bit := int64(1) << i
		if v&bit == 0 {
			continue
		}
		n, ok := pollBits[bit]
		if !ok {
			n = "???"
		}
		list = append(list, n)
	}
	return strings.Join(list, "|")
}
