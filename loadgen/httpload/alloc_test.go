package httpload

import (
	"crypto/tls"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/measure"
)

// What is counted is the whole process, so the server must not allocate either.
// Under TLS both ends do: crypto/tls makes a small reader for every record that it
// waits for (Go 1.26, Conn.readFromUntil). Nothing of ours comes on top of that.
func TestARequestAllocatesNothing(t *testing.T) {
	for _, tt := range []struct {
		name, scheme string
		dial         func(at string) (net.Conn, error) // a client that only writes and reads
		serve        func(net.Conn)
	}{
		{"plain", "http://", func(at string) (net.Conn, error) { return net.Dial("tcp", at) }, echo},
		{"TLS 1.2", "https://", dialTLS, echoTLS(tls.VersionTLS12)},
		{"TLS 1.3", "https://", dialTLS, echoTLS(tls.VersionTLS13)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at := strings.Trim(strings.TrimPrefix(serve(t, tt.serve), "http:"), "/")
			conn, err := tt.dial(at)
			require.NoError(t, err)
			defer conn.Close()
			buf := make([]byte, 4096)
			least := allocations(func() {
				_, err := conn.Write(buf[:100])
				require.NoError(t, err)
				_, err = conn.Read(buf)
				require.NoError(t, err)
			})
			s, clock := senderFor(t, tt.scheme+at, Options{Network: dial.Options{TLS: &tls.Config{InsecureSkipVerify: true}}}, loadgen.Request{})
			call := loadgen.NewCall(measure.Outcome{}, 0)
			recorder := measure.NewRecorder(measure.Config{Steps: []string{"a"}, Charge: time.Second})
			once := func() {
				call.Outcome = measure.Outcome{Due: clock.Now()}
				s.Send(call)
				recorder.Record(&call.Outcome)
			}
			allocations(once)
			require.Equal(t, measure.OK, call.Outcome.Class, "%v", call.Outcome.Err)
			recorder.Recycle(recorder.Detach())
			require.InDelta(t, least+poolDrops, allocations(once), 0.5)

			client := s.(*user).client
			step := loadgen.Step{Request: client.requests[0].Load().spec}
			step.Request.Header = []loadgen.Field{{Name: "Authorization", Value: "Bearer renewed"}}
			require.NoError(t, client.Renew([]loadgen.Step{step}))
			recorder.Recycle(recorder.Detach())
			require.InDelta(t, least+poolDrops, allocations(once), 0.5, "with a credential that was renewed")
		})
	}
}

// allocations is how often fn allocates, on average. The race detector lets pools
// forget at random, so it is no whole number there.
func allocations(fn func()) float64 {
	const runs = 1000
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	fn()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		fn()
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / runs
}

// echo answers whatever comes, without allocating.
func echo(c net.Conn) {
	buf, answer := make([]byte, 4096), []byte(hello)
	for {
		if _, err := c.Read(buf); err != nil {
			return
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}

func echoTLS(version uint16) func(net.Conn) {
	config := &tls.Config{Certificates: certificates(), MaxVersion: version}
	return func(c net.Conn) { echo(tls.Server(c, config)) }
}

func dialTLS(at string) (net.Conn, error) {
	return tls.Dial("tcp", at, &tls.Config{InsecureSkipVerify: true})
}
