package httpload

import (
	"crypto/tls"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/measure"
)

func BenchmarkSend(b *testing.B) {
	client, _ := benchmarked(b, "http", echo)
	clock := loadgen.NewClock()
	s := client.NewSender(loadgen.User{Number: 0, Clock: clock})
	defer s.Close()
	call := loadgen.NewCall(measure.Outcome{}, 0)
	b.ReportAllocs()
	for b.Loop() {
		call.Outcome = measure.Outcome{Due: clock.Now()}
		s.Send(call)
	}
	require.Equal(b, measure.OK, call.Outcome.Class)
}

// BenchmarkEngine is a whole engine's second with a hundred users. `make profile` takes
// from it what the compiler is told about the hot path.
func BenchmarkEngine(b *testing.B) {
	for scheme, server := range map[string]func(net.Conn){"http": echo, "https": echoTLS(tls.VersionTLS13)} {
		b.Run(scheme, func(b *testing.B) {
			client, steps := benchmarked(b, scheme, server)
			var requests int64
			for b.Loop() {
				plan := &loadgen.Plan{Closed: &loadgen.Closed{Users: 100}, Measure: time.Second, Timeout: time.Minute, Steps: steps}
				requests += (&loadgen.Engine{Plan: plan, Protocol: client}).Run(b.Context()).Issued
			}
			b.ReportMetric(float64(b.Elapsed())/float64(requests), "ns/request")
		})
	}
}

// benchmarked returns a client of one step, to a server of its own.
func benchmarked(b *testing.B, scheme string, server func(net.Conn)) (*Client, []loadgen.Step) {
	b.Helper()
	u, err := url.Parse(serve(b, server))
	require.NoError(b, err)
	u.Scheme = scheme
	steps := []loadgen.Step{{Name: "a", Weight: 1, Request: loadgen.Request{URL: u}}}
	client, err := New(steps, Options{Network: dial.Options{TLS: &tls.Config{InsecureSkipVerify: true}}})
	require.NoError(b, err)
	return client, steps
}
