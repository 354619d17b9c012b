// Package wsload sends steps over WebSocket: it connects, sends messages, waits for
// messages, and closes.
//
// Frames and the rules of the handshake are github.com/coder/websocket's. Clocks,
// classes and the ways to a server are those of loadgen/httpload and loadgen/dial: the
// library is given a connection of ours, which asks the kernel when it received what
// is read.
//
// step.go says what steps want. client.go holds what all users share; user.go is one
// user's Sender, and connect.go how it gets a connection. link.go is that
// connection: a goroutine reads it all the time, so that pings are answered and the
// instant of a message is that of its coming, and puts what came into a bounded queue
// (queue.go). utf8.go looks whether texts are text. errors.go gives failures their
// words.
package wsload

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
	Compressed bool         // offer permessage-deflate
	// MessageLimit is the longest message, decoded, that a server may send; a longer
	// one ends its connection. 0: DefaultMessageLimit.
	MessageLimit int64
	// Queue is how many messages wait for a step of each user, and QueueBytes how much
	// is kept of them together. 0: the defaults. Beyond that the oldest are dropped.
	Queue, QueueBytes int
}

// The defaults of Options.
const (
	DefaultMessageLimit = 16 << 20
	DefaultQueue        = 256
	DefaultQueueBytes   = 1 << 20
)

// A Client is the Protocol of WebSocket. All users share it.
type Client struct {
	options Options
	network *dial.Network
	current atomic.Pointer[prepared]
	origins []*dial.Origin
	counts  counters

	once   sync.Once
	stamps *httpload.Stamps
}

// New prepares the plan's steps: steps[i] is that of the plan's step i, nil where
// another protocol sends it.
func New(steps []*Step, o Options) (*Client, error) {
	o.Network.ALPN = []string{"http/1.1"}
	if o.MessageLimit <= 0 {
		o.MessageLimit = DefaultMessageLimit
	}
	if o.Queue <= 0 {
		o.Queue = DefaultQueue
	}
	if o.QueueBytes <= 0 {
		o.QueueBytes = DefaultQueueBytes
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
	targets []*opening.Target // of Connect steps, by step
	keep    []int             // how much is looked at of each message, likewise; below 0: nobody looks
}

func (c *Client) prepare(steps []*Step) (*prepared, error) {
	p := &prepared{steps: steps, targets: make([]*opening.Target, len(steps)), keep: make([]int, len(steps))}
	for i := range p.keep {
		p.keep[i] = -1
	}
	var all []error
	for i, s := range steps {
		if s == nil {
			continue
		}
		if err := c.add(p, i, s); err != nil {
			all = append(all, fmt.Errorf("step %d: %w", i, err))
		}
	}
	return p, errors.Join(all...)
}

func (c *Client) add(p *prepared, i int, s *Step) error {
	if err := s.validate(p.steps); err != nil {
		return err
	}
	if s.receives() {
		keep := 0
		if s.Inspector != nil {
			keep = s.Inspector.Needs().Body
		}
		p.keep[s.Connection] = max(p.keep[s.Connection], keep)
	}
	if s.Kind != Connect {
		return nil
	}
	t, err := opening.NewTarget(c.network, s.Request)
	if err != nil {
		return err
	}
	if _, forwarded := t.Origin().Forwarded(); forwarded {
		return errForwarded
	}
	p.targets[i] = t
	return nil
}

// Renew makes what is sent from now on that of the steps, which are of the same kinds
// and go where those of New do: with another credential, say. Connections that are open
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

// Preflight resolves every host and opens one connection to each address. It shakes
// no hands. Addresses that do not answer are left out of the run; it fails when a
// host has none left.
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
		wake: make(chan struct{}, 1), links: map[int]*link{},
	}
}

var _ loadgen.Protocol = (*Client)(nil)
