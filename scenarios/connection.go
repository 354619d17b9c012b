package scenarios

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
)

// Connections say how connections come about and how long they live. They are
// written in the forms that curl takes.
type Connections struct {
	UnixSocket  string   `yaml:"unix_socket" json:"unix_socket,omitempty"`
	Proxy       string   `yaml:"proxy" json:"proxy,omitempty"`
	ConnectTo   []string `yaml:"connect_to" json:"connect_to,omitempty"` // HOST:PORT:TO-HOST:TO-PORT
	Resolve     []string `yaml:"resolve" json:"resolve,omitempty"`       // HOST:PORT:ADDRESS
	DNSTTL      Duration `yaml:"dns_ttl" json:"dns_ttl"`                 // names are looked up again this often, and sooner where their TTL is shorter; 0: never
	SourceIP    []string `yaml:"source_ip" json:"source_ip,omitempty"`   // addresses, ranges, networks
	MaxAge      Duration `yaml:"max_age" json:"max_age"`                 // 0: none
	MaxRequests int      `yaml:"max_requests" json:"max_requests"`       // on a connection; 0: none
}

const defaultDNSTTL = Duration(30 * time.Second)

// maxRequests is the most that is taken for meant.
const maxRequests = 1_000_000_000

// A TLSVersion is 1.2 or 1.3; older ones are not spoken.
type TLSVersion string

// Want says what a version looks like.
func (TLSVersion) Want() string { return "1.2 or 1.3" }

// UnmarshalText accepts the known versions.
func (v *TLSVersion) UnmarshalText(text []byte) error {
	*v = TLSVersion(text)
	return yamlfile.OneOf(string(text), "1.2", "1.3")
}

// number is that of crypto/tls.
func (v TLSVersion) number() uint16 {
	return map[TLSVersion]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[v]
}

func connectionSettings() []Setting {
	return []Setting{
		{
			Name: "tls-min", Usage: "lowest `version` of TLS: 1.2 or 1.3", Default: "1.2", Words: []string{"1.2", "1.3"}, path: "http.tls_min",
		},
		{
			Name: "tls-max", Usage: "highest `version` of TLS: 1.2 or 1.3", Default: "1.3", Words: []string{"1.2", "1.3"}, path: "http.tls_max",
		},
		{
			Name: "ciphers", Usage: "cipher suites of TLS 1.2 by their IANA `names`, with commas; needs --tls-max 1.2", Default: "Go's",
			path: "http.ciphers", set: texts("http.ciphers", ","),
		},
		{
			Name: "tls-resume", Usage: "a user that connects again resumes its TLS session", Bool: true, Default: "false", path: "http.tls_resume",
		},
		{
			Name: "unix-socket", Usage: "`path` of a socket that all connections go to", Default: "none", path: "connections.unix_socket",
		},
		{
			Name: "proxy", Usage: "`URL` of a proxy: http://, socks5:// or socks5h://; HTTP_PROXY is not read", Default: "none", path: "connections.proxy",
		},
		{
			Name: "connect-to", Usage: "connect elsewhere: `HOST:PORT:TO-HOST:TO-PORT`", Repeatable: true,
			path: "connections.connect_to", set: texts("connections.connect_to", ""),
		},
		{
			Name: "resolve", Usage: "addresses in place of DNS: `HOST:PORT:ADDRESS`", Repeatable: true,
			path: "connections.resolve", set: texts("connections.resolve", ""),
		},
		{Name: "dns-ttl", Usage: "longest `time` until names are looked up again; a shorter TTL of their records counts; 0 is never", Default: defaultDNSTTL.String(), path: "connections.dns_ttl"},
		{
			Name: "source-ip", Usage: "our own `addresses`: 10.0.0.7, 10.0.0.7-10.0.0.9 or 10.0.0.0/28, with commas; users take turns", Repeatable: true,
			Default: "the system's choice", path: "connections.source_ip", set: texts("connections.source_ip", ","),
		},
		{Name: "conn-max-age", Usage: "`time` after which a connection is replaced, each a little earlier", Default: "none", path: "connections.max_age"},
		{Name: "conn-max-requests", Usage: "`number` of requests after which a connection is replaced, each a little earlier", Default: "none", path: "connections.max_requests"},
	}
}

// texts sets the list of texts at the path. One value may hold several of them,
// with the separator between, where there is one.
func texts(path yamlfile.Path, separator string) func(*File, []string) error {
	return func(f *File, values []string) error {
		var all []string
		for _, v := range values {
			parts := []string{v}
			if separator != "" {
				parts = strings.Split(v, separator)
			}
			for _, one := range parts {
				all = append(all, strings.TrimSpace(one))
			}
		}
		f.field(path).Set(reflect.ValueOf(all))
		f.replaced(path)
		return nil
	}
}

// connections resolves how connections come about.
func (c *compiler) connections() loadgen.Connections {
	const at = yamlfile.Path("connections")
	w := &c.Connections
	fill(c, at.Key("dns_ttl"), &w.DNSTTL, defaultDNSTTL)
	fill(c, at.Key("max_age"), &w.MaxAge, 0)
	fill(c, at.Key("max_requests"), &w.MaxRequests, 0)
	if 0 < w.DNSTTL && w.DNSTTL < Duration(time.Second) {
		c.wrong(at.Key("dns_ttl"), w.DNSTTL.String()+" would load the name server", "1s or more, or 0 for never")
	}
	c.atMost(at.Key("dns_ttl"), w.DNSTTL)
	c.atMost(at.Key("max_age"), w.MaxAge)
	if w.MaxRequests < 0 || w.MaxRequests > maxRequests {
		c.wrong(at.Key("max_requests"), fmt.Sprintf("%d is out of range", w.MaxRequests), fmt.Sprintf("1 to %d, or 0 for any number", maxRequests))
	}
	out := loadgen.Connections{
		DNSEvery: time.Duration(w.DNSTTL), MaxAge: time.Duration(w.MaxAge), MaxRequests: w.MaxRequests,
	}
	out.ConnectTo = parsedList(c, at.Key("connect_to"), w.ConnectTo, parseConnectTo)
	out.Resolve = parsedList(c, at.Key("resolve"), w.Resolve, parseResolve)
	out.Sources = c.sources(at.Key("source_ip"), w.SourceIP)
	c.socket(at, &out)
	c.proxy(at.Key("proxy"), &out)
	return out
}

// parsedList resolves the texts of a list; what is wrong is left out.
func parsedList[T any](c *compiler, path yamlfile.Path, texts []string, parse func(string) (T, error)) []T {
	var all []T
	for i, text := range texts {
		text, ok := c.expand(path.Index(i), text)
		if !ok {
			continue
		}
		v, err := parse(text)
		if err != nil {
			what, want := yamlfile.Explain(err)
			c.wrong(path.Index(i), what, want)
			continue
		}
		all = append(all, v)
	}
	return all
}

func (c *compiler) sources(path yamlfile.Path, texts []string) []netip.Addr {
	all := slices.Concat(parsedList(c, path, texts, parseSources)...)
	if len(all) > maxSources {
		c.wrong(path, fmt.Sprintf("there are %d addresses", len(all)), fmt.Sprintf("%d at most", maxSources))
	}
	seen := map[netip.Addr]bool{}
	for _, a := range all {
		if seen[a] {
			c.wrong(path, a.String()+" comes twice", "each address once")
			break
		}
		seen[a] = true
	}
	return all
}

// longestSocket is the longest path of a unix socket that every system takes.
const longestSocket = 103

// socket resolves the unix socket, beside which all other ways have no meaning.
func (c *compiler) socket(at yamlfile.Path, out *loadgen.Connections) {
	const path = yamlfile.Path("connections.unix_socket")
	w := &c.Connections
	if w.UnixSocket == "" {
		if c.has(path) {
			c.wrong(path, "no path is given", "the path of a unix socket")
		}
		return
	}
	for key, given := range map[string]bool{
		"proxy": w.Proxy != "", "connect_to": w.ConnectTo != nil, "resolve": w.Resolve != nil, "source_ip": w.SourceIP != nil,
	} {
		if given {
			c.wrong(at.Key(key), "has no meaning when all connections go to a unix socket", "it left out")
		}
	}
	name, ok := c.expand(path, w.UnixSocket)
	if !ok {
		return
	}
	name = strings.TrimPrefix(name, "unix://")
	if o := c.origin(path); o.Layer == InFile && !filepath.IsAbs(name) && !strings.HasPrefix(name, "@") {
		name = filepath.Join(filepath.Dir(o.Pos.File), name)
	}
	if len(name) > longestSocket {
		c.wrong(path, c.quote(name)+" is too long for a unix socket", fmt.Sprintf("%d bytes at most", longestSocket))
	}
	out.UnixSocket = name
}

// proxy resolves the proxy. Its password is a secret, in every form.
func (c *compiler) proxy(path yamlfile.Path, out *loadgen.Connections) {
	if c.Connections.Proxy == "" {
		return
	}
	text, ok := c.expand(path, c.Connections.Proxy)
	if !ok {
		return
	}
	u, err := parseProxy(text)
	if err != nil {
		what, want := yamlfile.Explain(err)
		c.wrong(path, what, want)
		return
	}
	if password, has := u.User.Password(); has {
		c.secrets.add(password)
		c.secrets.add(base64.StdEncoding.EncodeToString([]byte(u.User.Username() + ":" + password)))
	}
	out.Proxy = u
}

// maskProxy hides the password in a proxy's URL, unless it only names a variable.
func maskProxy(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	at := strings.LastIndex(rest, "@")
	if !ok || at < 0 {
		return text
	}
	user, password, ok := strings.Cut(rest[:at], ":")
	if !ok || strings.HasPrefix(user, "${") {
		return text // a variable in place of a name may hold both
	}
	return scheme + "://" + user + ":" + maskLiteral(password) + rest[at:]
}

// tlsVersions resolves the versions and suites of TLS.
func (c *compiler) tlsVersions(out *TLS) {
	h := &c.HTTP
	fill(c, "http.tls_min", &h.TLSMin, "1.2")
	fill(c, "http.tls_max", &h.TLSMax, "1.3")
	fill(c, "http.tls_resume", &h.TLSResume, false)
	out.Min, out.Max, out.Resume = h.TLSMin.number(), h.TLSMax.number(), h.TLSResume
	if h.TLSMin > h.TLSMax {
		c.wrong("http.tls_min", "TLS "+string(h.TLSMin)+" is above http.tls_max, TLS "+string(h.TLSMax), "the lower version here")
	}
	if len(h.Ciphers) > 0 && h.TLSMax != "1.2" {
		c.wrong("http.ciphers", "cipher suites can be chosen for TLS 1.2 alone, and 1.3 is allowed", "http.tls_max: 1.2 (--tls-max 1.2), too")
	}
	for i, name := range h.Ciphers {
		if id, ok := c.cipher(yamlfile.Path("http.ciphers").Index(i), name); ok {
			out.Ciphers = append(out.Ciphers, id)
		}
	}
}

// cipher returns the suite of TLS 1.2 that has the name.
func (c *compiler) cipher(path yamlfile.Path, name string) (uint16, bool) {
	name, ok := c.expand(path, name)
	if !ok {
		return 0, false
	}
	var names []string
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if !slices.Contains(s.SupportedVersions, tls.VersionTLS12) {
			continue
		}
		if s.Name == name {
			return s.ID, true
		}
		names = append(names, s.Name)
	}
	what := c.quote(name) + " is no cipher suite of TLS 1.2 that gonogo has"
	if near := yamlfile.Nearest(name, names); near != "" {
		what += "; did you mean " + near + "?"
	}
	c.wrong(path, what, "a name such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
	return 0, false
}
