package dial

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
)

// An Origin is a scheme, host and port that requests are for, and the way there.
type Origin struct {
	Scheme, Host, Port string // as the URL says

	network *Network
	tls     *tls.Config // nil without TLS

	// The way: a connection to one of the place's addresses, or to the socket,
	// and from there on through the tunnel, where there is one.
	place  *place
	socket *Address // a unix socket, in place of a place
	via    *place   // a proxy, where the place's addresses are asked of it
	tunnel tunnel   // nil: the connection is there already
	asked  string   // what the proxy is asked for; "": the address that was picked
}

// A tunnel asks the proxy at the other end of conn to connect to a destination.
type tunnel func(conn net.Conn, destination string) error

func (n *Network) newOrigin(u *url.URL) (*Origin, error) {
	if u == nil || u.Hostname() == "" {
		return nil, errors.New("the URL names no host")
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("scheme %q: want http or https", u.Scheme)
	}
	o := &Origin{network: n, Scheme: u.Scheme, Host: u.Hostname(), Port: u.Port()}
	if o.Port == "" {
		o.Port = DefaultPort(u.Scheme)
	}
	if o.Scheme == "https" {
		o.tls = n.secured(o.Host)
	}
	if path := n.options.UnixSocket; path != "" {
		o.socket = n.address("unix", path)
		return o, nil
	}
	host, port := n.redirected(o.Host, o.Port)
	if n.options.Proxy != nil {
		o.behind(n.options.Proxy, host, port)
		return o, nil
	}
	o.place = n.place(host, port)
	return o, nil
}

// DefaultPort is that of the scheme.
func DefaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// redirected returns where connections to the host and port are to go.
func (n *Network) redirected(host, port string) (string, string) {
	for _, c := range n.options.ConnectTo {
		if c.Host != "" && !strings.EqualFold(c.Host, host) || c.Port != "" && c.Port != port {
			continue
		}
		if c.ToHost != "" {
			host = c.ToHost
		}
		if c.ToPort != "" {
			port = c.ToPort
		}
		break
	}
	return host, port
}

// Key is the origin as a URL.
func (o *Origin) Key() string { return o.Scheme + "://" + net.JoinHostPort(o.Host, o.Port) }

// Secure tells whether connections are to be wrapped by Handshake.
func (o *Origin) Secure() bool { return o.tls != nil }

// Addresses lists what connections go to, as far as that is known.
func (o *Origin) Addresses() []string {
	if o.socket != nil {
		return []string{o.socket.String()}
	}
	known := o.place.known.Load()
	if known == nil {
		return nil
	}
	var all []string
	for _, a := range *known {
		all = append(all, a.String())
	}
	return all
}

// Hosts lists origins by their keys, as URLs.
func Hosts(of []*Origin) []string {
	var all []string
	for _, o := range of {
		all = append(all, o.Key())
	}
	return all
}

// Addresses lists the addresses of origins that are known, host by host.
func Addresses(of []*Origin) []string {
	var all []string
	for _, o := range of {
		all = append(all, o.Addresses()...)
	}
	return all
}

// Shallow tells whether Dial does little more than open a socket, with a stack that
// a user can spare: the addresses are known and nothing lies in between.
func (o *Origin) Shallow() bool {
	return shallow && o.network.options.Dial == nil && o.tunnel == nil && o.tls == nil &&
		o.place != nil && o.place.known.Load() != nil
}

// Dial opens the user's nth connection, through the proxy where there is one.
// The Address is the one that was tried, also when that failed; nil when none
// was found. The connection is counted.
func (o *Origin) Dial(ctx context.Context, user, nth int) (net.Conn, *Address, error) {
	a, err := o.pick(ctx, user, nth)
	if err != nil {
		o.network.counts.failed.Add(1)
		return nil, nil, err
	}
	conn, err := o.open(ctx, a, user, nth)
	if err != nil {
		o.network.counts.failed.Add(1)
		a.tally.failed.Add(1)
		return nil, a, err
	}
	o.network.counts.opened.Add(1)
	a.tally.opened.Add(1)
	return conn, a, nil
}

func (o *Origin) pick(ctx context.Context, user, nth int) (*Address, error) {
	if o.socket != nil {
		return o.socket, nil
	}
	all, err := o.place.list(ctx)
	if err != nil {
		return nil, err
	}
	return o.network.pick(all, user, nth), nil
}

// open connects to the address, whatever the way there is.
func (o *Origin) open(ctx context.Context, a *Address, user, nth int) (net.Conn, error) {
	n := o.network
	first := a
	if o.via != nil {
		proxies, err := o.via.list(ctx)
		if err != nil {
			return nil, err
		}
		first = n.pick(proxies, user, nth)
	}
	conn, err := n.dial(ctx, user, first.kind, first.at)
	if o.tunnel == nil {
		return conn, err
	}
	proxy := n.options.Proxy.Scheme + "://" + n.options.Proxy.Host // without its credential
	if err != nil {
		return nil, fmt.Errorf("proxy %s: %w", proxy, bare(err))
	}
	destination := o.asked
	if destination == "" {
		destination = a.at
	}
	if err := through(ctx, conn, o.tunnel, destination); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("%s through proxy %s: %w", destination, proxy, bare(err))
	}
	return conn, nil
}

// preflight connects to each address at once and leaves out those that do not
// answer.
func (o *Origin) preflight(ctx context.Context) error {
	return o.probe(ctx, func(ctx context.Context, a *Address, user int) error {
		conn, err := o.open(ctx, a, user, 0)
		if err == nil {
			_ = conn.Close()
		}
		return err
	})
}

// probe tries each address at once and leaves out those that do not answer.
func (o *Origin) probe(ctx context.Context, try func(context.Context, *Address, int) error) error {
	all, err := o.preflightList(ctx)
	if err != nil {
		return err
	}
	errs := make([]error, len(all))
	var dialling sync.WaitGroup
	for i, a := range all {
		dialling.Go(func() {
			if err := try(ctx, a, i); err != nil {
				errs[i] = fmt.Errorf("connect to %s: %w", a, bare(err))
			}
		})
	}
	dialling.Wait()
	return o.leaveOut(all, errs)
}

func (o *Origin) preflightList(ctx context.Context) ([]*Address, error) {
	if o.socket != nil {
		return []*Address{o.socket}, nil
	}
	return o.place.list(ctx)
}

// leaveOut forgets the addresses with an error, if there are others. Those of a
// proxy stay: the error may be about what lies beyond.
func (o *Origin) leaveOut(all []*Address, errs []error) error {
	failed := 0
	for _, err := range errs {
		if err != nil {
			failed++
		}
	}
	if failed == len(all) {
		return errors.Join(errs...)
	}
	if failed == 0 || o.asked != "" {
		return nil
	}
	o.place.leaveOut(all, errs)
	return nil
}
