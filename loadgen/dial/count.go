package dial

import (
	"cmp"
	"crypto/tls"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gonogo/measure"
)

// An Address is one place that connections go to.
type Address struct {
	kind, at string // as a Func wants them
	tally    *tally
}

// String returns host:port, or unix: and the path of a socket.
func (a *Address) String() string {
	if a.kind == "unix" {
		return "unix:" + a.at
	}
	return a.at
}

// tally is what came of an address. Connections are counted as they open,
// requests when the link that made them is done with the address.
type tally struct {
	opened, failed atomic.Int64

	mu               sync.Mutex
	requests, errors int64
	service          measure.Histogram
	why              string // it was left out
}

// address returns the one Address of the text. The caller must not hold n.mu.
func (n *Network) address(kind, at string) *Address {
	n.mu.Lock()
	defer n.mu.Unlock()
	if a := n.addresses[at]; a != nil {
		return a
	}
	if len(n.addresses) == maxAddresses {
		return &Address{kind: kind, at: at, tally: n.others}
	}
	a := &Address{kind: kind, at: at, tally: &tally{}}
	n.addresses[at] = a
	n.listed = append(n.listed, a)
	n.several.Store(len(n.listed) > 1)
	return a
}

// Several tells whether connections can go to more than one address: then it is
// worth its while to measure them apart.
func (n *Network) Several() bool { return n.several.Load() }

// Add counts requests that ended on the address, and how many of them badly.
func (a *Address) Add(requests, errors int64) {
	a.tally.mu.Lock()
	defer a.tally.mu.Unlock()
	a.tally.requests += requests
	a.tally.errors += errors
}

// Served records the service time of a request that was answered well.
func (a *Address) Served(d time.Duration) {
	a.tally.mu.Lock()
	a.tally.service.Record(d)
	a.tally.mu.Unlock()
}

func (a *Address) leftOut(why error) {
	a.tally.mu.Lock()
	defer a.tally.mu.Unlock()
	a.tally.why = why.Error()
}

// counters are what a Network counts as it goes.
type counters struct {
	opened, failed                  atomic.Int64
	handshakes, handshakesFailed    atomic.Int64
	resumed                         atomic.Int64
	lookups, lookupsFailed, changes atomic.Int64

	mu       sync.Mutex
	versions map[uint16]int64
	suites   map[uint16]int64
}

func (c *counters) shook(s tls.ConnectionState) {
	c.handshakes.Add(1)
	if s.DidResume {
		c.resumed.Add(1)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.versions == nil {
		c.versions, c.suites = map[uint16]int64{}, map[uint16]int64{}
	}
	c.versions[s.Version]++
	c.suites[s.CipherSuite]++
}

// Counts is what became of the connections of a run, all phases together.
type Counts struct {
	Opened, Failed               int64 // connections, a proxy's part included
	Handshakes, HandshakesFailed int64
	Resumed                      int64            // of Handshakes
	Versions                     map[string]int64 // of TLS, such as "1.3"
	Ciphers                      map[string]int64 // by their IANA names
	Lookups, LookupsFailed       int64            // of names
	Changes                      int64            // a name had other addresses than before
	Addresses                    []AddressCounts
}

// AddressCounts is what came of one address.
type AddressCounts struct {
	Address          string // "" for all that were too many to be listed
	Opened, Failed   int64
	Requests, Errors int64
	Service          measure.Histogram // of requests that were answered well, from when there was more than one address
	LeftOut          string            // why no connection went there; "" when they did
}

// Counts returns what was counted so far.
func (n *Network) Counts() Counts {
	c := &n.counts
	out := Counts{
		Opened: c.opened.Load(), Failed: c.failed.Load(),
		Handshakes: c.handshakes.Load(), HandshakesFailed: c.handshakesFailed.Load(), Resumed: c.resumed.Load(),
		Lookups: c.lookups.Load(), LookupsFailed: c.lookupsFailed.Load(), Changes: c.changes.Load(),
		Versions: map[string]int64{}, Ciphers: map[string]int64{},
	}
	c.mu.Lock()
	for v, times := range c.versions {
		out.Versions[VersionName(v)] += times
	}
	for id, times := range c.suites {
		out.Ciphers[tls.CipherSuiteName(id)] += times
	}
	c.mu.Unlock()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, a := range n.listed {
		out.Addresses = append(out.Addresses, a.tally.counts(a.String()))
	}
	if rest := n.others.counts(""); rest.Opened+rest.Failed > 0 {
		out.Addresses = append(out.Addresses, rest)
	}
	return out
}

// Add adds what another Network counted.
func (c *Counts) Add(other Counts) {
	c.Opened += other.Opened
	c.Failed += other.Failed
	c.Handshakes += other.Handshakes
	c.HandshakesFailed += other.HandshakesFailed
	c.Resumed += other.Resumed
	c.Lookups += other.Lookups
	c.LookupsFailed += other.LookupsFailed
	c.Changes += other.Changes
	for version, times := range other.Versions {
		c.Versions[version] += times
	}
	for suite, times := range other.Ciphers {
		c.Ciphers[suite] += times
	}
	for _, a := range other.Addresses {
		i := slices.IndexFunc(c.Addresses, func(b AddressCounts) bool { return b.Address == a.Address })
		if i < 0 {
			c.Addresses = append(c.Addresses, a)
			continue
		}
		b := &c.Addresses[i]
		b.Opened += a.Opened
		b.Failed += a.Failed
		b.Requests += a.Requests
		b.Errors += a.Errors
		b.Service.Merge(&a.Service)
		b.LeftOut = cmp.Or(b.LeftOut, a.LeftOut)
	}
}

func (t *tally) counts(address string) AddressCounts {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := AddressCounts{
		Address: address, Opened: t.opened.Load(), Failed: t.failed.Load(),
		Requests: t.requests, Errors: t.errors, LeftOut: t.why,
	}
	out.Service.Merge(&t.service)
	return out
}
