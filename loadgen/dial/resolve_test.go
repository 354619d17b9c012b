package dial

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
)

// book is a Resolver of its own, in which some names are missing.
type book map[string][]netip.Addr

func (b book) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if ips, ok := b[host]; ok {
		return ips, nil
	}
	return nil, errors.New("no such host")
}

// Whoever only resolves must not connect, not even to a proxy.
func TestResolveFindsAddressesAndConnectsToNothing(t *testing.T) {
	forbidden := func(context.Context, string, string) (net.Conn, error) {
		panic("a connection")
	}
	known := book{"a.test": {netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")}, "proxy.test": {netip.MustParseAddr("192.0.2.3")}}
	proxy := func(host string) loadgen.Connections {
		return loadgen.Connections{Proxy: &url.URL{Scheme: "http", Host: host}}
	}
	tests := []struct {
		name        string
		connections loadgen.Connections
		to          string
		want        []string
		fails       string
	}{
		{"a name", loadgen.Connections{}, "http://a.test/", []string{"192.0.2.1:80", "192.0.2.2:80"}, ""},
		{"an address", loadgen.Connections{}, "https://192.0.2.9/", []string{"192.0.2.9:443"}, ""},
		{"a name without an address", loadgen.Connections{}, "http://b.test/", nil, "b.test"},
		{"a proxy", proxy("proxy.test:3128"), "http://b.test/", []string{"192.0.2.3:3128"}, ""},
		{"a proxy without an address", proxy("b.test:3128"), "http://a.test/", nil, "b.test"},
		{"a unix socket", loadgen.Connections{UnixSocket: "/run/a.sock"}, "http://b.test/", []string{"unix:/run/a.sock"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := New(Options{Connections: test.connections, Resolver: known, Dial: forbidden})
			u, err := url.Parse(test.to)
			require.NoError(t, err)
			o, err := n.Origin(u)
			require.NoError(t, err)
			err = n.Resolve(t.Context(), n.Origins()...)
			if test.fails != "" {
				require.ErrorContains(t, err, test.fails)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, o.Addresses())
		})
	}
}
