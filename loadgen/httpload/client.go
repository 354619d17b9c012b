// Package httpload sends steps over HTTP/1.1.
//
// It is our own client: requests are rendered before the run, answers are parsed
// in place and their bodies are counted and dropped, so that a request allocates
// nothing and costs little beside the kernel's work (docs/decisions/0001).
//
// client.go holds what all users share; user.go is one user's Sender, the hot
// path; head.go and chunked.go read answers; stream.go and its siblings are the
// connections; dial.go opens them; errors.go gives every failure its class.
package httpload

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"

	"gonogo/loadgen"
)

// Options are the settings of the client that no step decides.
type Options struct {
	TLS *tls.Config // nil: the defaults
	// Dial opens a connection; nil: a net.Dialer's DialContext.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// A Client is the Protocol of HTTP/1.1. All users share it.
type Client struct {
	requests []*request
	origins  []*origin
	options  Options

	once   sync.Once
	stamps *stampClock // of the run, which its first user starts
}

// New renders the plan's steps.
func New(steps []loadgen.Step, o Options) (*Client, error) {
	if o.Dial == nil {
		// Probes of idle connections would be traffic that nobody planned.
		o.Dial = (&net.Dialer{KeepAlive: -1}).DialContext
	}
	if o.TLS == nil {
		o.TLS = &tls.Config{}
	}
	c := &Client{options: o}
	for _, step := range steps {
		at, err := c.originOf(step.Request.URL)
		if err != nil {
			return nil, fmt.Errorf("step %q: %w", step.Name, err)
		}
		c.requests = append(c.requests, &request{
			bytes:  render(step.Request, step.Request.URL),
			origin: at,
			spec:   step.Request,
		})
	}
	return c, nil
}

// originOf returns the one origin of all steps that go to u's host.
func (c *Client) originOf(u *url.URL) (*origin, error) {
	made, err := newOrigin(c, u)
	if err != nil {
		return nil, err
	}
	for _, o := range c.origins {
		if o.key() == made.key() {
			return o, nil
		}
	}
	made.index = len(c.origins)
	c.origins = append(c.origins, made)
	return made, nil
}

// Preflight resolves every host and opens one connection to each address. It
// sends no request. Addresses that do not answer are left out of the run; it
// fails when a host has none left.
func (c *Client) Preflight(ctx context.Context) error {
	var errs []error
	for _, o := range c.origins {
		if err := o.preflight(ctx, c.options.Dial); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Hosts lists what the connections go to, as URLs.
func (c *Client) Hosts() []string {
	var all []string
	for _, o := range c.origins {
		all = append(all, o.key())
	}
	return all
}

// Addresses lists the addresses that answered in Preflight, host by host.
func (c *Client) Addresses() []string {
	var all []string
	for _, o := range c.origins {
		all = append(all, o.addresses...)
	}
	return all
}

// NewSender implements loadgen.Protocol.
func (c *Client) NewSender(index int, clock loadgen.Clock) loadgen.Sender {
	c.once.Do(func() { c.stamps = &stampClock{clock: clock} })
	return &user{
		client: c,
		clock:  clock,
		index:  index,
		links:  make([]link, len(c.origins)+1),
		buf:    make([]byte, smallBuffer),
	}
}
