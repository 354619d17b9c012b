// Package h2load sends steps over HTTP/2: many requests at a time on each of a
// stated number of connections.
//
// It is our own client, for the reasons of loadgen/httpload, with which it shares
// clocks, classes and rules: requests are rendered before the run, frames are read
// in place, bodies are counted and dropped, and a request allocates nothing. What
// it does not share is the shape: there a user has a connection, here a user is a
// stream on one of the lanes of its origin, and a lane is a connection that is
// opened again when it ends.
//
// client.go holds what all users share, request.go what they send, and template.go
// what of that is written anew each time. user.go is one user's Sender, visitor.go what
// it has that goes through flows. lane.go says who gets a stream, session.go is a connection from
// its first stream to its last, with write.go for what goes out, flow.go for the
// windows of both directions, read.go for the frames that come in, control.go for
// those that are about the connection and answer.go for those of an answer, with
// head.go for its header and decode.go for its body. socket.go is what lies below,
// errors.go gives failures their words.
package h2load

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"

	"gonogo/loadgen"
	"gonogo/loadgen/coding"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/httpload"
)

// Options are the settings of the client that no step decides.
type Options struct {
	Network     dial.Options // how connections come about; ALPN is decided here
	Compressed  bool         // ask for coded answers, and count what they decode to
	Cookies     bool         // users keep the cookies that they are given
	Seed        uint64       // of the chance in how long connections live
	Connections int          // to each origin; users take turns on them. 0: 1
	Streams     int          // at a time on each connection; 0: as many as the peer allows
}

// A Client is the Protocol of HTTP/2. All users share it.
type Client struct {
	options  Options
	network  *dial.Network
	requests []atomic.Pointer[request] // by step; Renew puts others in their place
	origins  []*dial.Origin
	decoder  *coding.Counter // nil unless Options.Compressed
	bodies   *coding.Counter // of bodies that are looked into
	window   int             // what we let the peer send of an answer ahead of our reading
	windows  int             // and of all answers on a connection

	once   sync.Once // the run's first user sets what follows
	clock  loadgen.Clock
	stamps *httpload.Stamps
	lanes  [][]*lane // by origin and connection

	mu      sync.Mutex
	users   int            // that are not closed
	working sync.WaitGroup // the goroutines of connections
}

// New renders the plan's steps.
func New(steps []loadgen.Step, o Options) (*Client, error) {
	o.Connections = max(o.Connections, 1)
	if o.Streams <= 0 {
		o.Streams = unlimited
	}
	o.Network.ALPN = []string{protocol}
	c := &Client{options: o, network: dial.New(o.Network), window: streamWindow, windows: connWindow}
	c.bodies = &coding.Counter{}
	if o.Compressed {
		c.decoder = c.bodies
	}
	if o.Compressed || slices.ContainsFunc(steps, func(s loadgen.Step) bool { return s.Inspector != nil }) {
		c.window = codedWindow
	}
	c.requests = make([]atomic.Pointer[request], len(steps))
	for i, step := range steps {
		r, err := c.requestOf(step)
		if err != nil {
			return nil, fmt.Errorf("step %q: %w", step.Name, err)
		}
		r.origin = slices.Index(c.origins, r.to)
		if r.origin < 0 {
			r.origin = len(c.origins)
			c.origins = append(c.origins, r.to)
		}
		c.requests[i].Store(r)
	}
	return c, nil
}

// Renew makes all later requests those of the steps, which go where the steps of
// New do: with another credential, say. It may be called while requests are sent,
// each of which is wholly the old one or the new one.
func (c *Client) Renew(steps []loadgen.Step) error {
	if len(steps) != len(c.requests) {
		return fmt.Errorf("renew requests: want %d steps, got %d", len(c.requests), len(steps))
	}
	renewed := make([]*request, len(steps))
	for i, step := range steps {
		r, err := c.requestOf(step)
		if err != nil {
			return fmt.Errorf("renew step %q: %w", step.Name, err)
		}
		if was := c.requests[i].Load().to; was != r.to {
			return fmt.Errorf("renew step %q: it goes to %s now, not to %s", step.Name, r.to.Key(), was.Key())
		}
		renewed[i] = r
	}
	for i := range renewed {
		c.requests[i].Store(renewed[i])
	}
	return nil
}

// requestOf renders the request of a step.
func (c *Client) requestOf(step loadgen.Step) (*request, error) {
	r, err := c.requestFor(step.Request, step.Request.URL)
	if err == nil && step.Inspector != nil {
		r.inspector, r.needs = step.Inspector, step.Inspector.Needs()
	}
	return r, err
}

// requestFor renders a request to u, whatever origin that has.
func (c *Client) requestFor(spec loadgen.Request, u *url.URL) (*request, error) {
	to, err := c.network.Origin(u)
	if err != nil {
		return nil, err
	}
	if _, forwarded := to.Forwarded(); forwarded {
		return nil, errForwarded
	}
	r, err := c.render(spec, u)
	if err != nil {
		return nil, err
	}
	r.to, r.origin = to, slices.Index(c.origins, to)
	return r, nil
}

// Network is what opens the connections.
func (c *Client) Network() *dial.Network { return c.network }

// Preflight resolves every host and opens one connection to each address. It
// sends no request, and does not look whether HTTP/2 is spoken there.
func (c *Client) Preflight(ctx context.Context) error {
	return c.network.Preflight(ctx, c.origins...)
}

// Hosts lists what the connections go to, as URLs.
func (c *Client) Hosts() []string { return dial.Hosts(c.origins) }

// Addresses lists the addresses that answered in Preflight, host by host.
func (c *Client) Addresses() []string { return dial.Addresses(c.origins) }

// NewSender implements loadgen.Protocol.
func (c *Client) NewSender(of loadgen.User) loadgen.Sender {
	c.once.Do(func() { c.start(of.Clock) })
	c.mu.Lock()
	c.users++
	c.mu.Unlock()
	u := &user{client: c, clock: of.Clock, turn: of.Number % c.options.Connections, wake: make(chan struct{}, 1)}
	if of.Session != nil {
		u.visitor = &visitor{session: of.Session}
	}
	return u
}

func (c *Client) start(clock loadgen.Clock) {
	c.clock, c.stamps = clock, httpload.NewStamps(clock)
	for _, o := range c.origins {
		lanes := make([]*lane, c.options.Connections)
		for i := range lanes {
			lanes[i] = &lane{client: c, origin: o, index: i}
		}
		c.lanes = append(c.lanes, lanes)
	}
}

// closed counts a user that is closed. The last one takes the connections along,
// and waits for what works on them.
func (c *Client) closed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users--; c.users > 0 {
		return
	}
	for _, lanes := range c.lanes {
		for _, l := range lanes {
			l.close()
		}
	}
	c.working.Wait()
}

var (
	// errMethod refuses what HTTP/2 has a form of its own for.
	errMethod = errors.New("method CONNECT: a tunnel is no request that can be measured")
	// errForwarded refuses what no proxy does.
	errForwarded = errors.New("an HTTP proxy does not forward HTTP/2 in clear text; use https, or a SOCKS proxy")
)

var _ loadgen.Protocol = (*Client)(nil)
