// Package httpload sends steps over HTTP/1.1.
//
// It is our own client: requests are rendered before the run, answers are parsed
// in place and their bodies are counted and dropped, so that a request allocates
// nothing and costs little beside the kernel's work (docs/decisions/0001).
//
// client.go holds what all users share, request.go what they send; user.go is one
// user's Sender and answer.go how it reads, the hot path; head.go, memo.go and
// chunked.go understand answers; stream.go and stampconn_linux.go are the
// connections, buffer.go what comes of them, stamps.go when it did; dial.go opens
// them and lifetime.go ends them in time, where to is loadgen/dial's business;
// decode.go reads bodies that are coded; errors.go gives every failure its class;
// share.go is for the sibling that speaks HTTP/2.
package httpload

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"

	"gonogo/loadgen"
	"gonogo/loadgen/coding"
	"gonogo/loadgen/dial"
)

// Options are the settings of the client that no step decides.
type Options struct {
	Network    dial.Options // how connections come about; ALPN is decided here
	Compressed bool         // ask for coded answers, and count what they decode to
	Cookies    bool         // users keep the cookies that they are given
	Seed       uint64       // of the chance in how long connections live
}

// A Client is the Protocol of HTTP/1.1. All users share it.
type Client struct {
	requests []atomic.Pointer[request] // by step; Renew puts others in their place
	origins  []*origin
	options  Options
	network  *dial.Network
	decoder  *coding.Counter // nil unless Options.Compressed
	bodies   *coding.Counter // of bodies that are looked into

	once   sync.Once
	stamps *stampClock // of the run, which its first user starts
}

// New renders the plan's steps.
func New(steps []loadgen.Step, o Options) (*Client, error) {
	o.Network.ALPN = []string{"http/1.1"}
	c := &Client{options: o, network: dial.New(o.Network)}
	c.bodies = &coding.Counter{}
	if o.Compressed {
		c.decoder = c.bodies
	}
	c.requests = make([]atomic.Pointer[request], len(steps))
	for i, step := range steps {
		at, err := c.originOf(step.Request.URL)
		if err != nil {
			return nil, fmt.Errorf("step %q: %w", step.Name, err)
		}
		c.requests[i].Store(c.requestTo(at, step))
	}
	return c, nil
}

func (c *Client) requestTo(at *origin, step loadgen.Step) *request {
	spec := step.Request
	r := &request{bytes: c.render(spec, spec.URL, at), origin: at, spec: spec, path: []byte(targetOf(spec.URL)), memo: new(memo), inspector: step.Inspector}
	r.template = c.newTemplate(&r.spec, spec.URL, at)
	if r.inspector != nil {
		r.needs = r.inspector.Needs()
	}
	return r
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
		made, err := c.network.Origin(step.Request.URL)
		if err != nil {
			return fmt.Errorf("renew step %q: %w", step.Name, err)
		}
		at := c.requests[i].Load().origin
		if at.Origin != made {
			return fmt.Errorf("renew step %q: it goes to %s now, not to %s", step.Name, made.Key(), at.Key())
		}
		renewed[i] = c.requestTo(at, step)
	}
	for i := range renewed {
		c.requests[i].Store(renewed[i])
	}
	return nil
}

// originOf returns the one origin of all steps that go to u's host.
func (c *Client) originOf(u *url.URL) (*origin, error) {
	made, err := c.network.Origin(u)
	if err != nil {
		return nil, err
	}
	if o := c.known(made); o != nil {
		return o, nil
	}
	o := newOrigin(made, len(c.origins), u)
	c.origins = append(c.origins, o)
	return o, nil
}

// known returns the origin that users have a link to, nil where there is none.
func (c *Client) known(of *dial.Origin) *origin {
	for _, o := range c.origins {
		if o.Origin == of {
			return o
		}
	}
	return nil
}

// Preflight resolves every host and opens one connection to each address. It
// sends no request. Addresses that do not answer are left out of the run; it
// fails when a host has none left.
func (c *Client) Preflight(ctx context.Context) error {
	return c.network.Preflight(ctx, c.dialed()...)
}

// dialed are the origins as the network knows them.
func (c *Client) dialed() []*dial.Origin {
	var all []*dial.Origin
	for _, o := range c.origins {
		all = append(all, o.Origin)
	}
	return all
}

// Network is what opens the connections. It counts what is sent on them when
// their users end.
func (c *Client) Network() *dial.Network { return c.network }

// Hosts lists what the connections go to, as URLs.
func (c *Client) Hosts() []string { return dial.Hosts(c.dialed()) }

// Addresses lists the addresses that are known, host by host.
func (c *Client) Addresses() []string { return dial.Addresses(c.dialed()) }

// NewSender implements loadgen.Protocol.
func (c *Client) NewSender(of loadgen.User) loadgen.Sender {
	c.once.Do(func() { c.stamps = &stampClock{clock: of.Clock} })
	u := &user{client: c, clock: of.Clock, index: of.Number}
	if of.Session != nil {
		u.visitor = &visitor{session: of.Session}
	}
	u.links = u.own[:]
	if n := len(c.origins) + 1; n != len(u.links) {
		u.links = make([]link, n)
	}
	return u
}
