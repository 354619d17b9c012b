// Package cookie owns the cookies of one user, as a browser keeps them (RFC 6265 and
// the draft that follows it, 6265bis).
//
// A Jar keeps them (this file). What a field Set-Cookie says is read in parse.go, its
// dates in date.go; which hosts and paths a cookie fits is in match.go. A Jar that has
// met the longest of its cookies allocates nothing.
//
// Left out is what needs a page or a browser: HttpOnly, SameSite and Partitioned are
// accepted and mean nothing. Like net/http, a Jar ignores cookies without a name.
package cookie

import (
	"bytes"
	"strings"
	"time"
)

// What a Jar keeps at most.
const (
	Most    = 50      // cookies; beyond it those go that were not used for longest
	Longest = 4 << 10 // name and value of each; longer ones are ignored
)

// longestAttribute is how long the value of an attribute may be.
const longestAttribute = 1 << 10

// A Jar keeps the cookies of one user. Its zero value is ready. One goroutine at a
// time uses it. Hosts come as url.URL.Hostname returns them; a path may have a query
// behind it.
type Jar struct {
	// Those with longer paths come first, and of two alike the older one: the order in
	// which they are sent. Between length and capacity lie used ones, for their memory.
	cookies []cookie
	marked  []cookie // what Reset goes back to
	tick    uint64   // counts uses
	vetted  string   // the last domain that is no public suffix: to look allocates
}

// A cookie is one that is kept. Its texts lie in one piece of memory.
type cookie struct {
	text                []byte // name, value, domain, path
	value, domain, path int    // where they begin
	expires             int64  // Unix nanoseconds; 0: never
	hostOnly, secure    bool
	used                uint64
}

func (c *cookie) nameIs() []byte   { return c.text[:c.value] }
func (c *cookie) valueIs() []byte  { return c.text[c.value:c.domain] }
func (c *cookie) domainIs() []byte { return c.text[c.domain:c.path] }
func (c *cookie) pathIs() []byte   { return c.text[c.path:] }

func (c *cookie) expired(now int64) bool { return c.expires != 0 && c.expires <= now }

// Take keeps, replaces or deletes a cookie, as the value of a field Set-Cookie says in
// the answer to a request for host and path. secure tells whether it came over TLS.
// What is malformed or not the host's to set is ignored.
func (j *Jar) Take(setCookie []byte, host string, path []byte, secure bool, now time.Time) {
	f, ok := parse(setCookie, now)
	if !ok || f.secure && !secure {
		return
	}
	host = canonical(host)
	domain, hostOnly, ok := j.domainOf(f.domain, host)
	if !ok || !f.prefixed(hostOnly) {
		return
	}
	if f.path = bytes.TrimSpace(f.path); len(f.path) == 0 || f.path[0] != '/' {
		f.path = defaultPath(path)
	}
	if !secure && j.shadows(&f, domain) {
		return
	}
	at := j.find(&f, domain, hostOnly)
	instant := now.UnixNano()
	switch dead := f.expires != 0 && f.expires <= instant; {
	case at >= 0 && (dead || j.cookies[at].expired(instant)):
		j.remove(at)
		if dead {
			return
		}
		at = j.insert(len(f.path), instant)
	case dead:
		return
	case at < 0:
		at = j.insert(len(f.path), instant)
	}
	j.cookies[at].set(&f, domain, hostOnly)
	j.touch(at)
}

func (c *cookie) set(f *field, domain string, hostOnly bool) {
	t := append(c.text[:0], f.name...)
	c.value = len(t)
	t = append(t, f.value...)
	c.domain = len(t)
	t = append(t, domain...)
	c.path = len(t)
	c.text = append(t, f.path...)
	c.expires, c.hostOnly, c.secure = f.expires, hostOnly, f.secure
}

// find returns the cookie that a new one replaces, or -1.
func (j *Jar) find(f *field, domain string, hostOnly bool) int {
	for i := range j.cookies {
		c := &j.cookies[i]
		if c.hostOnly == hostOnly && bytes.Equal(c.nameIs(), f.name) && string(c.domainIs()) == domain && bytes.Equal(c.pathIs(), f.path) {
			return i
		}
	}
	return -1
}

// shadows tells whether a secure cookie is there that a plain connection must not set
// anew (6265bis, 5.7).
func (j *Jar) shadows(f *field, domain string) bool {
	for i := range j.cookies {
		c := &j.cookies[i]
		if c.secure && bytes.Equal(c.nameIs(), f.name) && pathMatches(f.path, c.pathIs()) &&
			(domainMatches(string(c.domainIs()), domain) || domainMatches(domain, string(c.domainIs()))) {
			return true
		}
	}
	return false
}

func (j *Jar) touch(at int) {
	j.tick++
	j.cookies[at].used = j.tick
}

// insert makes room for a cookie with a path of the length, and returns where it is.
func (j *Jar) insert(path int, now int64) int {
	if len(j.cookies) >= Most {
		j.evict(now)
	}
	at := 0
	for at < len(j.cookies) && len(j.cookies[at].pathIs()) >= path {
		at++
	}
	n := len(j.cookies)
	if n < cap(j.cookies) {
		j.cookies = j.cookies[:n+1]
	} else {
		j.cookies = append(j.cookies, cookie{})
	}
	spare := j.cookies[n]
	copy(j.cookies[at+1:], j.cookies[at:n])
	j.cookies[at] = spare
	return at
}

// evict removes those that have expired, or else the one that was not used for longest.
func (j *Jar) evict(now int64) {
	oldest := 0
	for i := len(j.cookies) - 1; i >= 0; i-- {
		if j.cookies[i].expired(now) {
			j.remove(i)
		}
	}
	if len(j.cookies) < Most {
		return
	}
	for i := range j.cookies {
		if j.cookies[i].used < j.cookies[oldest].used {
			oldest = i
		}
	}
	j.remove(oldest)
}

// remove keeps the memory of what it removes, behind the others.
func (j *Jar) remove(at int) {
	last := len(j.cookies) - 1
	gone := j.cookies[at]
	copy(j.cookies[at:], j.cookies[at+1:])
	j.cookies[last] = gone
	j.cookies = j.cookies[:last]
}

// Append appends the value of the field Cookie in a request for host and path: nothing
// where no cookie fits.
func (j *Jar) Append(dst []byte, host string, path []byte, secure bool, now time.Time) []byte {
	if len(j.cookies) == 0 {
		return dst
	}
	host, path, instant := canonical(host), withoutQuery(path), now.UnixNano()
	any := false
	for i := range j.cookies {
		c := &j.cookies[i]
		if c.secure && !secure || !c.fits(host) || !pathMatches(path, c.pathIs()) || c.expired(instant) {
			continue
		}
		if any {
			dst = append(dst, "; "...)
		}
		dst = append(dst, c.nameIs()...)
		dst = append(dst, '=')
		dst = append(dst, c.valueIs()...)
		any = true
		j.touch(i)
	}
	return dst
}

// Value returns the value of a cookie that the host gets, whatever the path, until the
// Jar is used again.
func (j *Jar) Value(name, host string) ([]byte, bool) {
	host = canonical(host)
	for i := range j.cookies {
		if c := &j.cookies[i]; string(c.nameIs()) == name && c.fits(host) {
			return c.valueIs(), true
		}
	}
	return nil, false
}

// Len is how many cookies are kept. Some may have expired.
func (j *Jar) Len() int { return len(j.cookies) }

// Mark makes what is kept now what Reset goes back to.
func (j *Jar) Mark() {
	j.marked = make([]cookie, len(j.cookies))
	for i := range j.cookies {
		j.marked[i].copy(&j.cookies[i])
	}
}

// Reset goes back to what Mark saw, or empties the Jar.
func (j *Jar) Reset() {
	for len(j.cookies) < len(j.marked) && len(j.cookies) < cap(j.cookies) {
		j.cookies = j.cookies[:len(j.cookies)+1]
	}
	j.cookies = j.cookies[:min(len(j.cookies), len(j.marked))]
	for i := range j.marked {
		if i == len(j.cookies) {
			j.cookies = append(j.cookies, cookie{})
		}
		j.cookies[i].copy(&j.marked[i])
	}
}

// copy takes over another cookie, in its own memory.
func (c *cookie) copy(from *cookie) {
	text := append(c.text[:0], from.text...)
	*c = *from
	c.text = text
}

// canonical is how a host is compared.
func canonical(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }
