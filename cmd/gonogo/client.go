package main

import (
	"context"
	"slices"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/grpcload"
	"gonogo/loadgen/h2load"
	"gonogo/loadgen/h3load"
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
	renewals []renewal
}

// renewal makes all later requests those of the steps.
type renewal = func(steps []loadgen.Step, sockets scenarios.Sockets) error

// clientOver makes the client that the scenario asks for, of the steps.
func clientOver(way dial.Options, c *scenarios.Compiled, steps []loadgen.Step, sockets scenarios.Sockets) (*client, error) {
	m := &making{client: &client{}, of: make([]loadgen.Protocol, len(steps))}
	if sockets.WebSocket != nil {
		ws, err := wsload.New(sockets.WebSocket, wsload.Options{Network: way, Compressed: c.Compressed})
		if err != nil {
			return nil, err
		}
		m.add(ws, func(i int) bool { return sockets.WebSocket[i] != nil },
			func(_ []loadgen.Step, s scenarios.Sockets) error { return ws.Renew(s.WebSocket) })
	}
	if sockets.Events != nil {
		sse, err := sseload.New(sockets.Events, sseload.Options{Network: way})
		if err != nil {
			return nil, err
		}
		m.add(sse, func(i int) bool { return sockets.Events[i] != nil },
			func(_ []loadgen.Step, s scenarios.Sockets) error { return sse.Renew(s.Events) })
	}
	if sockets.Calls != nil {
		calls, err := grpcload.New(sockets.Calls, grpcload.Options{
			Network: way, Connections: c.Calls.Connections(usersOf(&c.Plan)), Descriptors: c.Calls.Descriptors, MaxMessage: c.Calls.MaxMessage, Seed: c.Plan.Seed,
		})
		if err != nil {
			return nil, err
		}
		m.add(calls, func(i int) bool { return sockets.Calls[i] != nil },
			func(_ []loadgen.Step, s scenarios.Sockets) error { return calls.Renew(s.Calls) })
	}
	if others := slices.Clone(m.of); slices.Contains(others, nil) {
		http, renew, err := overHTTP(way, c, own(steps, others))
		if err != nil {
			return nil, err
		}
		m.add(http, func(i int) bool { return others[i] == nil },
			func(steps []loadgen.Step, _ scenarios.Sockets) error { return renew(own(steps, others)) })
	}
	m.Protocol = m.speakers[0]
	if len(m.speakers) > 1 {
		m.Protocol = mixed.New(m.of)
	}
	return m.client, nil
}

// making is a client in the making.
type making struct {
	*client
	of []loadgen.Protocol // by step; nil: not known yet
}

// add gives steps to a protocol.
func (m *making) add(s speaker, which func(i int) bool, r renewal) {
	m.speakers, m.renewals = append(m.speakers, s), append(m.renewals, r)
	for i := range m.of {
		if which(i) {
			m.of[i] = s
		}
	}
}

// own are the steps as a client of HTTP knows them: in the place of another's, which it
// never sends, stands its own first.
func own(steps []loadgen.Step, others []loadgen.Protocol) []loadgen.Step {
	first := steps[slices.Index(others, nil)]
	steps = slices.Clone(steps)
	for i := range steps {
		if others[i] != nil {
			steps[i] = first
		}
	}
	return steps
}

// overHTTP makes the client of the version that the scenario asks for.
func overHTTP(way dial.Options, c *scenarios.Compiled, steps []loadgen.Step) (speaker, func([]loadgen.Step) error, error) {
	seed := c.Plan.Seed
	if p := c.Protocol; p.Version == scenarios.HTTP2 {
		made, err := h2load.New(steps, h2load.Options{Network: way, Connections: p.Connections, Streams: p.Streams, Compressed: c.Compressed, Cookies: c.Cookies, Seed: seed})
		return made, made.Renew, err
	}
	if c.Protocol.Version == scenarios.HTTP3 {
		made, err := h3load.New(steps, h3load.Options{Network: way, Compressed: c.Compressed, Cookies: c.Cookies, Seed: seed})
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
	for _, renew := range c.renewals {
		if err := renew(again.Plan.AllSteps(), again.Sockets); err != nil {
			return err
		}
	}
	return nil
}
