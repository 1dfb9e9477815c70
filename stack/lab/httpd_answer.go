package lab

import (
	"bytes"
	"fmt"
	"html"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// respond makes the answer to a request.
func (s *httpServer) respond(c *httpConn, h *httpHead) []byte {
	w := strings.Fields(h.lines[0])
	if len(w) < 2 {
		return s.fault(c, h, "", 400, "Bad request syntax ("+pyRepr(h.lines[0])+")", "Bad request syntax or unsupported method")
	}
	method, target := w[0], w[1]
	if method != "GET" && method != "HEAD" {
		return s.fault(c, h, method, 501, "Unsupported method ('"+method+"')", "Server does not support this operation")
	}
	name, _, _ := strings.Cut(target, "?")
	name, err := url.PathUnescape(name)
	if err != nil {
		name = target
	}
	file := path.Join(s.dir, path.Clean("/"+name))
	st, no := s.p.stat(file)
	if no == "" && st.dir {
		if !strings.HasSuffix(name, "/") {
			return s.moved(c, h, name)
		}
		if x, e := s.p.stat(path.Join(file, "index.html")); e == "" && !x.dir {
			file, no, st = path.Join(file, "index.html"), "", x
		} else if s.python {
			return s.list(c, h, method, name, file)
		} else {
			no = noSuch
		}
	}
	if no != "" || strings.HasSuffix(name, "/") && !strings.HasSuffix(file, "index.html") {
		return s.fault(c, h, method, 404, "File not found", "Nothing matches the given URI")
	}
	body, no := s.p.readFile(file)
	if no != "" {
		return s.fault(c, h, method, 404, "File not found", "Nothing matches the given URI")
	}
	s.log(c, h, 200)
	kind := s.kindOf(file)
	return s.message(200, "OK", [][2]string{{"Content-type", kind}, {"Content-Length", strconv.Itoa(len(body))}, {"Last-Modified", s.date(0)}}, body, method)
}

func (s *httpServer) kindOf(name string) string {
	switch path.Ext(name) {
	case ".html", ".htm":
		return "text/html"
	case ".txt", ".c", ".h", ".py":
		return "text/plain"
	case ".json":
		return "application/json"
	case ".css":
		return "text/css"
	case ".js":
		return "text/javascript"
	case ".png":
		return "image/png"
	case ".sh":
		return "application/x-sh"
	}
	return "application/octet-stream"
}

// message puts an answer together. Each server has its own order of fields.
func (s *httpServer) message(code int, reason string, fields [][2]string, body []byte, method string) []byte {
	var b bytes.Buffer
	if s.python {
		fmt.Fprintf(&b, "HTTP/1.0 %d %s\r\nServer: SimpleHTTP/0.6 Python/3.11.2\r\nDate: %s\r\n", code, reason, s.date(0))
	} else {
		fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\nDate: %s\r\nConnection: close\r\n", code, reason, s.date(0))
		var rest [][2]string
		for _, f := range fields {
			switch f[0] {
			case "Content-type":
				fmt.Fprintf(&b, "Content-type: %s\r\n", f[1])
				if code == 200 {
					fmt.Fprintf(&b, "Accept-Ranges: bytes\r\nLast-Modified: %s\r\nETag: \"%x-%x\"\r\n", s.date(0), s.p.lab.date().Unix(), len(body))
				}
			case "Last-Modified":
			default:
				rest = append(rest, f)
			}
		}
		fields = rest
	}
	for _, f := range fields {
		fmt.Fprintf(&b, "%s: %s\r\n", f[0], f[1])
	}
	b.WriteString("\r\n")
	if method != "HEAD" {
		b.Write(body)
	}
	return b.Bytes()
}

func (s *httpServer) log(c *httpConn, h *httpHead, code int) {
	if s.python {
		s.p.errf("%s - - [%s] \"%s\" %d -\n", c.addr, s.p.lab.date().Format("02/Jan/2006 15:04:05"), h.lines[0], code)
	}
}

func pyRepr(s string) string { return "'" + s + "'" }

func (s *httpServer) fault(c *httpConn, h *httpHead, method string, code int, msg, explain string) []byte {
	if !s.python {
		title := map[int]string{404: "Not Found", 501: "Not Implemented", 400: "Bad Request"}[code]
		text := map[int]string{404: "The requested URL was not found", 501: "The requested method is not recognized", 400: "Unsupported method"}[code]
		body := fmt.Sprintf("<HTML><HEAD><TITLE>%d %s</TITLE></HEAD>\n<BODY><H1>%d %s</H1>\n%s\n</BODY></HTML>\n", code, title, code, title, text)
		return s.message(code, title, [][2]string{{"Content-type", "text/html"}}, []byte(body), method)
	}
	s.p.errf("%s - - [%s] code %d, message %s\n", c.addr, s.p.lab.date().Format("02/Jan/2006 15:04:05"), code, msg)
	s.log(c, h, code)
	body := fmt.Sprintf("<!DOCTYPE HTML>\n<html lang=\"en\">\n    <head>\n        <meta charset=\"utf-8\">\n        <title>Error response</title>\n    </head>\n    <body>\n        <h1>Error response</h1>\n        <p>Error code: %d</p>\n        <p>Message: %s.</p>\n        <p>Error code explanation: %d - %s.</p>\n    </body>\n</html>\n",
		code, html.EscapeString(msg), code, explain)
	body = strings.ReplaceAll(body, "&#39;", "'")
	return s.message(code, msg, [][2]string{{"Connection", "close"}, {"Content-Type", "text/html;charset=utf-8"}, {"Content-Length", strconv.Itoa(len(body))}}, []byte(body), method)
}

func (s *httpServer) moved(c *httpConn, h *httpHead, name string) []byte {
	s.log(c, h, 301)
	if s.python {
		return s.message(301, "Moved Permanently", [][2]string{{"Location", name + "/"}, {"Content-Length", "0"}}, nil, "")
	}
	body := "<HTML><HEAD><TITLE>302 Found</TITLE></HEAD>\n<BODY><H1>302 Found</H1>\n\n</BODY></HTML>\n"
	return s.message(302, "Found", [][2]string{{"Content-type", "text/html"}, {"Location", name + "/"}}, []byte(body), "")
}

// list is a directory as a page.
func (s *httpServer) list(c *httpConn, h *httpHead, method, name, dir string) []byte {
	var b strings.Builder
	title := "Directory listing for " + html.EscapeString(name)
	fmt.Fprintf(&b, "<!DOCTYPE HTML>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>%s</title>\n</head>\n<body>\n<h1>%s</h1>\n<hr>\n<ul>\n", title, title)
	l, _ := s.p.readDir(dir)
	for _, f := range l {
		if st, _ := s.p.stat(path.Join(dir, f)); st.dir {
			f += "/"
		}
		fmt.Fprintf(&b, "<li><a href=\"%s\">%s</a></li>\n", (&url.URL{Path: f}).EscapedPath(), html.EscapeString(f))
	}
	b.WriteString("</ul>\n<hr>\n</body>\n</html>\n")
	s.log(c, h, 200)
	return s.message(200, "OK", [][2]string{{"Content-type", "text/html; charset=utf-8"}, {"Content-Length", strconv.Itoa(b.Len())}}, []byte(b.String()), method)
}
