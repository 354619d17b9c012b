package sign

import (
	"bytes"
	"cmp"
	"net/url"
	"slices"
	"strings"

	"gonogo/loadgen"
)

// canonical appends the request in the one form that both sides sign.
func (a *AWS) canonical(dst []byte, d *day, r *loadgen.Rendered, at, body []byte) []byte {
	path, query, _ := bytes.Cut(r.Target, []byte("?"))
	dst = append(append(dst, r.Method...), '\n')
	dst = append(a.path(dst, path), '\n')
	dst = append(d.appendQuery(dst, query), '\n')
	dst = append(append(append(dst, "host:"...), cmp.Or(a.o.Host, host(r.URL))...), '\n')
	if a.s3 {
		dst = append(append(append(dst, "x-amz-content-sha256:"...), body...), '\n')
	}
	dst = append(append(append(dst, "x-amz-date:"...), at...), '\n')
	if a.o.SessionToken != "" {
		dst = append(append(append(dst, "x-amz-security-token:"...), a.o.SessionToken...), '\n')
	}
	dst = append(append(append(dst, '\n'), a.signedHeaders()...), '\n')
	return append(dst, body...)
}

// host is what the field Host says: no port where it is the scheme's own.
func host(u *url.URL) string {
	switch u.Scheme {
	case "http":
		return strings.TrimSuffix(u.Host, ":80")
	case "https":
		return strings.TrimSuffix(u.Host, ":443")
	}
	return u.Host
}

// path appends a path as it is sent, which S3 signs; the others sign it without empty
// and relative parts, and escaped once more.
func (a *AWS) path(dst, path []byte) []byte {
	if len(path) == 0 {
		return append(dst, '/')
	}
	if a.s3 {
		return append(dst, path...)
	}
	from := len(dst)
	folder := true // it ends in one
	for rest := path; len(rest) > 0; {
		var name []byte
		name, rest, folder = bytes.Cut(rest, []byte("/"))
		switch string(name) {
		case "":
		case ".":
			folder = true
		case "..":
			dst = dst[:from+max(0, bytes.LastIndexByte(dst[from:], '/'))]
			folder = true
		default:
			dst = append(dst, '/')
			for _, b := range name {
				dst = escape(dst, b)
			}
		}
	}
	if folder || len(dst) == from {
		dst = append(dst, '/')
	}
	return dst
}

// A pair of a query, escaped anew; where in day.pairs it lies.
type pair struct{ from, equals, to int }

// appendQuery appends the pairs of a query, sorted.
func (d *day) appendQuery(dst, query []byte) []byte {
	d.query, d.pairs = d.query[:0], d.pairs[:0]
	for len(query) > 0 {
		var one []byte
		one, query, _ = bytes.Cut(query, []byte("&"))
		if len(one) == 0 {
			continue
		}
		name, value, _ := bytes.Cut(one, []byte("="))
		p := pair{from: len(d.pairs)}
		d.pairs = again(d.pairs, name)
		p.equals = len(d.pairs)
		d.pairs = again(append(d.pairs, '='), value)
		p.to = len(d.pairs)
		d.query = append(d.query, p)
	}
	slices.SortFunc(d.query, func(a, b pair) int {
		return cmp.Or(bytes.Compare(d.pairs[a.from:a.equals], d.pairs[b.from:b.equals]),
			bytes.Compare(d.pairs[a.equals:a.to], d.pairs[b.equals:b.to]))
	})
	for i, p := range d.query {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, d.pairs[p.from:p.to]...)
	}
	return dst
}

// again appends a text that is escaped somehow, escaped as AWS does it.
func again(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		b := text[i]
		if b == '%' && i+2 < len(text) {
			if high, low := digit(text[i+1]), digit(text[i+2]); high >= 0 && low >= 0 {
				b = byte(high<<4 | low)
				i += 2
			}
		}
		dst = escape(dst, b)
	}
	return dst
}

func digit(b byte) int {
	switch {
	case '0' <= b && b <= '9':
		return int(b - '0')
	case 'a' <= b|0x20 && b|0x20 <= 'f':
		return int(b|0x20-'a') + 10
	}
	return -1
}

// escape appends a byte, in hex unless it is unreserved (RFC 3986, 2.3).
func escape(dst []byte, b byte) []byte {
	const hex = "0123456789ABCDEF"
	if 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '-' || b == '.' || b == '_' || b == '~' {
		return append(dst, b)
	}
	return append(dst, '%', hex[b>>4], hex[b&15])
}
