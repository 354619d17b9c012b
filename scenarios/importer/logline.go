package importer

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// logged is a request of a log.
type logged struct {
	at                 time.Time // its start, as far as the log tells
	method, path, host string
}

// logParser reads single lines.
type logParser struct {
	fields LogFields
	ended  int // lines with the instant of the end
	timed  int // and with the time that it took
}

// maxPath is the longest path that is replayed.
const maxPath = 8 << 10

// line reads a line of the format. After an error, column is where it stopped.
func (p *logParser) line(format LogFormat, text string) (req logged, column int, err error) {
	if format == CombinedLog {
		return p.combined(text)
	}
	req, err = p.json(format, text)
	return req, 1, err
}

// combined reads: address ident user [time] "request" status bytes "referer" "agent" seconds.
func (p *logParser) combined(text string) (req logged, column int, err error) {
	open := strings.IndexByte(text, '[')
	end := strings.IndexByte(text[max(open, 0):], ']') + max(open, 0)
	if open < 0 || end <= open {
		return req, 1, errors.New("no time in brackets")
	}
	if req.at, err = time.Parse("02/Jan/2006:15:04:05 -0700", text[open+1:end]); err != nil {
		return req, open + 2, errors.New("the time is none")
	}
	quote := strings.IndexByte(text[end:], '"')
	if quote < 0 {
		return req, end + 1, errors.New("no request in quotes")
	}
	start := end + quote
	request, rest, ok := quotedField(text[start:])
	if !ok {
		return req, start + 1, errors.New("the quote of the request is never closed")
	}
	if err := req.request(request); err != nil {
		return req, start + 2, err
	}
	fields := strings.Fields(text[:open])
	if len(fields) > 3 { // a virtual host stands in front
		req.setHost(fields[0])
	}
	p.ended++
	if took, ok := lastField(rest); ok {
		p.timed++
		req.at = req.at.Add(-took)
	}
	return req, 0, nil
}

// quotedField cuts a text in quotes off the front, with its escapes undone.
func quotedField(s string) (value, rest string, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], true
		case s[i] == '\\' && i+3 < len(s) && s[i+1] == 'x':
			if v, err := strconv.ParseUint(s[i+2:i+4], 16, 8); err == nil {
				b.WriteByte(byte(v))
				i += 3
				continue
			}
			b.WriteByte(s[i])
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", false
}

// lastField is the $request_time at the end of a line, if it is there: seconds
// with a point, behind the status, the bytes and what is in quotes.
func lastField(rest string) (time.Duration, bool) {
	fields := strings.Fields(rest)
	if len(fields) < 3 {
		return 0, false
	}
	last := strings.TrimPrefix(strings.Trim(fields[len(fields)-1], `"`), "rt=")
	if !strings.Contains(last, ".") {
		return 0, false
	}
	return seconds(last)
}

// seconds reads a time that a request took.
func seconds(s string) (time.Duration, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f > 86400 || f != f {
		return 0, false
	}
	return time.Duration(f * float64(time.Second)), true
}

// request reads "GET /path HTTP/1.1".
func (r *logged) request(line string) error {
	method, rest, ok := strings.Cut(line, " ")
	if !ok {
		return errors.New("the request has no method and path")
	}
	if i := strings.LastIndex(rest, " HTTP/"); i >= 0 {
		rest = rest[:i]
	}
	return r.set(method, rest)
}

// set takes a method and a path that can be sent.
func (r *logged) set(method, path string) error {
	if scheme, rest, ok := strings.Cut(path, "://"); ok && (scheme == "http" || scheme == "https") {
		host, below, _ := strings.Cut(rest, "/")
		r.setHost(host)
		path = "/" + below
	}
	switch {
	case !isToken(method) || strings.ToUpper(method) != method || len(method) > 20 || method == "CONNECT":
		return errors.New("the method is none")
	case !strings.HasPrefix(path, "/"):
		return errors.New("the path does not start with a slash")
	case len(path) > maxPath:
		return errors.New("the path is longer than 8 KiB")
	}
	for i := range len(path) {
		if path[i] <= ' ' || path[i] == 0x7f {
			path = escaped(plain(path))
			path = unplain(path)
			break
		}
	}
	path, _, _ = strings.Cut(path, "#")
	r.method, r.path = method, path
	return nil
}

// setHost takes a host that is one.
func (r *logged) setHost(host string) {
	if host == "" || host == "-" || host == "_" || len(host) > 260 || strings.Trim(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789.-:[]_") != "" {
		return
	}
	r.host = strings.ToLower(host)
}
