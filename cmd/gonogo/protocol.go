package main

import (
	"context"
	"fmt"
	"slices"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/h2load"
	"gonogo/loadgen/httpload"
	"gonogo/loadgen/mixed"
	"gonogo/loadgen/sseload"
	"gonogo/loadgen/wsload"
	"gonogo/scenarios"
)

// A speaker makes the requests of a run that go over one protocol.
type speaker interface {
	loadgen.Protocol
	Preflight(ctx context.Context) error
	Hosts() []string
	Addresses() []string
	Network() *dial.Network
}

// A client makes the requests of a run, over one protocol or several.
type client struct {
	loadgen.Protocol
	speakers []speaker
	renew    func(steps []loadgen.Step, sockets scenarios.Sockets) error
}

// clientOver makes the client that the scenario asks for, of the steps.
func clientOver(way dial.Options, c *scenarios.Compiled, steps []loadgen.Step, sockets scenarios.Sockets) (*client, error) {
	of := make([]loadgen.Protocol, len(steps))
	made := &client{}
	var renewals []func([]loadgen.Step, scenarios.Sockets) error
	if sockets.WebSocket != nil {
		ws, err := wsload.New(sockets.WebSocket, wsload.Options{Network: way, Compressed: c.Compressed})
		if err != nil {
			return nil, err
		}
		over(of, ws, func(i int) bool { return sockets.WebSocket[i] != nil })
		made.speakers = append(made.speakers, ws)
		renewals = append(renewals, func(_ []loadgen.Step, s scenarios.Sockets) error { return ws.Renew(s.WebSocket) })
	}
	if sockets.Events != nil {
		sse, err := sseload.New(sockets.Events, sseload.Options{Network: way})
		if err != nil {
			return nil, err
		}
		over(of, sse, func(i int) bool { return sockets.Events[i] != nil })
		made.speakers = append(made.speakers, sse)
		renewals = append(renewals, func(_ []loadgen.Step, s scenarios.Sockets) error { return sse.Renew(s.Events) })
	}
	if first := slices.Index(of, nil); first >= 0 {
		http, renew, err := overHTTP(way, c, own(steps, of, first))
		if err != nil {
			return nil, err
		}
		made.speakers = slices.Insert(made.speakers, 0, http)
		mine := slices.Clone(of)
		renewals = append(renewals, func(steps []loadgen.Step, _ scenarios.Sockets) error { return renew(own(steps, mine, first)) })
		over(of, http, func(i int) bool { return mine[i] == nil })
	}
	made.Protocol = made.speakers[0]
	if len(made.speakers) > 1 {
		made.Protocol = mixed.New(of)
	}
	made.renew = func(steps []loadgen.Step, sockets scenarios.Sockets) error {
		for _, renew := range renewals {
			if err := renew(steps, sockets); err != nil {
				return err
			}
		}
		return nil
	}
	return made, nil
}

// over gives the steps to a protocol.
func over(of []loadgen.Protocol, p loadgen.Protocol, which func(i int) bool) {
	for i := range of {
		if which(i) {
			of[i] = p
		}
	}
}

// own are the steps as a client of HTTP knows them: in the place of another's, which it
// never sends, stands its own first.
func own(steps []loadgen.Step, of []loadgen.Protocol, first int) []loadgen.Step {
	steps = slices.Clone(steps)
	for i := range steps {
		if of[i] != nil {
			steps[i] = steps[first]
		}
	}
	return steps
}

// overHTTP makes the client of the version that the scenario asks for.
func overHTTP(way dial.Options, c *scenarios.Compiled, steps []loadgen.Step) (speaker, func([]loadgen.Step) error, error) {
	seed := c.Plan.Seed
	if p := c.Protocol; p.Version == scenarios.HTTP2 {
		made, err := h2load.New(steps, h2load.Options{Network: way, Connections: p.Connections, Streams: p.Streams, Compressed: c.Compressed, Seed: seed})
		return made, made.Renew, err
	}
	made, err := httpload.New(steps, httpload.Options{Network: way, Compressed: c.Compressed, Cookies: c.Cookies, Seed: seed})
	return made, made.Renew, err
}

// Preflight looks whether every target can be reached.
func (c *client) Preflight(ctx context.Context) error {
	for _, s := range c.speakers {
		if err := s.Preflight(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Hosts lists what the connections go to, as URLs.
func (c *client) Hosts() []string { return listed(c.speakers, speaker.Hosts) }

// Addresses lists the addresses that are known.
func (c *client) Addresses() []string { return listed(c.speakers, speaker.Addresses) }

// listed is what there is, once.
func listed(speakers []speaker, list func(speaker) []string) []string {
	var all []string
	for _, s := range speakers {
		for _, text := range list(s) {
			if !slices.Contains(all, text) {
				all = append(all, text)
			}
		}
	}
	return all
}

// Resolve looks up every name.
func (c *client) Resolve(ctx context.Context) error {
	for _, s := range c.speakers {
		if err := s.Network().Resolve(ctx, s.Network().Origins()...); err != nil {
			return err
		}
	}
	return nil
}

// Counts is what became of all connections.
func (c *client) Counts() dial.Counts {
	counts := c.speakers[0].Network().Counts()
	for _, s := range c.speakers[1:] {
		counts.Add(s.Network().Counts())
	}
	return counts
}

// Renew makes all later requests those of the scenario as it was compiled again.
func (c *client) Renew(again *scenarios.Compiled) error {
	return c.renew(again.Plan.AllSteps(), again.Sockets)
}

// connections is the most that the plan has open at a time: one a user and host, or
// under HTTP/2 as many to each host as the scenario says; and one for each step that
// connects or opens a stream.
func connections(c *scenarios.Compiled) int {
	hosts, sockets := map[string]bool{}, 0
	for i, s := range c.Plan.AllSteps() {
		switch {
		case c.Sockets.WebSocket != nil && c.Sockets.WebSocket[i] != nil:
			if c.Sockets.WebSocket[i].Kind == wsload.Connect {
				sockets++
			}
		case c.Sockets.Events != nil && c.Sockets.Events[i] != nil:
			if c.Sockets.Events[i].Kind == sseload.Open {
				sockets++
			}
		default:
			hosts[s.Request.URL.Host] = true
		}
	}
	users := usersOf(&c.Plan)
	each := users
	if c.Protocol.Version == scenarios.HTTP2 {
		each = min(each, c.Protocol.Connections)
	}
	return each*len(hosts) + users*sockets
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
