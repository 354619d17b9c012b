package scenarios

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
)

// The forms in which a person says where connections go and come from.
const (
	wantConnectTo = "HOST:PORT:TO-HOST:TO-PORT, such as app.example.test:443:10.0.0.7:8443; what is empty stays, or fits any"
	wantResolve   = "HOST:PORT:ADDRESS, such as app.example.test:443:10.0.0.7, or several addresses with commas"
	wantSource    = "an address, a range or a network of this machine, such as 10.0.0.7, 10.0.0.7-10.0.0.9 or 10.0.0.0/28"
	wantProxy     = "http://host:3128, socks5://host:1080 or socks5h://host:1080, with user:${env:NAME}@ before the host where a password is wanted"
)

// maxSources is the most source addresses that are taken for meant.
const maxSources = 4096

// parseConnectTo reads HOST:PORT:TO-HOST:TO-PORT, as curl does.
func parseConnectTo(text string) (loadgen.ConnectTo, error) {
	bad := func(what string) (loadgen.ConnectTo, error) {
		return loadgen.ConnectTo{}, yamlfile.Bad(text, what, wantConnectTo)
	}
	host, rest, ok1 := cutHost(text)
	port, rest, ok2 := strings.Cut(rest, ":")
	toHost, toPort, ok3 := cutHost(rest)
	switch {
	case !ok1 || !ok2 || !ok3:
		return bad("has not four parts")
	case !isHost(host) || !isHost(toHost):
		return bad("names a host that cannot be one")
	case port != "" && !isPort(port) || toPort != "" && !isPort(toPort):
		return bad("has a port that is not from 1 to 65535")
	case toHost == "" && toPort == "":
		return bad("changes nothing")
	}
	return loadgen.ConnectTo{Host: host, Port: port, ToHost: toHost, ToPort: toPort}, nil
}

// parseResolve reads HOST:PORT:ADDRESS[,ADDRESS]..., as curl does.
func parseResolve(text string) (loadgen.Resolve, error) {
	bad := func(what string) (loadgen.Resolve, error) {
		return loadgen.Resolve{}, yamlfile.Bad(text, what, wantResolve)
	}
	host, rest, ok1 := cutHost(text)
	port, list, ok2 := strings.Cut(rest, ":")
	switch {
	case !ok1 || !ok2:
		return bad("has not three parts")
	case host == "" || host != "*" && !isHost(host):
		return bad("names a host that cannot be one")
	case !isPort(port):
		return bad("has a port that is not from 1 to 65535")
	}
	r := loadgen.Resolve{Host: host, Port: port}
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimSpace(one)
		if inner, ok := strings.CutPrefix(one, "["); ok {
			one = strings.TrimSuffix(inner, "]")
		}
		address, err := netip.ParseAddr(one)
		if err != nil {
			return bad("has " + yamlfile.Quote(one) + ", which is no IP address")
		}
		r.Addresses = append(r.Addresses, address)
	}
	return r, nil
}

// cutHost splits at the first colon that is not within [an address of IPv6].
func cutHost(text string) (host, rest string, ok bool) {
	if inner, is6 := strings.CutPrefix(text, "["); is6 {
		host, rest, ok = strings.Cut(inner, "]:")
		return host, rest, ok
	}
	return strings.Cut(text, ":")
}

// isHost tells whether the text can be a host, or is empty.
func isHost(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	return len(text) <= 255 && !strings.HasPrefix(text, "-") && !strings.ContainsFunc(text, func(r rune) bool {
		isWord := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !isWord && r != '-' && r != '.' && r != '_'
	})
}

func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

// parseSources reads an address, a range A-B of them, or a network A/BITS.
func parseSources(text string) ([]netip.Addr, error) {
	bad := func(what string) ([]netip.Addr, error) {
		return nil, yamlfile.Bad(text, what, wantSource)
	}
	if strings.Contains(text, "/") {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return bad("is no network")
		}
		return span(text, network.Masked().Addr(), lastOf(network), network.Addr().Is4() && network.Bits() < 31)
	}
	from, to, isRange := strings.Cut(text, "-")
	first, err := netip.ParseAddr(strings.TrimSpace(from))
	if err != nil {
		return bad("is no IP address")
	}
	if !isRange {
		return []netip.Addr{first}, nil
	}
	last, err := netip.ParseAddr(strings.TrimSpace(to))
	switch {
	case err != nil:
		return bad("ends with no IP address")
	case first.BitLen() != last.BitLen() || first.Zone() != last.Zone():
		return bad("goes from one family of addresses to another")
	case last.Less(first):
		return bad("ends before it starts")
	}
	return span(text, first, last, false)
}

// span lists the addresses from the first to the last; a network of IPv4 has two
// at its ends that nobody can have.
func span(text string, first, last netip.Addr, network bool) ([]netip.Addr, error) {
	var all []netip.Addr
	for a := first; ; a = a.Next() {
		if len(all) > maxSources {
			return nil, yamlfile.Bad(text, "is too much", fmt.Sprintf("%d addresses at most", maxSources))
		}
		all = append(all, a)
		if a == last {
			break
		}
	}
	if network {
		all = all[1 : len(all)-1]
	}
	return all, nil
}

// lastOf is the last address of a network.
func lastOf(p netip.Prefix) netip.Addr {
	bytes := p.Masked().Addr().AsSlice()
	for bit := p.Bits(); bit < len(bytes)*8; bit++ {
		bytes[bit/8] |= 1 << (7 - bit%8)
	}
	last, _ := netip.AddrFromSlice(bytes) // as long as it was
	return last
}

// parseProxy reads the URL of a proxy. Its errors do not show it: it may hold a
// password.
func parseProxy(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	bad := func(what string) (*url.URL, error) { return nil, &yamlfile.TextError{What: what, Want: wantProxy} }
	switch {
	case err != nil:
		return bad("is not a URL")
	case !slices.Contains([]string{"http", "socks5", "socks5h"}, u.Scheme):
		return bad("the scheme " + yamlfile.Quote(u.Scheme) + " is not one of a proxy that gonogo knows")
	case !isHost(u.Hostname()) || u.Hostname() == "":
		return bad("names no host")
	case u.Port() != "" && !isPort(u.Port()):
		return bad("has a port that is not from 1 to 65535")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return bad("goes on behind the host")
	}
	return u, nil
}
