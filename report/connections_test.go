package report

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// wired is the burst over TLS, compressed, to a target of three addresses of which one is
// sick and one was not there.
func wired() *Report {
	r := burst()
	r.Totals.Decoded = ptr[int64](9 << 30)
	r.Connections = &Connections{
		Opened: 1210, Failed: 12, Handshakes: 1207, HandshakesFailed: 3, Resumed: 207,
		Versions: map[string]int64{"1.2": 7, "1.3": 1200}, Ciphers: map[string]int64{"TLS_AES_128_GCM_SHA256": 1207},
		Lookups: 12, LookupsFailed: 1, Changes: 1,
		Addresses: []Address{
			{Address: "192.0.2.7:443", Opened: 605, Requests: 360_215, Errors: 12, Service: spreadOf(360_203, 35, 160, 280, 790, 2_300)},
			{Address: "[2001:db8::7]:443", Opened: 605, Failed: 12, Requests: 360_203, Errors: 565, Service: spreadOf(359_638, 37, 180, 300, 810, 2_380)},
			{Address: "192.0.2.8:443", LeftOut: "connect to 192.0.2.8:443: connection refused"},
		},
	}
	return r
}

func TestConnectionsAreShown(t *testing.T) {
	golden(t, "connections.txt", []byte(printed(t, wired(), Style{})))
	require.NoError(t, conforms(encoded(t, wired())))
}

// One address is no news, and neither is a plain connection.
func TestLittleIsShownOfPlainConnections(t *testing.T) {
	r := wired()
	r.Connections = &Connections{Opened: 1, Addresses: r.Connections.Addresses[:1]}
	page := printed(t, r, Style{})
	require.Contains(t, page, "\nCONNECTIONS 1 opened\n")
	require.NotContains(t, page, "ADDRESSES")
	require.NotContains(t, page, "TLS")
}

func TestManyAddressesAreCutShort(t *testing.T) {
	r := wired()
	for range 20 {
		r.Connections.Addresses = append(r.Connections.Addresses, r.Connections.Addresses[2])
	}
	require.Contains(t, printed(t, r, Style{}), "  and 15 more, in the report file\n")
}
