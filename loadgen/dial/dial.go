// Package dial opens the connections of a run: it decides where each one goes,
// from where, through what and under which TLS session, and counts what came of
// it. It knows no HTTP but what a proxy wants to hear.
//
// A Network is shared by all users; an Origin is one scheme, host and port of it
// (origin.go), and resolve.go looks where they lead, again and again. place.go keeps
// the addresses of a name, ttl.go hears from name servers how long they hold,
// proxy.go and socks.go get through a proxy, secure.go shakes hands, count.go
// counts, and socket_linux.go opens connections cheaply where it can. packet.go is for
// those that a protocol makes itself, of datagrams.
package dial

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"

	"gonogo/loadgen"
)

// Func opens a connection, as net.Dialer's DialContext does.
type Func = func(ctx context.Context, network, address string) (net.Conn, error)

// Options are the settings of a Network.
type Options struct {
	loadgen.Connections
	TLS      *tls.Config // nil: the defaults
	Resume   bool        // a user that connects again resumes its TLS session
	ALPN     []string    // the protocols that are offered in the handshake
	Resolver Resolver    // nil: the system's, with the TTLs that it is told
	Dial     Func        // nil: a net.Dialer's, from one of Sources
}

// A Network opens connections for all users of a run.
type Network struct {
	options Options
	dials   []Func // by source; at least one
	counts  counters
	several atomic.Bool   // there was more than one address
	found   chan struct{} // holds one when a place has got its first addresses

	mu        sync.Mutex // guards what follows; not needed while requests go on kept connections
	origins   map[string]*Origin
	places    map[string]*place
	addresses map[string]*Address
	listed    []*Address // in the order in which they were found
	others    *tally     // of the addresses beyond maxAddresses
}

// The most that is kept by name: a target can redirect to any number of hosts.
const (
	maxPlaces    = 256
	maxAddresses = 256
)

// New returns a Network. It opens nothing.
func New(o Options) *Network {
	if o.TLS == nil {
		o.TLS = &tls.Config{}
	}
	if o.Resolver == nil {
		o.Resolver = system{dial: (&net.Dialer{}).DialContext}
	}
	return &Network{
		options: o, dials: dials(o), others: &tally{}, found: make(chan struct{}, 1),
		origins: map[string]*Origin{}, places: map[string]*place{}, addresses: map[string]*Address{},
	}
}

// dials returns how to connect from each source. Probes of idle connections
// would be traffic that nobody planned, so there are none.
func dials(o Options) []Func {
	if o.Dial != nil {
		return []Func{o.Dial}
	}
	if len(o.Sources) == 0 {
		return []Func{direct(netip.Addr{}, (&net.Dialer{KeepAlive: -1}).DialContext)}
	}
	var all []Func
	for _, source := range o.Sources {
		d := &net.Dialer{KeepAlive: -1, Control: latePort}
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
		all = append(all, direct(source, d.DialContext))
	}
	return all
}

// dial connects from the address that the user has.
func (n *Network) dial(ctx context.Context, user int, network, address string) (net.Conn, error) {
	return n.dials[n.sourceFor(user, address)](ctx, network, address)
}

// sourceFor returns which source a user has: the same for all of its connections
// to addresses of one family.
func (n *Network) sourceFor(user int, address string) int {
	if len(n.options.Sources) == 0 || n.options.Dial != nil {
		return 0
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return user % len(n.dials)
	}
	for i := range n.options.Sources {
		at := (user + i) % len(n.options.Sources)
		if sameFamily(n.options.Sources[at], to.Addr()) {
			return at
		}
	}
	return user % len(n.dials)
}

func sameFamily(a, b netip.Addr) bool { return a.Unmap().Is4() == b.Unmap().Is4() }

// Origin returns the one origin of all URLs of u's scheme, host and port.
func (n *Network) Origin(u *url.URL) (*Origin, error) {
	made, err := n.newOrigin(u)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if o := n.origins[made.Key()]; o != nil {
		return o, nil
	}
	if len(n.origins) < maxPlaces {
		n.origins[made.Key()] = made
	}
	return made, nil
}

// Preflight resolves the hosts of the origins and opens a connection to each of
// their addresses. It sends no request and is not counted. Addresses that do not
// answer are left out of the run; it fails when an origin has none left.
func (n *Network) Preflight(ctx context.Context, origins ...*Origin) error {
	return n.preflight(ctx, func(ctx context.Context, o *Origin) error { return o.preflight(ctx) }, origins)
}

func (n *Network) preflight(ctx context.Context, one func(context.Context, *Origin) error, origins []*Origin) error {
	errs := n.checkSources(ctx)
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	found := make([]error, len(origins))
	var looking sync.WaitGroup
	for i, o := range origins {
		looking.Go(func() { found[i] = one(ctx, o) })
	}
	looking.Wait()
	return errors.Join(found...)
}

// checkSources finds the source addresses that are not this machine's.
func (n *Network) checkSources(ctx context.Context) []error {
	var errs []error
	for _, source := range n.options.Sources {
		ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(source.String(), "0"))
		if err != nil {
			errs = append(errs, fmt.Errorf("source address %s: %w; give this machine the address (ip address add), or leave it out", source, bare(err)))
			continue
		}
		_ = ln.Close()
	}
	return errs
}

// bare takes the "dial tcp address:" off an error whose text says it already.
func bare(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Err != nil {
		return op.Err
	}
	return err
}
