package scenarios

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
)

func TestProtocol(t *testing.T) {
	tests := []struct {
		name, load, http     string
		version              HTTPVersion
		connections, streams int
	}{
		{"HTTP/1.1 where nobody says it", "users: 1000", "{}", HTTP11, 0, 0},
		{"HTTP/1.1 where somebody does", "users: 1000", "{version: 1.1}", HTTP11, 0, 0},
		{"a hundred users on a connection", "users: 1000", "{version: 2}", HTTP2, 10, 100},
		{"all the same on each", "users: 1001", "{version: 2}", HTTP2, 11, 91},
		{"one user", "users: 1", "{version: '2'}", HTTP2, 1, 1},
		{"connections, and the streams follow", "users: 1000", "{version: 2, connections: 4}", HTTP2, 4, 250},
		{"streams, and the connections follow", "users: 1000", "{version: 2, streams: 30}", HTTP2, 34, 30},
		{"both as they are asked for", "users: 1000", "{version: 2, connections: 10, streams: 10}", HTTP2, 10, 10},
		{"more connections than users", "users: 3", "{version: 2, connections: 10}", HTTP2, 10, 1},
		{"a user's own connection over QUIC", "users: 1000", "{version: 3}", HTTP3, 0, 0},
		{"arrivals, as many as may be open", "rate: 50, timeout: 10s", "{version: 2}", HTTP2, 5, 100},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := compiled(t, parsed(t, "load: {"+tt.load+"}\ntarget: https://h\nhttp: "+tt.http))
			require.Equal(t, []any{tt.version, tt.connections, tt.streams}, []any{c.Protocol.Version, c.Protocol.Connections, c.Protocol.Streams})
			_, told := c.Effective["http"].(map[string]any)["streams"]
			require.Equal(t, tt.version == HTTP2, told, "what has a meaning is reported")
		})
	}
}

// The search for the capacity changes the load of a scenario that is compiled.
func TestProtocolFollowsTheLoad(t *testing.T) {
	plan := &loadgen.Plan{Closed: &loadgen.Closed{Users: 5000}}
	for http, want := range map[string][2]int{
		"{version: 2}":                               {50, 100},
		"{version: 2, connections: 10}":              {10, 500},
		"{version: 2, connections: 10, streams: 10}": {10, 10},
		"{version: 1.1}":                             {0, 0},
	} {
		p := compiled(t, parsed(t, "load: {users: 10}\ntarget: http://h\nhttp: "+http)).Protocol.For(plan)
		require.Equal(t, want, [2]int{p.Connections, p.Streams}, http)
	}
}

func TestProtocolSettings(t *testing.T) {
	f := parsed(t, "load: {users: 100}\ntarget: http://h\nhttp: {version: 1.1}")
	set(f, ByFlag, "http", "2")
	set(f, InEnv, "streams", "7")
	set(f, ByFlag, "connections", "3")
	c := compiled(t, f)
	require.Equal(t, []int{3, 7}, []int{c.Protocol.Connections, c.Protocol.Streams})
	require.Equal(t, "env GONOGO_STREAMS", c.Origins["http.streams"])
}

func TestProtocolMistakes(t *testing.T) {
	for http, want := range map[string]string{
		"{version: 4}":                  `dir/f.yaml:3:17: http.version: "4" is not known`,
		"{connections: 3}":              `dir/f.yaml:3:21: http.connections: has no meaning in HTTP/1.1`,
		"{version: 1.1, streams: 3}":    `http.streams: has no meaning in HTTP/1.1, where each user has a connection of its own; want http.version: 2 (--http 2), too`,
		"{version: 2, streams: 0}":      `http.streams: 0 is out of range; want 1 to 1000000`,
		"{version: 2, streams: -5}":     `http.streams: -5 is out of range`,
		"{version: 2, connections: -1}": `http.connections: -1 is out of range`,
		"{version: 2, connections: a}":  `http.connections: `,
	} {
		f, err := Parse("dir/f.yaml", []byte("load: {users: 3}\ntarget: http://h\nhttp: "+http))
		require.NoError(t, err)
		_, err = f.Compile(testOptions())
		require.ErrorContains(t, err, want, http)
	}
}

func TestWhatHTTP3CannotDo(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"clear text", "target: http://h\nsteps: [{path: /a}, {path: /b}]", `2:9: target: HTTP/3 is always encrypted, and the scheme is http; want https://..., or http.version: 2`},
		{"clear text of the only step", "target: http://h/a", `2:9: target: HTTP/3 is always encrypted, and the scheme is http; want https://..., or http.version: 2`},
		{"clear text of a step", "steps: [{path: /a}, {url: 'http://other/b'}]", `2:27: steps[1].url: HTTP/3 is always encrypted, and the scheme is http; want https://..., or http.version: 2`},
		{"a proxy", "connections: {proxy: 'http://p:1'}", `2:22: connections.proxy: HTTP/3 runs over UDP, which goes through no proxy and no unix socket; want it left out, or http.version: 2`},
		{"a unix socket", "connections: {unix_socket: /s}", `2:28: connections.unix_socket: HTTP/3 runs over UDP, which goes through no proxy and no unix socket; want it left out, or http.version: 2`},
		{"redirects of a step", "steps: [{path: /a, redirects: 1}]", `2:31: steps[0].redirects: redirects are not followed over HTTP/3; want it left out, or http.version: 2`},
		{"a host that varies", "steps: [{path: /a, headers: {host: 'h${user}'}}]", `2:36: steps[0].headers.host: over HTTP/3 the host has to be known before the run; want a value without variables`},
		{"WebSocket", "steps: [{websocket: connect, path: /a}]", `2:21: steps[0].websocket: it goes over HTTP/1.1, and http.version is 3; want http.version: 1.1`},
		{"redirects", "http: {version: 3, redirects: 2}", `2:31: http.redirects: redirects are not followed over HTTP/3; want it left out, or http.version: 2`},
		{"an older TLS", "http: {version: 3, tls_max: 1.2}", `2:29: http.tls_max: HTTP/3 is secured by TLS 1.3; want 1.3, or http.version: 2`},
		{"streams", "http: {version: 3, streams: 2}", `2:29: http.streams: has no meaning in HTTP/3, where each user has a connection of its own; want http.version: 2 (--http 2), too`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := "load: {users: 1}\n" + tt.text
			if !strings.Contains(text, "target:") {
				text += "\ntarget: https://h"
			}
			if !strings.Contains(text, "http:") || !strings.Contains(text, "version:") {
				text += "\nhttp: {version: 3}"
			}
			_, err := compileText(text)
			require.EqualError(t, err, "dir/f.yaml:"+tt.want)
		})
	}
}
