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
	steps   []*Step
	targets []*opening.Target // of Open steps, by step
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
	c := &Client{options: o, network: dial.New(o.Network), steps: steps, targets: make([]*opening.Target, len(steps))}
	var all []error
	for i, s := range steps {
		if s == nil {
			continue
		}
		if err := c.add(i, s); err != nil {
			all = append(all, fmt.Errorf("step %d: %w", i, err))
		}
	}
	return c, errors.Join(all...)
}

func (c *Client) add(i int, s *Step) error {
	if err := s.validate(c.steps); err != nil || s.Kind != Open {
		return err
	}
	t, err := opening.NewTarget(c.network, s.Request)
	if err != nil {
		return err
	}
	c.targets[i] = t
	if !slices.Contains(c.origins, t.Origin()) {
		c.origins = append(c.origins, t.Origin())
	}
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
func (c *Client) Hosts() []string {
	var all []string
	for _, o := range c.origins {
		all = append(all, o.Key())
	}
	return all
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
	c.once.Do(func() { c.stamps = httpload.NewStamps(of.Clock) })
	return &user{
		client: c, clock: of.Clock, dialer: opening.NewDialer(of, c.network, c.stamps),
		streams: map[int]*stream{}, last: map[int][]byte{},
	}
}

var _ loadgen.Protocol = (*Client)(nil)
