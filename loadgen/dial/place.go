package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// A place is a host and port that connections go to, with its addresses as they
// are known at the moment. Users read them, whoever looks the name up replaces
// them.
type place struct {
	network    *Network
	host, port string
	fixed      bool // an address, or given by hand: never looked up
	given      []netip.Addr

	known   atomic.Pointer[[]*Address] // in order; nil before the first lookup
	looking chan struct{}              // holds one while somebody looks it up
	due     atomic.Pointer[time.Time]  // when to look it up again; nil before the first lookup, and where it is fixed

	// refused are those that did not answer in preflight. Written before the run.
	refused map[string]bool
}

// place returns the one place of a host and port.
func (n *Network) place(host, port string) *place {
	key := net.JoinHostPort(host, port)
	n.mu.Lock()
	defer n.mu.Unlock()
	if p := n.places[key]; p != nil {
		return p
	}
	p := &place{network: n, host: host, port: port, looking: make(chan struct{}, 1), refused: map[string]bool{}}
	p.given = n.given(host, port)
	p.fixed = p.given != nil
	if len(n.places) < maxPlaces {
		n.places[key] = p
	}
	return p
}

// given returns the addresses that need no lookup.
func (n *Network) given(host, port string) []netip.Addr {
	for _, r := range n.options.Resolve {
		if (r.Host == "*" || strings.EqualFold(r.Host, host)) && r.Port == port {
			return r.Addresses
		}
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address}
	}
	return nil
}

// list returns the addresses; the first to ask looks them up.
func (p *place) list(ctx context.Context) ([]*Address, error) {
	if known := p.known.Load(); known != nil {
		return *known, nil
	}
	return p.lookup(ctx, false)
}

// lookup resolves the name. One looks at a time, the others wait for what it
// finds unless they want it fresh.
func (p *place) lookup(ctx context.Context, fresh bool) ([]*Address, error) {
	select {
	case p.looking <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("resolve %s: %w", p.host, ctx.Err())
	}
	defer func() { <-p.looking }()
	if known := p.known.Load(); known != nil && !fresh {
		return *known, nil
	}
	if p.fixed {
		return p.learn(p.given)
	}
	ips, ttl, err := p.resolve(ctx)
	if err != nil {
		return nil, err
	}
	all, err := p.learn(ips)
	if err == nil {
		p.lasts(ttl)
	}
	return all, err
}

func (p *place) resolve(ctx context.Context) ([]netip.Addr, time.Duration, error) {
	c := &p.network.counts
	c.lookups.Add(1)
	ips, ttl, err := lookupTTL(ctx, p.network.options.Resolver, p.host)
	if err == nil && len(ips) == 0 {
		err = errors.New("the name has no address")
	}
	if err != nil {
		c.lookupsFailed.Add(1)
		return nil, 0, fmt.Errorf("resolve %s: %w", p.host, err)
	}
	return ips, ttl, nil
}

// learn replaces the addresses that are known. They are put in order: a name
// server that turns its list round would look like one that changes it.
func (p *place) learn(ips []netip.Addr) ([]*Address, error) {
	ips = slices.Clone(ips)
	for i := range ips {
		ips[i] = ips[i].Unmap()
	}
	slices.SortFunc(ips, netip.Addr.Compare)
	ips = slices.Compact(ips)
	reachable := p.network.reachable(ips)
	if len(reachable) == 0 {
		return nil, fmt.Errorf("connect to %s: no source address is of the family of %v; give one that is", p.host, ips)
	}
	texts := p.answering(reachable)
	all := make([]*Address, len(texts))
	for i, text := range texts {
		all[i] = p.network.address("tcp", text)
	}
	if before := p.known.Load(); before != nil && !slices.EqualFunc(*before, all, sameAddress) {
		p.network.counts.changes.Add(1)
	}
	p.known.Store(&all)
	return all, nil
}

// sameAddress compares what they say: those beyond maxAddresses are made anew.
func sameAddress(a, b *Address) bool { return a.kind == b.kind && a.at == b.at }

// answering leaves out what did not answer in preflight, unless that is all.
func (p *place) answering(ips []netip.Addr) []string {
	var all, answering []string
	for _, ip := range ips {
		text := net.JoinHostPort(ip.String(), p.port)
		all = append(all, text)
		if !p.refused[text] {
			answering = append(answering, text)
		}
	}
	if len(answering) == 0 {
		return all
	}
	return answering
}

// reachable leaves out the addresses that no source can connect to.
func (n *Network) reachable(ips []netip.Addr) []netip.Addr {
	if len(n.options.Sources) == 0 {
		return ips
	}
	return slices.DeleteFunc(slices.Clone(ips), func(ip netip.Addr) bool {
		return !slices.ContainsFunc(n.options.Sources, func(s netip.Addr) bool { return sameFamily(s, ip) })
	})
}

// pick chooses one of the addresses for a user's nth connection. Users take
// turns, a user that connects again moves on; and where there are several
// sources, each of them meets every address.
func (n *Network) pick(all []*Address, user, nth int) *Address {
	turn := user + nth
	if sources := len(n.options.Sources); sources > 1 {
		turn += user / (len(all) / gcd(len(all), sources) * sources)
	}
	return all[turn%len(all)]
}

func gcd(a, b int) int {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// leaveOut forgets the addresses that have an error.
func (p *place) leaveOut(all []*Address, errs []error) {
	p.looking <- struct{}{}
	defer func() { <-p.looking }()
	var left []*Address
	for i, a := range all {
		if errs[i] == nil {
			left = append(left, a)
			continue
		}
		p.refused[a.at] = true
		a.leftOut(errs[i])
	}
	p.known.Store(&left)
}
