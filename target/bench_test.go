package target

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A loop hands the same request to the server for ever and throws answers away.
type loop struct {
	net.Conn
	request string
}

func (l loop) Read(b []byte) (int, error)      { return copy(b, l.request), nil }
func (l loop) Write(b []byte) (int, error)     { return len(b), nil }
func (l loop) SetReadDeadline(time.Time) error { return nil }

func TestRequestsAllocateNothing(t *testing.T) {
	tests := []struct {
		name      string
		behaviour Behaviour
		request   string
	}{
		{"the usual", Behaviour{}, get},
		{"a request with a body", Behaviour{}, chunked("5\r\nhello\r\n0\r\n\r\n")},
		{"an error", Behaviour{Errors: []ErrorShare{{503, 1}}}, get},
		{"a delay", Behaviour{Delay: LognormalDelay(time.Microsecond, 0.5)}, get},
		{"a body of random size in chunks", Behaviour{Body: Size{10, 10000}, Chunked: true}, get},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c := New(test.behaviour).newConn(ctx, loop{request: test.request}, 1)
			for range 100 { // the first ones make the histogram, the timer and the buffer
				require.True(t, c.one())
			}
			require.Zero(t, testing.AllocsPerRun(1000, func() { c.one() }))
		})
	}
}

// BenchmarkRequest is the server's own work, without the network: about 0.15 µs.
func BenchmarkRequest(b *testing.B) {
	c := New(Behaviour{Body: Size{14, 14}}).newConn(b.Context(), loop{request: get}, 1)
	b.ReportAllocs()
	for b.Loop() {
		c.one()
	}
}

// BenchmarkServer is keep-alive over loopback, both ends in this process.
func BenchmarkServer(b *testing.B) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- New(Behaviour{Body: Size{14, 14}}).Serve(ctx, ln) }()
	b.ReportAllocs()
	b.SetParallelism(50) // connections for each processor
	b.RunParallel(func(pb *testing.PB) {
		nc, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			b.Error(err)
			return
		}
		defer nc.Close()
		request, answer := []byte(get), make([]byte, 1024)
		for pb.Next() {
			_, _ = nc.Write(request)
			if _, err := nc.Read(answer); err != nil { // small enough to come whole
				b.Error(err)
				return
			}
		}
	})
	cancel()
	require.NoError(b, <-done)
}
