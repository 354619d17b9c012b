package main

import (
	"context"
	"fmt"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/h2load"
	"gonogo/loadgen/httpload"
	"gonogo/scenarios"
)

// client makes the requests of a run, whatever version of HTTP it speaks.
type client interface {
	loadgen.Protocol
	Preflight(ctx context.Context) error
	Hosts() []string
	Addresses() []string
	Network() *dial.Network
	// Renew makes all later requests those of the steps.
	Renew(steps []loadgen.Step) error
}

// clientOver makes the client that the scenario asks for, of the steps.
func clientOver(way dial.Options, c *scenarios.Compiled, steps []loadgen.Step) (client, error) {
	seed := c.Plan.Seed
	if p := c.Protocol; p.Version == scenarios.HTTP2 {
		return h2load.New(steps, h2load.Options{Network: way, Connections: p.Connections, Streams: p.Streams, Compressed: c.Compressed, Cookies: c.Cookies, Seed: seed})
	}
	return httpload.New(steps, httpload.Options{Network: way, Compressed: c.Compressed, Cookies: c.Cookies, Seed: seed})
}

// connections is the most that the plan has open at a time: one a user and host,
// or under HTTP/2 as many to each host as the scenario says.
func connections(c *scenarios.Compiled) int {
	hosts := map[string]bool{}
	for _, s := range c.Plan.AllSteps() {
		hosts[s.Request.URL.Host] = true
	}
	each := usersOf(&c.Plan)
	if c.Protocol.Version == scenarios.HTTP2 {
		each = min(each, c.Protocol.Connections)
	}
	return each * len(hosts)
}

// usersOf is how many requests the plan has open at a time, at most.
func usersOf(p *loadgen.Plan) int {
	sum := 0
	for _, l := range p.Loads() {
		sum += l.Connections()
	}
	return sum
}

// protocolInWords says what is worth saying beside the load: ", HTTP/2: 10
// connections to a host, 100 streams each".
func protocolInWords(p scenarios.Protocol) string {
	if p.Version != scenarios.HTTP2 {
		return ""
	}
	return fmt.Sprintf(", HTTP/2: %s to a host, %s each", plural(p.Connections, "connection"), plural(p.Streams, "stream"))
}
