package lab

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// answer reads the response.
func (c *curlCmd) answer(fd int, u *url.URL, method string, end sim.Time, g *curlGot) (body []byte, exit int, msg string) {
	var all []byte
	buf := make([]byte, 16384)
	var h *httpHead
	g.next, g.kind = "", ""
	for {
		k, e := c.n.recv(fd, buf, end)
		if g.first == 0 && k > 0 {
			g.first = c.n.now()
		}
		c.p.grow(k)
		all = append(all, buf[:k]...)
		if h == nil {
			if h = parseHead(all); h != nil {
				if m := c.headSeen(h, u, method, g); m != "" {
					return nil, 1, m
				}
				if c.include || c.head {
					body = append(body, all[:h.size]...)
				}
				if c.dump != "" {
					c.dumpHead(all[:h.size])
				}
			} else if len(all) > 8 && !bytes.HasPrefix(all, []byte("HTTP/")) {
				return nil, 1, "Received HTTP/0.9 when not allowed"
			}
		}
		eof := k == 0 && e == 0
		switch {
		case e == step.ETIMEDOUT && end > 0 && c.n.now() >= end:
			if h != nil && !c.head {
				body = append(body, all[h.size:]...)
			}
			got := len(all)
			if h != nil {
				got -= h.size
			}
			if h != nil && h.length >= 0 {
				return body, 28, fmt.Sprintf("Operation timed out after %d milliseconds with %d out of %d bytes received", int64(c.n.now()-g.began)/1e6, got, h.length)
			}
			return body, 28, c.slow(g, got)
		case e != 0:
			c.say("* Recv failure: %s\n* Closing connection 0\n", errnoWords(e))
			return body, 56, "Recv failure: " + errnoWords(e)
		case eof && len(all) == 0:
			c.say("* Empty reply from server\n* Closing connection 0\n")
			return nil, 52, "Empty reply from server"
		case h == nil && eof:
			return nil, 1, "Received HTTP/0.9 when not allowed"
		}
		if h == nil {
			continue
		}
		data := all[h.size:]
		done := eof
		switch {
		case method == "HEAD" || h.code == 204 || h.code == 304:
			data, done = nil, true
		case h.chunked:
			var whole bool
			if data, whole = unchunk(data); whole {
				done = true
			} else if eof {
				return append(body, data...), 18, "transfer closed with outstanding read data remaining"
			}
		case h.length >= 0:
			if len(data) >= h.length {
				data, done = data[:h.length], true
			} else if eof {
				c.say("* transfer closed with %d bytes remaining to read\n* Closing connection 0\n", h.length-len(data))
				return append(body, data...), 18, fmt.Sprintf("transfer closed with %d bytes remaining to read", h.length-len(data))
			}
		}
		if !done {
			continue
		}
		if len(data) > 0 && !(c.fail && g.code >= 400) {
			if !c.p.terminal(1) || c.silent {
				c.say("{ [%d bytes data]\n", len(data))
			}
			g.size = len(data)
			if !(c.location && g.next != "") {
				body = append(body, data...)
			}
		}
		c.say("* Closing connection 0\n")
		return body, 0, ""
	}
}

// headSeen takes the header's facts; what is not modelled is returned.
func (c *curlCmd) headSeen(h *httpHead, u *url.URL, method string, g *curlGot) string {
	g.code, g.headSize, g.version, g.kind = h.code, h.size, strings.TrimPrefix(h.version, "1."), h.fields["content-type"]
	g.version = h.version
	if g.version == "1.0" {
		g.version = "1"
		c.say("* HTTP 1.0, assume close after body\n")
	}
	for _, l := range h.lines {
		c.say("< %s\n", l)
	}
	c.say("< \n")
	if to := h.fields["location"]; to != "" && h.code >= 300 && h.code < 400 {
		if r, err := u.Parse(to); err == nil {
			g.next = r.String()
		}
	}
	return ""
}

func (c *curlCmd) dumpHead(b []byte) {
	if c.dump == "-" {
		c.p.write(1, b)
		return
	}
	if d, e := c.p.open(c.dump, 'w'); e == "" {
		fd := 20
		for c.p.fds[fd] != nil {
			fd++
		}
		c.p.set(fd, d)
		c.p.write(fd, b)
		c.p.close(fd)
	}
}
