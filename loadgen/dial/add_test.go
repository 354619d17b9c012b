package dial

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCountsAreAdded(t *testing.T) {
	one := Counts{
		Opened: 1, Failed: 2, Handshakes: 3, HandshakesFailed: 4, Resumed: 5, Lookups: 6, LookupsFailed: 7, Changes: 8,
		Versions: map[string]int64{"1.3": 1}, Ciphers: map[string]int64{"a": 1},
		Addresses: []AddressCounts{{Address: "h:1", Opened: 1, Requests: 2}},
	}
	one.Addresses[0].Service.Record(time.Second)
	other := Counts{
		Opened: 10, Failed: 20, Handshakes: 30, HandshakesFailed: 40, Resumed: 50, Lookups: 60, LookupsFailed: 70, Changes: 80,
		Versions: map[string]int64{"1.3": 1, "1.2": 2}, Ciphers: map[string]int64{"b": 1},
		Addresses: []AddressCounts{{Address: "h:2", Opened: 5}, {Address: "h:1", Opened: 1, Failed: 2, Requests: 3, Errors: 4, LeftOut: "gone"}},
	}
	other.Addresses[1].Service.Record(time.Second)
	one.Add(other)
	require.Equal(t, int64(2), one.Addresses[0].Service.Count())
	one.Addresses[0].Service = other.Addresses[0].Service // told
	require.Equal(t, Counts{
		Opened: 11, Failed: 22, Handshakes: 33, HandshakesFailed: 44, Resumed: 55, Lookups: 66, LookupsFailed: 77, Changes: 88,
		Versions: map[string]int64{"1.3": 2, "1.2": 2}, Ciphers: map[string]int64{"a": 1, "b": 1},
		Addresses: []AddressCounts{{Address: "h:1", Opened: 2, Failed: 2, Requests: 5, Errors: 4, LeftOut: "gone"}, {Address: "h:2", Opened: 5}},
	}, one)
}
