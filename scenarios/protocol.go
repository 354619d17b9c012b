package scenarios

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
)

// A HTTPVersion is 1.1, 2 or 3.
type HTTPVersion string

// The versions of HTTP.
const (
	HTTP11 HTTPVersion = "1.1"
	HTTP2  HTTPVersion = "2"
	HTTP3  HTTPVersion = "3"
)

// Want says what a version looks like.
func (HTTPVersion) Want() string { return "1.1, 2 or 3" }

// UnmarshalText accepts the known versions.
func (v *HTTPVersion) UnmarshalText(text []byte) error {
	*v = HTTPVersion(text)
	return yamlfile.OneOf(string(text), string(HTTP11), string(HTTP2), string(HTTP3))
}

// A Protocol says how requests share connections, as plain data.
type Protocol struct {
	Version HTTPVersion
	// Connections is how many there are to each host under HTTP/2, and Streams how
	// many requests each takes at a time. Under the others a user has its own.
	Connections, Streams int

	// What the scenario asks for; 0 follows the number of users.
	askedConnections, askedStreams int
}

// usualStreams is how many streams are put on a connection where nobody says it:
// what servers are to allow at least.
const usualStreams = 100

// For returns the protocol for a plan: what nobody has asked for follows how many
// requests that has open at a time.
func (p Protocol) For(plan *loadgen.Plan) Protocol {
	if p.Version != HTTP2 {
		return p
	}
	users := 1
	switch {
	case plan.Closed != nil:
		users = max(users, plan.Closed.Users)
	case plan.Open != nil:
		users = max(users, plan.Open.MaxInFlight)
	}
	each := p.askedStreams
	if each == 0 {
		each = usualStreams
	}
	if p.Connections = p.askedConnections; p.Connections == 0 {
		p.Connections = parts(users, each)
	}
	if p.Streams = p.askedStreams; p.Streams == 0 {
		p.Streams = parts(users, p.Connections)
	}
	return p
}

// parts is how many parts of a size n takes.
func parts(n, size int) int { return (n-1)/max(size, 1) + 1 }

func protocolSettings() []Setting {
	return []Setting{
		{Name: "http", Usage: "`version` of HTTP: 1.1, 2 (over TLS by ALPN, else with prior knowledge: h2c) or 3 (over QUIC)", Default: string(HTTP11), Words: []string{string(HTTP11), string(HTTP2), string(HTTP3)}, path: "http.version"},
		{
			Name: "connections", Usage: "under HTTP/2, the `number` of connections to each host; users take turns on them",
			Default: fmt.Sprintf("one for %d users", usualStreams), path: "http.connections",
		},
		{
			Name: "streams", Usage: "under HTTP/2, the `number` of requests at a time on a connection; the server's limit counts, too",
			Default: "as many as the users need", path: "http.streams",
		},
	}
}

// protocol resolves how requests share connections.
func (c *compiler) protocol(plan *loadgen.Plan) Protocol {
	h := &c.HTTP
	fill(c, "http.version", &h.Version, HTTP11)
	for _, n := range []struct {
		path  yamlfile.Path
		value int
	}{{"http.connections", h.Connections}, {"http.streams", h.Streams}} {
		switch {
		case !c.has(n.path) && n.value == 0:
		case h.Version != HTTP2:
			c.wrong(n.path, "has no meaning in HTTP/"+string(h.Version)+", where each user has a connection of its own", "http.version: 2 (--http 2), too")
		case n.value < 1 || n.value > maxUsers:
			c.wrong(n.path, fmt.Sprintf("%d is out of range", n.value), fmt.Sprintf("1 to %d", maxUsers))
		}
	}
	if h.Version != HTTP11 {
		c.everyStep(func(path yamlfile.Path, s *Step) {
			if s.isSocket() {
				c.wrong(path.Key(strings.Fields(s.socketName())[0]), "it goes over HTTP/1.1, and http.version is "+string(h.Version), "http.version: 1.1")
			}
		})
	}
	if h.Version == HTTP3 {
		c.overQUIC()
	}
	p := Protocol{Version: h.Version, askedConnections: h.Connections, askedStreams: h.Streams}.For(plan)
	if h.Version == HTTP2 {
		fill(c, "http.connections", &h.Connections, p.Connections)
		fill(c, "http.streams", &h.Streams, p.Streams)
	}
	return p
}

// overQUIC refuses what does not go with HTTP/3. Where a URL is not encrypted, address
// has said so.
func (c *compiler) overQUIC() {
	const left = "it left out, or http.version: 2"
	for path, given := range map[yamlfile.Path]bool{
		"connections.proxy": c.Connections.Proxy != "", "connections.unix_socket": c.Connections.UnixSocket != "",
	} {
		if given {
			c.wrong(path, "HTTP/3 runs over UDP, which goes through no proxy and no unix socket", left)
		}
	}
	if c.HTTP.TLSMax == "1.2" {
		c.wrong("http.tls_max", "HTTP/3 is secured by TLS 1.3", "1.3, or http.version: 2")
	}
	const redirects = "redirects are not followed over HTTP/3"
	if c.HTTP.Redirects > 0 {
		c.wrong("http.redirects", redirects, left)
	}
	c.everyStep(func(path yamlfile.Path, s *Step) {
		if s.Redirects != nil && *s.Redirects > 0 {
			c.wrong(path.Key("redirects"), redirects, left)
		}
		for _, h := range s.Headers {
			if strings.EqualFold(h.Name, "Host") && varies(h.Value) {
				c.wrong(path.Key("headers").Key(h.Name), "over HTTP/3 the host has to be known before the run", "a value without variables")
			}
		}
	})
}

// encrypted refuses an address in clear text over HTTP/3.
func (j *journey) encrypted(path yamlfile.Path, u *url.URL) {
	const what = "HTTP/3 is always encrypted, and the scheme is http"
	if j.HTTP.Version != HTTP3 || u == nil || u.Scheme == "https" {
		return
	}
	if said := slices.ContainsFunc(j.mistakes, func(m *yamlfile.Mistake) bool { return m.Path == path && m.What == what }); !said {
		j.wrong(path, what, "https://..., or http.version: 2")
	}
}
