package cookie

import (
	"bytes"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// fits tells whether the host gets the cookie.
func (c *cookie) fits(host string) bool {
	if c.hostOnly {
		return string(c.domainIs()) == host
	}
	return domainMatches(host, string(c.domainIs()))
}

// domainMatches tells whether a host is the domain or lies in it (RFC 6265, 5.1.3). A
// cookie has an address for a domain only where it is for this host alone.
func domainMatches(host, domain string) bool {
	n := len(host) - len(domain)
	return n >= 0 && host[n:] == domain && (n == 0 || host[n-1] == '.')
}

// domainOf returns the domain that a cookie of the host gets, given its attribute. It
// is a part of host, so that it needs no memory. ok is false where the host may not
// set it: for another host, or for all hosts of a public suffix.
func (j *Jar) domainOf(attribute []byte, host string) (domain string, hostOnly, ok bool) {
	attribute = bytes.TrimPrefix(attribute, []byte("."))
	if len(attribute) == 0 {
		return host, true, true
	}
	n := len(host) - len(attribute)
	if n < 0 || !equalFold(attribute, host[n:]) {
		return "", false, false
	}
	domain = host[n:]
	switch {
	case isAddress(host):
		return host, true, n == 0
	case domain[0] == '.' || n > 0 && host[n-1] != '.':
		return "", false, false
	}
	if domain != j.vetted {
		if suffix, _ := publicsuffix.PublicSuffix(domain); suffix == domain {
			return host, true, n == 0
		}
		j.vetted = domain
	}
	return domain, false, true
}

// isAddress tells whether a host is an address and no name: no top-level domain is a
// number.
func isAddress(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	return strings.IndexByte(host, ':') >= 0 || last != "" && strings.Trim(last, "0123456789") == ""
}

// equalFold compares b with a text of lower case.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// pathMatches tells whether a request's path is that of a cookie or lies in it (RFC
// 6265, 5.1.4).
func pathMatches(path, of []byte) bool {
	if !bytes.HasPrefix(path, of) {
		return false
	}
	return len(path) == len(of) || of[len(of)-1] == '/' || path[len(of)] == '/'
}

var root = []byte("/")

func withoutQuery(path []byte) []byte {
	if i := bytes.IndexAny(path, "?#"); i >= 0 {
		path = path[:i]
	}
	if len(path) == 0 {
		return root
	}
	return path
}

// defaultPath is the path of a cookie that names none: the folder of the request's.
func defaultPath(path []byte) []byte {
	path = withoutQuery(path)
	if i := bytes.LastIndexByte(path, '/'); i > 0 && path[0] == '/' {
		return path[:i]
	}
	return root
}
