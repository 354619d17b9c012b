package loadgen

import (
	"net/netip"
	"net/url"
	"time"
)

// Connections say how connections come about and how long they live. The zero
// value opens them to what the URL's host resolves to, and keeps them.
type Connections struct {
	UnixSocket string        // the path of a socket that all connections go to
	Proxy      *url.URL      // http, socks5 or socks5h, with its credential; nil: none
	ConnectTo  []ConnectTo   // the first one that fits counts
	Resolve    []Resolve     // likewise
	DNSEvery   time.Duration // names are looked up again this often, and sooner where their TTL is shorter; 0: never
	Sources    []netip.Addr  // our own addresses; users take turns. None: the system chooses

	MaxAge      time.Duration // of a connection; 0: no limit
	MaxRequests int           // on a connection; 0: no limit
}

// ConnectTo sends connections that were meant for one host and port to another.
// The name in TLS and in the Host header stays. An empty Host or Port fits any,
// an empty ToHost or ToPort changes nothing.
type ConnectTo struct{ Host, Port, ToHost, ToPort string }

// Resolve says what a host resolves to, for one port, in place of DNS.
type Resolve struct {
	Host, Port string // Host may be "*"
	Addresses  []netip.Addr
}
