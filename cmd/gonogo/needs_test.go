package main

import (
	"net/netip"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/internal/machine"
	"gonogo/loadgen"
	"gonogo/scenarios"
)

// planned is a scenario of one step.
func planned(p loadgen.Plan, address string, header ...loadgen.Field) *scenarios.Compiled {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	p.Steps = []loadgen.Step{{Name: "a", Weight: 1, Request: loadgen.Request{URL: u, Header: header}}}
	return &scenarios.Compiled{Plan: p}
}

func users(n int, pacing time.Duration) loadgen.Plan {
	return loadgen.Plan{Closed: &loadgen.Closed{Users: n, Pacing: pacing}}
}

func arrivals(rate float64, most int) loadgen.Plan {
	return loadgen.Plan{Open: &loadgen.Open{Stages: []loadgen.Stage{{For: time.Minute, From: rate, To: rate}}, MaxInFlight: most}}
}

func TestPortsAreEnough(t *testing.T) {
	closing := loadgen.Field{Name: "connection", Value: " Close"}
	aged := func(c *scenarios.Compiled, age time.Duration, requests int) *scenarios.Compiled {
		c.Connections.MaxAge, c.Connections.MaxRequests = age, requests
		return c
	}
	sources := func(c *scenarios.Compiled, n int) *scenarios.Compiled {
		for range n {
			c.Connections.Sources = append(c.Connections.Sources, netip.MustParseAddr("192.0.2.1"))
		}
		return c
	}
	remote, local := "http://192.0.2.9/", "http://127.0.0.1/"
	tests := []struct {
		name          string
		c             *scenarios.Compiled
		addresses     []string
		warning, fail string
	}{
		{"kept connections", planned(users(5000, 0), remote), []string{"192.0.2.9:80"}, "", ""},
		{"more users than ports", planned(users(20_000, 0), remote), []string{"192.0.2.9:80"}, "", "20000 connections need a local port each, and there are 10000 (30000-39999"},
		{"two addresses have two times the ports", planned(users(20_000, 0), remote), []string{"192.0.2.9:80", "192.0.2.10:80"}, "", ""},
		{"and so have two of our own", sources(planned(users(20_000, 0), remote), 2), []string{"192.0.2.9:80"}, "", ""},
		{"a cap that may not be reached", planned(arrivals(10, 20_000), remote), []string{"192.0.2.9:80"}, "20000 connections at a time", ""},
		{"few that close", planned(arrivals(100, 100), remote, closing), []string{"192.0.2.9:80"}, "", ""},
		{"many that close", planned(arrivals(200, 100), remote, closing), []string{"192.0.2.9:80"}, "100 connections at a time, and 200 that end each second and hold their port for 1m, take 12100 local ports, and there are 10000", ""},
		{"many that close here", planned(arrivals(200, 100), local, closing), []string{"127.0.0.1:80"}, "", ""},
		{"users that close, as fast as they are answered", planned(users(10, 0), remote, closing), []string{"192.0.2.9:80"}, "every connection ends after 1 request, and its local port is held for 1m then: there are 10000 (30000-39999 for each pair of 1 own and 1 target addresses), so that at most 167 requests a second can go on", ""},
		{"users that close after so many that ports are no limit", aged(planned(users(10, 0), remote), 0, 10_000), []string{"192.0.2.9:80"}, "", ""},
		{"paced users that close", planned(users(100, time.Second), remote, closing), []string{"192.0.2.9:80"}, "", ""},
		{"after some requests", aged(planned(arrivals(2000, 100), remote), 0, 10), []string{"192.0.2.9:80"}, "200 that end each second", ""},
		{"after some time", aged(planned(users(1000, 0), remote), 5*time.Second, 0), []string{"192.0.2.9:80"}, "200 that end each second", ""},
		{"after a longer time", aged(planned(users(1000, 0), remote), 10*time.Second, 0), []string{"192.0.2.9:80"}, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := roomFor(test.c, test.addresses)
			r.ports, r.known = machine.Ports{First: 30_000, Last: 39_999, Reuse: machine.ReuseOnLoopback}, true
			warning, err := fitPorts(test.c, needsOf(test.c), r)
			if test.fail == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.fail)
			}
			if test.warning == "" {
				require.Empty(t, warning)
			} else {
				require.Contains(t, warning, test.warning)
			}
		})
	}
}

func TestPortsThatAreNotKnownAreNotJudged(t *testing.T) {
	c := planned(users(100_000, 0), "http://192.0.2.9/")
	warning, err := fitPorts(c, needsOf(c), room{})
	require.NoError(t, err)
	require.Empty(t, warning)
}

func TestMemoryIsEnough(t *testing.T) {
	tests := []struct {
		name          string
		plan          loadgen.Plan
		url           string
		free          int64
		warning, fail string
	}{
		{"plenty", users(1000, 0), "http://a/", 1 << 30, "", ""},
		{"not known", users(1_000_000, 0), "http://a/", machine.Unknown, "", ""},
		{"a little short", users(1000, 0), "http://a/", 40 << 20, "1000 connections take about 43 MiB of memory, and 40 MiB are free", ""},
		{"TLS takes more", users(1000, 0), "https://a/", 45 << 20, "about 61 MiB", ""},
		{"far too little", users(1000, 0), "http://a/", 20 << 20, "", "1000 connections take about 43 MiB of memory, and 20 MiB are free"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			warning, err := fitMemory(needsOf(planned(test.plan, test.url)), room{memory: test.free})
			if test.fail == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.fail)
			}
			if test.warning == "" {
				require.Empty(t, warning)
			} else {
				require.Contains(t, warning, test.warning)
			}
		})
	}
}
