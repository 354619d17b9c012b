package scenarios

import (
	"crypto/tls"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
)

func addrs(texts ...string) []netip.Addr {
	var all []netip.Addr
	for _, text := range texts {
		all = append(all, netip.MustParseAddr(text))
	}
	return all
}

func TestConnections(t *testing.T) {
	c := compiled(t, parsed(t, `
load: {users: 1}
target: https://h
http: {tls_min: 1.2, tls_max: 1.2, ciphers: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256], tls_resume: true}
connections:
  proxy: socks5://me:${env:TOKEN}@p:1080
  connect_to: [h:443:other:8443, ':::81', '[::1]:80:[::2]:']
  resolve: ['h:443:127.0.0.1,::1,[::2]', '*:80:10.0.0.7']
  dns_ttl: 0
  source_ip: [10.0.0.7, 10.0.1.1-10.0.1.3, 10.0.2.0/30, '::1']
  max_age: 1m
  max_requests: 100
`))
	require.Equal(t, TLS{
		Min: tls.VersionTLS12, Max: tls.VersionTLS12, Resume: true,
		Ciphers: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
	}, c.TLS)
	proxy := c.Connections.Proxy
	password, _ := proxy.User.Password()
	require.Equal(t, []string{"socks5", "p:1080", "me", "s3cr3t-t0ken"}, []string{proxy.Scheme, proxy.Host, proxy.User.Username(), password})
	c.Connections.Proxy = nil
	require.Equal(t, loadgen.Connections{
		ConnectTo: []loadgen.ConnectTo{
			{Host: "h", Port: "443", ToHost: "other", ToPort: "8443"},
			{ToPort: "81"},
			{Host: "::1", Port: "80", ToHost: "::2"},
		},
		Resolve: []loadgen.Resolve{
			{Host: "h", Port: "443", Addresses: addrs("127.0.0.1", "::1", "::2")},
			{Host: "*", Port: "80", Addresses: addrs("10.0.0.7")},
		},
		Sources: addrs("10.0.0.7", "10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.2.1", "10.0.2.2", "::1"),
		MaxAge:  time.Minute, MaxRequests: 100,
	}, c.Connections)
	require.Equal(t, "socks5://me:${env:TOKEN}@p:1080", c.Effective["connections"].(map[string]any)["proxy"])
}

func TestConnectionDefaults(t *testing.T) {
	c := compiled(t, parsed(t, "load: {users: 1}\ntarget: http://h"))
	require.Equal(t, loadgen.Connections{DNSEvery: 30 * time.Second}, c.Connections)
	require.Equal(t, map[string]any{"dns_ttl": "30s", "max_age": "0s", "max_requests": json.Number("0")}, c.Effective["connections"])
	require.Equal(t, "1.3", c.Effective["http"].(map[string]any)["tls_max"])
	require.Equal(t, "default", c.Origins["connections.dns_ttl"])
}

func TestConnectionFlags(t *testing.T) {
	f := parsed(t, "load: {users: 1}\ntarget: https://h\nconnections: {source_ip: [10.0.0.1, 10.0.0.2], resolve: ['h:443:10.0.0.1']}")
	set(f, ByFlag, "source-ip", "127.0.0.2, 127.0.0.3", "127.0.0.4")
	set(f, ByFlag, "resolve", "h:443:127.0.0.1,127.0.0.2", "g:443:127.0.0.3")
	set(f, InEnv, "ciphers", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")
	set(f, ByFlag, "tls-max", "1.2")
	set(f, ByFlag, "tls-resume", "true")
	set(f, ByFlag, "dns-ttl", "1m")
	set(f, ByFlag, "compressed", "true")
	c := compiled(t, f)
	require.Equal(t, addrs("127.0.0.2", "127.0.0.3", "127.0.0.4"), c.Connections.Sources)
	require.Len(t, c.Connections.Resolve, 2)
	require.Len(t, c.TLS.Ciphers, 2)
	require.True(t, c.TLS.Resume)
	require.True(t, c.Compressed)
	require.Equal(t, time.Minute, c.Connections.DNSEvery)
	require.Equal(t, "flag --source-ip", c.Origins["connections.source_ip[0]"])
}

func TestUnixSockets(t *testing.T) {
	for text, want := range map[string]string{
		"/run/a.sock":        "/run/a.sock",
		"unix:///run/a.sock": "/run/a.sock",
		"a.sock":             "dir/a.sock",
		"'@abstract'":        "@abstract",
	} {
		c := compiled(t, parsed(t, "load: {users: 1}\ntarget: http://h\nconnections: {unix_socket: "+text+"}"))
		require.Equal(t, want, c.Connections.UnixSocket)
	}
	f := FromURL("http://h")
	set(f, ByFlag, "users", "1")
	set(f, ByFlag, "unix-socket", "a.sock")
	require.Equal(t, "a.sock", compiled(t, f).Connections.UnixSocket, "a flag counts from here")
}

func TestBadConnections(t *testing.T) {
	const (
		connectTo = "; want HOST:PORT:TO-HOST:TO-PORT, such as app.example.test:443:10.0.0.7:8443; what is empty stays, or fits any"
		resolve   = "; want HOST:PORT:ADDRESS, such as app.example.test:443:10.0.0.7, or several addresses with commas"
		source    = "; want an address, a range or a network of this machine, such as 10.0.0.7, 10.0.0.7-10.0.0.9 or 10.0.0.0/28"
		proxy     = "; want http://host:3128, socks5://host:1080 or socks5h://host:1080, with user:${env:NAME}@ before the host where a password is wanted"
	)
	tests := []struct {
		name, yaml string
		want       []string
	}{
		{"an old version of TLS", "http: {tls_min: 1.1}", []string{`dir/f.yaml:1:17: http.tls_min: "1.1" is not known; did you mean "1.2"?`}},
		{"a version that is none", "http: {tls_max: SSLv3}", []string{`dir/f.yaml:1:17: http.tls_max: "SSLv3" is not known; want 1.2 or 1.3`}},
		{"versions the wrong way round", "http: {tls_min: 1.3, tls_max: 1.2}", []string{`dir/f.yaml:1:17: http.tls_min: TLS 1.3 is above http.tls_max, TLS 1.2; want the lower version here`}},
		{"a suite beside TLS 1.3", "http: {ciphers: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]}", []string{`dir/f.yaml:1:17: http.ciphers: cipher suites can be chosen for TLS 1.2 alone, and 1.3 is allowed; want http.tls_max: 1.2 (--tls-max 1.2), too`}},
		{"a suite of TLS 1.3", "http: {tls_max: 1.2, ciphers: [TLS_AES_128_GCM_SHA256]}", []string{`dir/f.yaml:1:32: http.ciphers[0]: "TLS_AES_128_GCM_SHA256" is no cipher suite of TLS 1.2 that gonogo has; did you mean TLS_RSA_WITH_AES_128_GCM_SHA256?; want a name such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`}},
		{"a suite that is none", "http: {tls_max: 1.2, ciphers: [strong]}", []string{`dir/f.yaml:1:32: http.ciphers[0]: "strong" is no cipher suite of TLS 1.2 that gonogo has; want a name such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`}},

		{"too few parts", "connections: {connect_to: ['h:443:other']}", []string{`dir/f.yaml:1:28: connections.connect_to[0]: "h:443:other" has not four parts` + connectTo}},
		{"nothing in place of nothing", "connections: {connect_to: [':::']}", []string{`dir/f.yaml:1:28: connections.connect_to[0]: ":::" changes nothing` + connectTo}},
		{"a port that is none", "connections: {connect_to: ['h:443:o:0', 'h:x:o:1']}", []string{
			`dir/f.yaml:1:28: connections.connect_to[0]: "h:443:o:0" has a port that is not from 1 to 65535` + connectTo,
			`dir/f.yaml:1:41: connections.connect_to[1]: "h:x:o:1" has a port that is not from 1 to 65535` + connectTo,
		}},
		{"a host with a slash", "connections: {connect_to: ['h:443:http//x:1']}", []string{`dir/f.yaml:1:28: connections.connect_to[0]: "h:443:http//x:1" names a host that cannot be one` + connectTo}},
		{"IPv6 without brackets", "connections: {connect_to: ['h:443:::1:80']}", []string{`dir/f.yaml:1:28: connections.connect_to[0]: "h:443:::1:80" has a port that is not from 1 to 65535` + connectTo}},
		{"a name in place of an address", "connections: {resolve: ['h:443:other']}", []string{`dir/f.yaml:1:25: connections.resolve[0]: "h:443:other" has "other", which is no IP address` + resolve}},
		{"no address", "connections: {resolve: ['h:443:']}", []string{`dir/f.yaml:1:25: connections.resolve[0]: "h:443:" has "", which is no IP address` + resolve}},
		{"no port", "connections: {resolve: ['h::1.2.3.4']}", []string{`dir/f.yaml:1:25: connections.resolve[0]: "h::1.2.3.4" has a port that is not from 1 to 65535` + resolve}},
		{"no host", "connections: {resolve: [':80:1.2.3.4']}", []string{`dir/f.yaml:1:25: connections.resolve[0]: ":80:1.2.3.4" names a host that cannot be one` + resolve}},
		{"curl's sign for a timeout", "connections: {resolve: ['+h:80:1.2.3.4']}", []string{`dir/f.yaml:1:25: connections.resolve[0]: "+h:80:1.2.3.4" names a host that cannot be one` + resolve}},
		{"one part", "connections: {resolve: [h]}", []string{`dir/f.yaml:1:25: connections.resolve[0]: "h" has not three parts` + resolve}},
		{"lookups without end", "connections: {dns_ttl: 10ms}", []string{`dir/f.yaml:1:24: connections.dns_ttl: 10ms would load the name server; want 1s or more, or 0 for never`}},
		{"no address of ours", "connections: {source_ip: [eth0]}", []string{`dir/f.yaml:1:27: connections.source_ip[0]: "eth0" is no IP address` + source}},
		{"a range backwards", "connections: {source_ip: [10.0.0.9-10.0.0.7]}", []string{`dir/f.yaml:1:27: connections.source_ip[0]: "10.0.0.9-10.0.0.7" ends before it starts` + source}},
		{"a range of two families", "connections: {source_ip: ['10.0.0.9-::1']}", []string{`dir/f.yaml:1:27: connections.source_ip[0]: "10.0.0.9-::1" goes from one family of addresses to another` + source}},
		{"a range without end", "connections: {source_ip: [10.0.0.9-]}", []string{`dir/f.yaml:1:27: connections.source_ip[0]: "10.0.0.9-" ends with no IP address` + source}},
		{"a network that is none", "connections: {source_ip: [10.0.0.0/33]}", []string{`dir/f.yaml:1:27: connections.source_ip[0]: "10.0.0.0/33" is no network` + source}},
		{"a whole network", "connections: {source_ip: ['10.0.0.0/8', '::/0']}", []string{
			`dir/f.yaml:1:27: connections.source_ip[0]: "10.0.0.0/8" is too much; want 4096 addresses at most`,
			`dir/f.yaml:1:41: connections.source_ip[1]: "::/0" is too much; want 4096 addresses at most`,
		}},
		{"many networks", "connections: {source_ip: [10.0.0.0/20, 10.1.0.0/20]}", []string{`dir/f.yaml:1:26: connections.source_ip: there are 8188 addresses; want 4096 at most`}},
		{"an address twice", "connections: {source_ip: [10.0.0.7, 10.0.0.1-10.0.0.9]}", []string{`dir/f.yaml:1:26: connections.source_ip: 10.0.0.7 comes twice; want each address once`}},
		{"a proxy without a scheme", "connections: {proxy: 'p:3128'}", []string{`dir/f.yaml:1:22: connections.proxy: the scheme "p" is not one of a proxy that gonogo knows` + proxy}},
		{"a proxy behind TLS", "connections: {proxy: 'https://p'}", []string{`dir/f.yaml:1:22: connections.proxy: the scheme "https" is not one of a proxy that gonogo knows` + proxy}},
		{"a proxy without a host", "connections: {proxy: 'http://:3128'}", []string{`dir/f.yaml:1:22: connections.proxy: names no host` + proxy}},
		{"a proxy with a path", "connections: {proxy: 'http://p/x'}", []string{`dir/f.yaml:1:22: connections.proxy: goes on behind the host` + proxy}},
		{"a proxy on no port", "connections: {proxy: 'http://p:0'}", []string{`dir/f.yaml:1:22: connections.proxy: has a port that is not from 1 to 65535` + proxy}},
		{"a proxy with a password is not shown", "connections: {proxy: 'http://me:hunt%er22@p'}", []string{`dir/f.yaml:1:22: connections.proxy: is not a URL` + proxy}},
		{"a socket and a proxy", "connections: {unix_socket: /a, proxy: 'http://p', source_ip: [10.0.0.1]}", []string{
			`dir/f.yaml:1:39: connections.proxy: has no meaning when all connections go to a unix socket; want it left out`,
			`dir/f.yaml:1:62: connections.source_ip: has no meaning when all connections go to a unix socket; want it left out`,
		}},
		{"an empty socket", "connections: {unix_socket: ''}", []string{`dir/f.yaml:1:28: connections.unix_socket: no path is given; want the path of a unix socket`}},
		{"a socket that no system takes", "connections: {unix_socket: /" + strings.Repeat("a", 103) + "}", []string{`dir/f.yaml:1:28: connections.unix_socket: "/` + strings.Repeat("a", 59) + `"... is too long for a unix socket; want 103 bytes at most`}},
		{"fewer than no requests", "connections: {max_requests: -1}", []string{`dir/f.yaml:1:29: connections.max_requests: -1 is out of range; want 1 to 1000000000, or 0 for any number`}},
		{"an age of years", "connections: {max_age: 400d}", []string{`dir/f.yaml:1:24: connections.max_age: 400d is too long; want 366d at most`}},
		{"a variable that is not set", "connections: {resolve: ['h:443:${env:NOPE}']}", []string{`dir/f.yaml:1:25: connections.resolve[0]: the environment variable NOPE is not set; want it exported before the run`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := compileText(tt.yaml)
			require.Error(t, err)
			require.Equal(t, tt.want, strings.Split(err.Error(), "\n"))
		})
	}
}

// A password that is written out is hidden wherever the proxy is shown.
func TestThePasswordOfAProxyIsMasked(t *testing.T) {
	for text, want := range map[string]string{
		"http://me:hunter22@p:1":       "http://me:***@p:1",
		"http://me:${env:TOKEN}@p:1":   "http://me:${env:TOKEN}@p:1",
		"http://${env:TOKEN}@p:1":      "http://${env:TOKEN}@p:1",
		"http://me@p:1":                "http://me@p:1",
		"socks5://p":                   "socks5://p",
		"http://me:hunter22@x@p:1":     "http://me:***@p:1",
		"http://me:${env:A}hunter@p:1": "http://me:${env:A}hunter@p:1",
	} {
		require.Equal(t, want, maskProxy(text))
	}
	c := compiled(t, parsed(t, "load: {users: 1}\ntarget: http://h\nconnections: {proxy: 'http://them:hunt%20er@p'}"))
	shown, err := json.Marshal(c.Effective)
	require.NoError(t, err)
	require.NotContains(t, string(shown), "hunt")
	for _, form := range []string{"hunt er", "hunt%20er", "dGhlbTpodW50IGVy"} {
		require.Equal(t, "got ***!", c.Secrets.Mask("got "+form+"!"))
	}
}

func FuzzWays(f *testing.F) {
	for _, seed := range []string{"h:443:o:8443", "[::1]:80:[::2]:81", ":::81", "h:443:1.2.3.4,::1", "10.0.0.0/30", "10.0.0.1-10.0.0.3", "::ffff:10.0.0.1/126", "socks5://a:b@h:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := parseConnectTo(text); err == nil {
			require.NotEmpty(t, c.ToHost+c.ToPort)
		}
		if r, err := parseResolve(text); err == nil {
			require.NotEmpty(t, r.Addresses)
		}
		if all, err := parseSources(text); err == nil {
			require.LessOrEqual(t, len(all), maxSources+1)
			for _, a := range all {
				require.True(t, a.IsValid())
			}
		}
		if u, err := parseProxy(text); err == nil {
			require.NotEmpty(t, u.Hostname())
		}
		_ = maskProxy(text)
	})
}
