package loopback

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlyOurOwnNamesAreLoopback(t *testing.T) {
	for host, ours := range map[string]bool{
		"localhost": true, "localhost:8088": true, "LocalHost.": true, "127.0.0.1": true, "127.0.0.1:8088": true, "127.9.9.9": true,
		"[::1]": true, "[::1]:8088": true, "::1": true, "[::ffff:127.0.0.1]:80": true,
		"": false, "example.test": false, "localhost.example.test:8088": false, "127.0.0.1.nip.io": false, "10.0.0.1": false,
		"0.0.0.0": false, "[::]:80": false, "127.0.0.1:x": false, "localhost:65536": false, "127.1": false, "localhost:80@example.test": false,
	} {
		require.Equal(t, ours, IsHost(host), host)
	}
}

func TestAnAddressThatOthersReachIsNone(t *testing.T) {
	for ip, ours := range map[string]bool{
		"127.0.0.1": true, "::1": true, "::ffff:127.0.0.1": true, "0.0.0.0": false, "::": false, "192.0.2.1": false, "fe80::1": false,
	} {
		require.Equal(t, ours, IsAddr(&net.TCPAddr{IP: net.ParseIP(ip), Port: 8088}), ip)
	}
	require.False(t, IsAddr(&net.UnixAddr{Name: "/tmp/x", Net: "unix"}))
}
