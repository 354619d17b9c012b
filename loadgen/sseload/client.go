// Package sseload sends steps that read server-sent events: it opens a stream over
// HTTP/1.1 and waits for its events, one step each.
//
// It begins like a WebSocket (loadgen/opening): httpload's client counts and drops
// bodies that end, and net/http's Transport would put two goroutines and buffers of
// its own between an event and its instant. Framing of the body is net/http's reader.
//
// step.go says what steps want. client.go holds what all users share, user.go is one
// user's Sender, stream.go its stream, and event.go understands what comes.
package sseload

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/httpload"
	"gonogo/loadgen/opening"
)

// Options are the settings of the client that no step decides.
type Options struct {
	Network    dial.Options // how connections come about; ALPN is decided here
	EventLimit int          // the longest line, and the longest data of an event; 0: DefaultEventLimit
}

// DefaultEventLimit is that of Options.
const DefaultEventLimit = 1 << 20

// A Client is the Protocol of server-sent events. All users share it.
type Client struct {
	options Options
	network *dial.Network
	current atomic.Pointer[prepared]
	origins []*dial.Origin

	once   sync.Once
	stamps *httpload.Stamps
}

// New prepares the plan's steps: steps[i] is that of the plan's step i, nil where
// another protocol sends it.
func New(steps []*Step, o Options) (*Client, error) {
	o.Network.ALPN = []string{"http/1.1"}
	if o.EventLimit <= 0 {
		o.EventLimit = DefaultEventLimit
	}
	c := &Client{options: o, network: dial.New(o.Network)}
	p, err := c.prepare(steps)
	c.current.Store(p)
	for _, t := range p.targets {
		if t != nil && !slices.Contains(c.origins, t.Origin()) {
			c.origins = append(c.origins, t.Origin())
		}
	}
	return c, err
}

// prepared are steps that can be performed.
type prepared struct {
	steps   []*Step
	targets []*opening.Target // of Open steps, by step
}

func (c *Client) prepare(steps []*Step) (*prepared, error) {
	p := &prepared{steps: steps, targets: make([]*opening.Target, len(steps))}
	var all []error
	for i, s := range steps {
		if s == nil {
			continue
		}
		err := s.validate(steps)
		if err == nil && s.Kind == Open {
			p.targets[i], err = opening.NewTarget(c.network, s.Request)
		}
		if err != nil {
			all = append(all, fmt.Errorf("step %d: %w", i, err))
		}
	}
	return p, errors.Join(all...)
}

// Renew makes what is sent from now on that of the steps, which are of the same kinds
// and go where those of New do: with another credential, say. Streams that are open
// stay so. It may be called while steps are performed.
func (c *Client) Renew(steps []*Step) error {
	was := c.current.Load()
	p, err := c.prepare(steps)
	if err != nil {
		return fmt.Errorf("renew: %w", err)
	}
	if len(steps) != len(was.steps) {
		return fmt.Errorf("renew: want %d steps, got %d", len(was.steps), len(steps))
	}
	for i, s := range steps {
		before := was.steps[i]
		if (s == nil) != (before == nil) || s != nil && s.Kind != before.Kind {
			return fmt.Errorf("renew: step %d is of another kind now", i)
		}
		if t := p.targets[i]; t != nil && t.Origin() != was.targets[i].Origin() {
			return fmt.Errorf("renew: step %d goes to %s now, not to %s", i, t.Origin().Key(), was.targets[i].Origin().Key())
		}
	}
	c.current.Store(p)
	return nil
}

// Preflight resolves every host and opens one connection to each address. It sends no
// request. Addresses that do not answer are left out of the run; it fails when a host
// has none left.
func (c *Client) Preflight(ctx context.Context) error {
	return c.network.Preflight(ctx, c.origins...)
}

// Network is what opens the connections.
func (c *Client) Network() *dial.Network { return c.network }

// Hosts lists what the connections go to, as URLs.
func (c *Client) Hosts() []string { return dial.Hosts(c.origins) }

// Addresses lists the addresses that are known, host by host.
func (c *Client) Addresses() []string { return dial.Addresses(c.origins) }

// NewSender implements loadgen.Protocol.
func (c *Client) NewSender(of loadgen.User) loadgen.Sender {
	c.once.Do(func() { c.stamps = httpload.NewStamps(of.Clock) })
	return &user{
		client: c, clock: of.Clock, dialer: opening.NewDialer(of, c.network, c.stamps),
		streams: map[int]*stream{}, last: map[int][]byte{},
	}
}

var _ loadgen.Protocol = (*Client)(nil)
