package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"gonogo/internal/machine"
	"gonogo/loadgen"
	"gonogo/scenarios"
)

// What a run takes, as measured; how long the kernel holds a port.
const (
	baseMemory   = 24 << 20  // the program itself
	connMemory   = 20 << 10  // a user, its buffers, and the kernel's for the socket
	tlsMemory    = 18 << 10  // of a connection under TLS, on top
	streamMemory = 6 << 10   // a user that is a stream of HTTP/2
	quicMemory   = 84 << 10  // of a connection over QUIC, on top
	stepMemory   = 128 << 10 // the figures of a step
	portHeld     = 60 * time.Second
	portReleased = time.Second // where ports are used again
)

// needs are what a plan takes of this machine, at most.
type needs struct {
	connections int     // open at a time
	churn       float64 // connections that end, a second; below 0: as many as there are answers
	perUse      float64 // requests on a connection that is closed after so many; 0: not closed
	memory      int64   // bytes, about
}

func needsOf(c *scenarios.Compiled) needs {
	n := needs{connections: connections(c)}
	each := int64(connMemory)
	if secure(&c.Plan) {
		each += tlsMemory
	}
	n.memory = baseMemory + int64(n.connections)*each + int64(len(c.Plan.AllSteps()))*stepMemory
	if c.Protocol.Version == scenarios.HTTP2 {
		n.memory += int64(usersOf(&c.Plan)) * streamMemory
	}
	if c.Protocol.Version == scenarios.HTTP3 {
		n.memory += int64(n.connections) * quicMemory
		return n // a port of UDP is free as soon as its connection ends
	}
	n.perUse = float64(c.Connections.MaxRequests)
	if c.Protocol.Version != scenarios.HTTP2 && allClose(&c.Plan) {
		n.perUse = 1
	}
	if age := c.Connections.MaxAge; age > 0 {
		n.churn = float64(n.connections) / age.Seconds()
	}
	if n.perUse == 0 {
		return n
	}
	rate, known := mostRequests(&c.Plan)
	if !known {
		n.churn = machine.Unknown
		return n
	}
	n.churn += rate / n.perUse
	return n
}

func secure(p *loadgen.Plan) bool {
	return slices.ContainsFunc(p.AllSteps(), func(s loadgen.Step) bool { return s.Request.URL.Scheme == "https" })
}

// allClose tells whether every request asks for an end of its connection.
func allClose(p *loadgen.Plan) bool {
	for _, s := range p.AllSteps() {
		if !slices.ContainsFunc(s.Request.Header, func(f loadgen.Field) bool {
			return strings.EqualFold(f.Name, "Connection") && strings.EqualFold(strings.TrimSpace(f.Value), "close")
		}) {
			return false
		}
	}
	return true
}

// mostRequests is the most requests a second that the plan makes, where that does
// not depend on the target.
func mostRequests(p *loadgen.Plan) (rate float64, known bool) {
	rates := p.RatesOf(func(l loadgen.Load) (float64, bool) {
		switch {
		case l.Open != nil:
			return l.Open.Peak(), true
		case l.Closed.Pacing > 0:
			return float64(l.Closed.Users) / l.Closed.Pacing.Seconds(), true
		case l.Closed.ThinkTime.Mean() > 0:
			return float64(l.Closed.Users) / l.Closed.ThinkTime.Mean().Seconds(), true
		}
		return 0, false
	})
	if !rates.Known {
		return 0, false
	}
	return rates.Total(), true
}

// room is what there is on this machine for them.
type room struct {
	descriptors uint64
	ports       machine.Ports
	known       bool // ports are
	to, from    int  // destinations and own addresses: each pair has all the ports
	local       bool // all destinations are this machine
	memory      int64
}

func roomFor(c *scenarios.Compiled, addresses []string) room {
	var m machine.Machine
	r := room{descriptors: descriptorLimit(), to: max(1, len(addresses)), from: max(1, len(c.Connections.Sources)), memory: m.Memory()}
	r.ports, r.known = m.Ports()
	if c.Connections.UnixSocket != "" {
		r.known = false
	}
	r.local = len(addresses) > 0
	for _, a := range addresses {
		at, err := netip.ParseAddrPort(a)
		r.local = r.local && err == nil && at.Addr().IsLoopback()
	}
	return r
}

// most is how many connections the ports allow.
func (r room) most() int { return r.ports.Count() * r.to * r.from }

// held is how long the port of a connection that has ended is not free.
func (r room) held() time.Duration {
	if r.ports.Reuse == machine.ReuseAll || r.ports.Reuse == machine.ReuseOnLoopback && r.local {
		return portReleased
	}
	return portHeld
}

// beyondReach is a rate, in requests a second, that ports cannot be what keeps a
// machine from.
const beyondReach = 1e6

// fitPorts refuses users that cannot all have a port, and returns a warning where
// connections that end may use up the ports.
func fitPorts(c *scenarios.Compiled, n needs, r room) (warning string, err error) {
	if !r.known {
		return "", nil
	}
	there := fmt.Sprintf("there are %d (%d-%d for each pair of %d own and %d target addresses)",
		r.most(), r.ports.First, r.ports.Last, r.from, r.to)
	more := "widen net.ipv4.ip_local_port_range, or add own addresses (--source-ip)"
	if c.Plan.Closed != nil && n.connections > r.most() {
		return "", usageError(fmt.Errorf("%s need a local port each, and %s", plural(n.connections, "connection"), there), more+", or ask for fewer users")
	}
	if most := n.perUse * float64(r.most()) / r.held().Seconds(); n.churn < 0 && most > beyondReach {
		return "", nil
	} else if n.churn < 0 {
		return fmt.Sprintf("every connection ends after %s, and its local port is held for %s then: %s, so that at most %.0f requests a second can go on; %s",
			plural(int(n.perUse), "request"), short(r.held()), there, most, more), nil
	}
	if need := float64(n.connections) + n.churn*r.held().Seconds(); need > float64(r.most()) {
		return fmt.Sprintf("%d connections at a time, and %.0f that end each second and hold their port for %s, take %.0f local ports, and %s; %s, or keep connections longer",
			n.connections, n.churn, short(r.held()), need, there, more), nil
	}
	return "", nil
}

// fitMemory refuses a plan that takes far more memory than there is, and returns a
// warning where it may. The estimate may be wrong by half.
func fitMemory(n needs, r room) (warning string, err error) {
	if r.memory < 0 || n.memory <= r.memory {
		return "", nil
	}
	text := fmt.Sprintf("%s take about %s of memory, and %s are free", plural(n.connections, "connection"), mebibytes(n.memory), mebibytes(r.memory))
	if n.memory/2 > r.memory {
		return "", usageError(fmt.Errorf("%s", text), "raise the limit of memory, or ask for less")
	}
	return text, nil
}

// fit looks whether this machine can make the run, before anything is sent.
func fit(c *scenarios.Compiled, addresses []string, std stdio) error {
	n, r := needsOf(c), roomFor(c, addresses)
	ports, err := fitPorts(c, n, r)
	if err != nil {
		return err
	}
	memory, err := fitMemory(n, r)
	for _, warning := range []string{ports, memory} {
		if warning != "" {
			fmt.Fprintf(std.err, "gonogo: warning: %s\n", warning)
		}
	}
	return err
}

func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
