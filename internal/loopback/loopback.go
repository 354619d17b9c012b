// Package loopback tells what names only this machine, for what is served to it alone.
//
// A page elsewhere can give a name of its own our address, and would read what its reader
// can (DNS rebinding); the name that it asks by is what it cannot hide.
package loopback

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// IsHost tells whether the Host of a request names this machine by loopback.
func IsHost(host string) bool {
	if name, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") || isIP(host)
}

// IsAddr tells whether nobody but this machine reaches an address.
func IsAddr(at net.Addr) bool {
	host, _, err := net.SplitHostPort(at.String())
	return err == nil && isIP(host)
}

func isIP(text string) bool {
	ip, err := netip.ParseAddr(text)
	return err == nil && ip.Unmap().IsLoopback()
}
