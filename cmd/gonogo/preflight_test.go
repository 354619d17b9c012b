package main

import (
	"bytes"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/scenarios"
)

// stepsAt are steps of one request each.
func stepsAt(t *testing.T, all ...string) (steps []loadgen.Step) {
	t.Helper()
	for _, at := range all {
		u, err := url.Parse(at)
		require.NoError(t, err)
		steps = append(steps, loadgen.Step{Name: at, Weight: 1, Request: loadgen.Request{URL: u}})
	}
	return steps
}

func TestConnectionsAreCountedByHost(t *testing.T) {
	http2 := scenarios.Protocol{Version: scenarios.HTTP2, Connections: 3, Streams: 100}
	tests := []struct {
		name     string
		plan     loadgen.Plan
		protocol scenarios.Protocol
		steps    []string
		want     int
	}{
		{"a user has one", users(10, 0), scenarios.Protocol{}, []string{"http://a.test/"}, 10},
		{"and one for all steps of a host", users(10, 0), scenarios.Protocol{}, []string{"http://a.test/", "http://a.test/b"}, 10},
		{"another for another host", users(10, 0), scenarios.Protocol{}, []string{"http://a.test/", "http://b.test/", "http://a.test/c"}, 20},
		{"a port is another host", users(10, 0), scenarios.Protocol{}, []string{"http://a.test/", "http://a.test:81/"}, 20},
		{"arrivals have as many as may be in flight", arrivals(5, 100), scenarios.Protocol{}, []string{"http://a.test/", "http://b.test/"}, 200},
		{"of HTTP/2 there are as many as were asked for", users(1000, 0), http2, []string{"http://a.test/", "http://b.test/"}, 6},
		{"and no more than users", users(2, 0), http2, []string{"http://a.test/"}, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.plan.Steps = stepsAt(t, test.steps...)
			require.Equal(t, test.want, connections(&scenarios.Compiled{Plan: test.plan, Protocol: test.protocol}))
		})
	}
}

func TestDescriptorsAreEnough(t *testing.T) {
	byDefault := func(c *scenarios.Compiled) *scenarios.Compiled {
		c.Origins = map[string]string{"load.max_in_flight": "default"}
		return c
	}
	tests := []struct {
		name          string
		c             *scenarios.Compiled
		limit         uint64
		warning, fail string
		most          int // in flight, afterwards
	}{
		{"just enough", planned(users(100, 0), "http://a.test/"), 164, "", "", 0},
		{"one too few", planned(users(100, 0), "http://a.test/"), 163, "", "100 connections need 164 file descriptors, and only 163 are allowed", 0},
		{"a cap that was asked for", planned(arrivals(5, 100), "http://a.test/"), 163, "", "100 connections need 164 file descriptors, and only 163 are allowed", 100},
		{"a cap that nobody asked for", byDefault(planned(arrivals(5, 100), "http://a.test/")), 163, "gonogo: warning: at most 99 requests in flight instead of 100: 163 descriptors are all there is (ulimit -n)\n", "", 99},
		{"a cap that fits", byDefault(planned(arrivals(5, 100), "http://a.test/")), 164, "", "", 100},
		{"no descriptor at all", byDefault(planned(arrivals(5, 100), "http://a.test/")), 64, "", "100 connections need 164 file descriptors, and only 64 are allowed", 100},
		{"no limit", planned(users(100, 0), "http://a.test/"), 1 << 63, "", "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			err := fitDescriptors(test.c, test.limit, stdio{err: &out})
			require.Equal(t, test.warning, out.String())
			if test.c.Plan.Open != nil {
				require.Equal(t, test.most, test.c.Plan.Open.MaxInFlight)
			}
			if test.fail == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, test.fail)
			var exit *exitError
			require.ErrorAs(t, err, &exit)
			require.Equal(t, exitUsage, exit.code)
			require.Equal(t, []string{"raise the limit in this shell (ulimit -n 164), or ask for less"}, exit.hint)
		})
	}
}
