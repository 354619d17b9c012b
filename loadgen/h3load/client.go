// Package h3load sends steps over HTTP/3, on QUIC.
//
// QUIC and the framing of HTTP/3 are quic-go's; what is ours is who sends when, on
// which connection, and what the answer means. A user has a connection of its own to
// each origin, on a socket of its own, as in loadgen/httpload: what lies between us
// and the target tells users apart by their ports, each user waits for nobody's
// answer but its own, and what a connection carried is what its user asked for.
// loadgen/h2load is there for those who want many requests on few connections.
//
// Instants are taken at the library's boundary: QUIC is decrypted and put together
// in user space, so that no kernel stamp can say when an answer was complete. Done is
// always Read, which reports show as no answer stamped by the kernel. The first byte
// is the end of the answer's header. Connecting and TLS are one in QUIC: Connect has
// the time of both, and TLS none. Bytes are those of the connection's datagrams while
// the request was under way, acknowledgements and TLS included. Requests are never
// sent as 0-RTT data, and no keep-alives are sent; header fields go out in no order,
// and redirects are not followed.
//
// client.go holds what all users share, request.go what they send; user.go is one
// user's Sender, answer.go how it reads, connection.go the way there; errors.go gives
// every failure its class.
package h3load

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync/atomic"

	"github.com/quic-go/quic-go/http3"

	"gonogo/loadgen"
	"gonogo/loadgen/coding"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/session"
)

// Options are the settings of the client that no step decides.
type Options struct {
	Network dial.Options // how connections come about; ALPN is decided here
	// Compressed asks for coded answers, and counts what they decode to; all but those
	// whose body an Inspector looks into.
	Compressed bool
	Cookies    bool   // users keep the cookies that they are given
	Seed       uint64 // of the chance in how long connections live
}

// A Client is the Protocol of HTTP/3. All users share it.
type Client struct {
	options  Options
	network  *dial.Network
	requests []atomic.Pointer[request] // by step; Renew puts others in their place
	origins  []*dial.Origin
	decoder  *coding.Counter // nil unless Options.Compressed
}

// New renders the plan's steps.
func New(steps []loadgen.Step, o Options) (*Client, error) {
	o.Network.ALPN = []string{http3.NextProtoH3}
	c := &Client{options: o, network: dial.New(o.Network)}
	if o.Compressed {
		c.decoder = &coding.Counter{}
	}
	c.requests = make([]atomic.Pointer[request], len(steps))
	for i := range steps {
		r, err := c.requestFor(&steps[i])
		if err != nil {
			return nil, fmt.Errorf("step %q: %w", steps[i].Name, err)
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
	for i := range steps {
		r, err := c.requestFor(&steps[i])
		if err != nil {
			return fmt.Errorf("renew step %q: %w", steps[i].Name, err)
		}
		was := c.requests[i].Load()
		if was.to != r.to {
			return fmt.Errorf("renew step %q: it goes to %s now, not to %s", steps[i].Name, r.to.Key(), was.to.Key())
		}
		r.origin = was.origin
		renewed[i] = r
	}
	for i := range renewed {
		c.requests[i].Store(renewed[i])
	}
	return nil
}

// requestFor renders a step, all but the number of its origin.
func (c *Client) requestFor(step *loadgen.Step) (*request, error) {
	to, err := c.originOf(step.Request.URL)
	if err != nil {
		return nil, err
	}
	r, err := render(step, c.decoder != nil)
	if err != nil {
		return nil, err
	}
	r.to = to
	r.cookies = c.options.Cookies && len(r.template.Header["Cookie"]) == 0
	return r, nil
}

var (
	errPlain    = errors.New("HTTP/3 is always encrypted: want a URL with https")
	errRedirect = errors.New("redirects are not followed over HTTP/3: want none, or another protocol")
	errMethod   = errors.New("method CONNECT: a tunnel is no request that can be measured")
)

func (c *Client) originOf(u *url.URL) (*dial.Origin, error) {
	to, err := c.network.Origin(u)
	if err != nil {
		return nil, err
	}
	if !to.Secure() {
		return nil, errPlain
	}
	return to, to.CheckPackets()
}

// Network is what opens the connections.
func (c *Client) Network() *dial.Network { return c.network }

// Preflight resolves every host and makes one connection to each address. It sends
// no request. Addresses that do not answer are left out of the run; it fails when a
// host has none left.
func (c *Client) Preflight(ctx context.Context) error {
	return c.network.PreflightBy(ctx, c.probe, c.origins...)
}

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
	u := &user{client: c, clock: of.Clock, index: of.Number, knows: of.Session, links: make([]link, len(c.origins))}
	if u.knows == nil {
		u.knows = session.New(&session.Scope{}, int64(of.Number)+1, c.options.Seed)
	}
	return u
}

var _ loadgen.Protocol = (*Client)(nil)
