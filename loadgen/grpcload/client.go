// Package grpcload sends gRPC calls: unary ones, and streams in either direction.
//
// Calls go through grpc-go (docs/decisions/0013 says why), of which we use only what
// happens on one connection: connections are ours, opened as in loadgen/h2load by
// whoever needs one first, and their failures are what happened there. A message is
// JSON in the scenario; it is compiled with descriptors that the server gives by
// reflection, or that a file holds, once where it is always the same.
//
// Instants are taken at the library's boundary: Sent when the call's header was handed
// to the connection, FirstByte when the answer's header came, and Done is always Read,
// which reports show as no answer stamped by the kernel. Bytes are those of messages
// and headers, framed by gRPC, without the framing of HTTP/2.
//
// client.go holds what all users share, step.go what they send, message.go how JSON
// becomes bytes and back, describe.go where descriptors come from; user.go is one
// user's Sender, stream.go a call on its way, lane.go the connections; errors.go gives
// every failure its class.
package grpcload

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/session"
)

// Options are the settings of the client that no step decides.
type Options struct {
	Network     dial.Options // how connections come about; ALPN is decided here
	Connections int          // to each origin; users take turns on them. 0: 1
	Descriptors []byte       // a FileDescriptorSet with all it imports; nil: each server is asked in Preflight
	MaxMessage  int          // bytes of an answer; 0: 64 MiB
	Seed        uint64       // of the chance of users without a session
}

// maxMessage is the longest message of an answer, where Options do not say.
const maxMessage = 64 << 20

// A Client is the Protocol of gRPC. All users share it.
type Client struct {
	options Options
	network *dial.Network
	calls   []atomic.Pointer[call] // by step; Renew puts others in their place
	origins []*dial.Origin
	hosts   []*url.URL     // by origin: what calls name as their host
	known   []*Descriptors // by origin; nil before they are
	lanes   [][]*lane      // by origin and connection

	once  sync.Once // the run's first user sets the clock
	clock loadgen.Clock

	mu    sync.Mutex
	users int // that are not closed
}

// New makes the client of the steps; nil is another protocol's. Where Options hold
// descriptors, messages are compiled here; else Preflight does it.
func New(steps []*Step, o Options) (*Client, error) {
	o.Connections = max(o.Connections, 1)
	if o.MaxMessage <= 0 {
		o.MaxMessage = maxMessage
	}
	o.Network.ALPN = []string{"h2"}
	c := &Client{options: o, network: dial.New(o.Network), calls: make([]atomic.Pointer[call], len(steps))}
	for i, step := range steps {
		if step == nil {
			continue
		}
		made, err := c.newCall(step)
		if err != nil {
			return nil, fmt.Errorf("step %q: %w", step.Name, err)
		}
		c.calls[i].Store(made)
	}
	for i, origin := range c.origins {
		var lanes []*lane
		for n := range o.Connections {
			lanes = append(lanes, &lane{client: c, origin: origin, index: n, number: i})
		}
		c.lanes = append(c.lanes, lanes)
	}
	if o.Descriptors == nil {
		return c, nil
	}
	known, err := ReadDescriptors(o.Descriptors)
	if err != nil {
		return nil, err
	}
	for range c.origins {
		c.known = append(c.known, known)
	}
	return c, c.compile(c.all())
}

// Renew makes all later calls those of the steps, which go where the steps of New do:
// with another credential, say. It may be called while calls are made, each of which is
// wholly the old one or the new one.
func (c *Client) Renew(steps []*Step) error {
	if len(steps) != len(c.calls) {
		return fmt.Errorf("renew calls: want %d steps, got %d", len(c.calls), len(steps))
	}
	renewed := make([]*call, len(steps))
	for i, step := range steps {
		was := c.calls[i].Load()
		if (step == nil) != (was == nil) {
			return fmt.Errorf("renew calls: step %d is not of the protocol that it was", i)
		}
		if step == nil {
			continue
		}
		made, err := step.check()
		if err != nil {
			return fmt.Errorf("renew step %q: %w", step.Name, err)
		}
		if made.http.Host != was.http.Host || made.http.Scheme != was.http.Scheme {
			return fmt.Errorf("renew step %q: it goes to %s now, not to %s", step.Name, step.Target, was.step.Target)
		}
		made.origin, renewed[i] = was.origin, made
	}
	if c.known != nil {
		if err := c.compile(renewed); err != nil {
			return fmt.Errorf("renew %w", err)
		}
	}
	for i, made := range renewed {
		c.calls[i].Store(made)
	}
	return nil
}

// all are the calls, by step.
func (c *Client) all() []*call {
	all := make([]*call, len(c.calls))
	for i := range c.calls {
		all[i] = c.calls[i].Load()
	}
	return all
}

// newCall checks a step, all but its message.
func (c *Client) newCall(step *Step) (*call, error) {
	made, err := step.check()
	if err != nil {
		return nil, err
	}
	to, err := c.network.Origin(made.http)
	if err != nil {
		return nil, err
	}
	if _, forwarded := to.Forwarded(); forwarded {
		return nil, errForwarded
	}
	made.origin = slices.Index(c.origins, to)
	if made.origin < 0 {
		made.origin = len(c.origins)
		c.origins = append(c.origins, to)
		c.hosts = append(c.hosts, made.http)
	}
	return made, nil
}

var errForwarded = errors.New("an HTTP proxy does not forward gRPC in clear text; use grpcs, or a SOCKS proxy")

// compile compiles the messages of calls with the descriptors of their origins.
func (c *Client) compile(calls []*call) error {
	var errs []error
	for _, made := range calls {
		if made == nil {
			continue
		}
		if err := made.compile(c.known[made.origin]); err != nil {
			errs = append(errs, fmt.Errorf("step %q: %w", made.step.Name, err))
		}
	}
	return errors.Join(errs...)
}

// Preflight resolves every host and opens one connection to each address. Where there
// is no file of descriptors it asks each server for its own, and compiles what the
// steps send. Addresses that do not answer are left out of the run. Its error is a
// DescriptorError where the server says too little, and holds a StepError where a step
// does not fit what it says.
func (c *Client) Preflight(ctx context.Context) error {
	if err := c.network.Preflight(ctx, c.origins...); err != nil || c.options.Descriptors != nil {
		return err
	}
	found := make([]*Descriptors, len(c.origins))
	for i, o := range c.origins {
		var err error
		if found[i], err = c.reflect(ctx, i); err != nil {
			return &DescriptorError{fmt.Errorf("descriptors of %s: %w", grpcURL(o), err)}
		}
	}
	c.known = found
	return c.compile(c.all())
}

// Network is what opens the connections.
func (c *Client) Network() *dial.Network { return c.network }

// Hosts lists what the connections go to, as URLs.
func (c *Client) Hosts() []string {
	var all []string
	for _, o := range c.origins {
		all = append(all, grpcURL(o))
	}
	return all
}

// grpcURL is the origin as the scenario names it.
func grpcURL(o *dial.Origin) string {
	u, err := url.Parse(o.Key())
	if err != nil {
		return o.Key()
	}
	u.Scheme = map[bool]string{true: "grpcs", false: "grpc"}[o.Secure()]
	return u.String()
}

// Addresses lists the addresses that are known, host by host.
func (c *Client) Addresses() []string {
	var all []string
	for _, o := range c.origins {
		all = append(all, o.Addresses()...)
	}
	return all
}

// NewSender implements loadgen.Protocol.
func (c *Client) NewSender(of loadgen.User) loadgen.Sender {
	c.once.Do(func() { c.clock = of.Clock })
	c.mu.Lock()
	c.users++
	c.mu.Unlock()
	u := &user{client: c, clock: of.Clock, turn: of.Number % c.options.Connections, knows: of.Session}
	if u.knows == nil {
		u.knows = session.New(&session.Scope{}, int64(of.Number)+1, c.options.Seed)
	}
	return u
}

// closed counts a user that is closed. The last one takes the connections along.
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
}

var _ loadgen.Protocol = (*Client)(nil)
