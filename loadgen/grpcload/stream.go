package grpcload

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc/stats"

	"gonogo/loadgen"
)

// A progress is how far a call has come. The library's goroutines write it, some of
// them after the call is over.
type progress struct {
	clock loadgen.Clock

	mu      sync.Mutex
	sent    time.Duration // 0: not yet
	first   time.Duration // the first of the answer
	trailer bool          // the peer has said how it ended
	in, out int64
}

type progressKey struct{}

// instants notes the instants of calls.
type instants struct{}

func (instants) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

func (instants) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

func (instants) HandleConn(context.Context, stats.ConnStats) {}

func (instants) HandleRPC(ctx context.Context, event stats.RPCStats) {
	if p, ok := ctx.Value(progressKey{}).(*progress); ok {
		p.note(event)
	}
}

func (p *progress) note(event stats.RPCStats) {
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *stats.OutHeader:
		p.sent = now
	case *stats.OutPayload:
		p.out += int64(e.WireLength)
	case *stats.InHeader:
		p.came(now, e.WireLength)
	case *stats.InPayload:
		p.came(now, e.WireLength)
	case *stats.InTrailer:
		p.came(now, e.WireLength)
		p.trailer = true
	}
}

func (p *progress) came(now time.Duration, n int) {
	if p.first == 0 {
		p.first = now
	}
	p.in += int64(n)
}

// so far it has come.
func (p *progress) soFar() (sent, first time.Duration, in, out int64, trailer bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent, p.first, p.in, p.out, p.trailer
}
