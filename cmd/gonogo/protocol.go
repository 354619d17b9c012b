package main

import (
	"fmt"

	"gonogo/loadgen"
	"gonogo/loadgen/sseload"
	"gonogo/loadgen/wsload"
	"gonogo/scenarios"
)

// connections is the most that the plan has open at a time: one a user and host, or
// under HTTP/2 as many to each host as the scenario says; one for each step that
// connects or opens a stream; and those that calls share.
func connections(c *scenarios.Compiled) int {
	hosts, sockets, called := map[string]bool{}, 0, map[string]bool{}
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
		case c.Sockets.Calls != nil && c.Sockets.Calls[i] != nil:
			called[s.Request.URL.Host] = true
		default:
			hosts[s.Request.URL.Host] = true
		}
	}
	users := usersOf(&c.Plan)
	each := users
	if c.Protocol.Version == scenarios.HTTP2 {
		each = min(each, c.Protocol.Connections)
	}
	return each*len(hosts) + users*sockets + min(users, c.Calls.Connections(users))*len(called)
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
	switch p.Version {
	case scenarios.HTTP2:
		return fmt.Sprintf(", HTTP/2: %s to a host, %s each", plural(p.Connections, "connection"), plural(p.Streams, "stream"))
	case scenarios.HTTP3:
		return ", HTTP/3: answers stamped by gonogo itself"
	}
	return ""
}
