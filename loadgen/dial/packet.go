package dial

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
)

// This file is for a protocol that makes its connections itself, of datagrams: it
// says where they go and from where, under which TLS session, and counts them.

// ErrPackets refuses what datagrams do not get through.
var ErrPackets = errors.New("HTTP/3 runs over UDP, which goes through no proxy and no unix socket; leave them out, or use another protocol")

// CheckPackets returns ErrPackets where datagrams cannot get to the origin.
func (o *Origin) CheckPackets() error {
	if o.socket != nil || o.network.options.Proxy != nil {
		return ErrPackets
	}
	return nil
}

// Packets opens the UDP socket of the user's nth connection, whose peer is fixed: so
// the kernel tells when nobody listens there. Only a failure is counted; Connected
// counts what comes of the rest.
func (o *Origin) Packets(ctx context.Context, user, nth int) (net.Conn, *Address, error) {
	a, err := o.pick(ctx, user, nth)
	if err != nil {
		o.network.counts.failed.Add(1)
		return nil, nil, err
	}
	conn, err := o.PacketsTo(ctx, a, user)
	if err != nil {
		o.Connected(a, nil, err)
	}
	return conn, a, err
}

// PacketsTo opens a UDP socket to the address, for a preflight. It is not counted.
func (o *Origin) PacketsTo(ctx context.Context, a *Address, user int) (net.Conn, error) {
	n := o.network
	if n.options.Dial != nil {
		return n.options.Dial(ctx, "udp", a.at)
	}
	var d net.Dialer
	if len(n.options.Sources) > 0 {
		source := n.options.Sources[n.sourceFor(user, a.at)]
		d.LocalAddr = net.UDPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
	}
	return d.DialContext(ctx, "udp", a.at)
}

// Config is the TLS configuration with which the user shakes hands.
func (o *Origin) Config(s *Sessions) *tls.Config { return s.config(o) }

// Connected counts a connection to the address, and its handshake, if it came to one.
func (o *Origin) Connected(a *Address, state *tls.ConnectionState, err error) {
	c := &o.network.counts
	if err != nil {
		c.failed.Add(1)
		a.tally.failed.Add(1)
		return
	}
	c.opened.Add(1)
	a.tally.opened.Add(1)
	c.shook(*state)
}

// PreflightBy is Preflight with the protocol's own way to connect.
func (n *Network) PreflightBy(ctx context.Context, try func(context.Context, *Origin, *Address, int) error, origins ...*Origin) error {
	return n.preflight(ctx, func(ctx context.Context, o *Origin) error {
		return o.probe(ctx, func(ctx context.Context, a *Address, user int) error { return try(ctx, o, a, user) })
	}, origins)
}
