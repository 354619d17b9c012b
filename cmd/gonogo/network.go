package main

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"

	"gonogo/loadgen/dial"
	"gonogo/report"
	"gonogo/scenarios"
)

// network says how the scenario's connections come about.
func network(c *scenarios.Compiled) (dial.Options, error) {
	config, err := tlsConfig(c.TLS)
	if err != nil {
		return dial.Options{}, err
	}
	return dial.Options{Connections: c.Connections, TLS: config, Resume: c.TLS.Resume}, nil
}

// keepResolving looks names up again while a run goes on, until stop is called.
func keepResolving(ctx context.Context, c *client) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var resolving sync.WaitGroup
	for _, s := range c.speakers {
		resolving.Go(func() { s.Network().KeepResolving(ctx) })
	}
	return func() {
		cancel()
		resolving.Wait()
	}
}

// noticeProxies says that the proxy of the environment is not used: most tools
// use it, and then it is what they measure.
func noticeProxies(c *scenarios.Compiled, std stdio) {
	if c.Connections.Proxy != nil || c.Connections.UnixSocket != "" {
		return
	}
	for _, name := range []string{"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"} {
		if v, ok := std.env(name); ok && v != "" && wouldProxy(c, strings.ToLower(name)) {
			fmt.Fprintf(std.err, "gonogo: notice: %s is set and not used, as the proxy would be measured, too; --proxy sends the load through one\n", name)
			return
		}
	}
}

// wouldProxy tells whether other tools would heed the variable for the scenario.
func wouldProxy(c *scenarios.Compiled, variable string) bool {
	for _, s := range c.Plan.AllSteps() {
		u := s.Request.URL
		if variable != "all_proxy" && variable != u.Scheme+"_proxy" || u.Hostname() == "localhost" {
			continue
		}
		if ip, err := netip.ParseAddr(u.Hostname()); err != nil || !ip.IsLoopback() {
			return true
		}
	}
	return false
}

// connectionFigures is what became of the connections, for the report.
func connectionFigures(c dial.Counts) *report.Connections {
	out := &report.Connections{
		Opened: c.Opened, Failed: c.Failed,
		Handshakes: c.Handshakes, HandshakesFailed: c.HandshakesFailed, Resumed: c.Resumed,
		Versions: c.Versions, Ciphers: c.Ciphers,
		Lookups: c.Lookups, LookupsFailed: c.LookupsFailed, Changes: c.Changes,
		Addresses: []report.Address{},
	}
	for _, a := range c.Addresses {
		row := report.Address{
			Address: a.Address, Opened: a.Opened, Failed: a.Failed, Requests: a.Requests, Errors: a.Errors,
			Service: report.SpreadOf(&a.Service), LeftOut: a.LeftOut,
		}
		if row.Address == "" {
			row.Address = "other"
		}
		out.Addresses = append(out.Addresses, row)
	}
	return out
}
