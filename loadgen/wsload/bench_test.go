package wsload

import (
	"context"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/measure"
)

// BenchmarkRoundTrip is a message and its answer. The server's part is in the time, and
// in the allocations: it is of the same library.
func BenchmarkRoundTrip(b *testing.B) {
	for name, size := range map[string]int{"16B": 16, "4KB": 4 << 10} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b, serving(b, frugal), Options{},
				&Step{Kind: RoundTrip, Text: textOf(b, strings.Repeat("x", size)), Inspector: holding("x")})
			w.ok(0)
			call := loadgen.NewCall(measure.Outcome{}, 0)
			b.ReportAllocs()
			for b.Loop() {
				call.Outcome = measure.Outcome{Step: 1, Due: w.clock.Now()}
				w.sender.Send(call)
			}
			require.Equal(b, measure.OK, call.Outcome.Class, "%v", call.Outcome.Err)
		})
	}
}

// frugal is an echo that allocates no more than the library does.
func frugal(ctx context.Context, c *websocket.Conn) {
	room := make([]byte, 64<<10)
	for {
		kind, r, err := c.Reader(context.Background())
		if err != nil {
			return
		}
		n := 0
		for err == nil {
			var m int
			m, err = r.Read(room[n:])
			n += m
		}
		if c.Write(context.Background(), kind, room[:n]) != nil {
			return
		}
	}
}
