package metrics

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	patience     = 5 * time.Second // with a receiver, each time
	lastPatience = 3 * time.Second // at the end: somebody waits for the verdict
)

// A Sender sends the newest Snapshot of a run to a Receiver, now and then. Each holds
// all that there is to tell, so nothing is kept that could not be sent: there is no
// queue, and nothing waits for a Sender but Finish.
type Sender struct {
	from *Collector
	to   *Receiver
	warn func(error) // of the first failure, and of what is left out

	stop   context.CancelFunc
	ended  sync.WaitGroup
	pushes Pushes // of the one goroutine; read when it has ended
}

// Pushes are what became of the pushes to a Receiver.
type Pushes struct {
	To     string // its name
	Made   int
	Failed int
	Last   error // that one of them ended with; nil: none failed
}

// Send begins to send what the collector has, from its first second on. warn hears of
// the first failure, and of what is left out, from another goroutine. It ends with Finish.
func Send(from *Collector, to *Receiver, warn func(error)) *Sender {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Sender{from: from, to: to, warn: warn, stop: cancel, pushes: Pushes{To: to.Name}}
	s.ended.Go(func() { s.keep(ctx) })
	return s
}

func (s *Sender) keep(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-s.from.begun:
	}
	next := time.NewTicker(s.to.Every)
	defer next.Stop()
	for {
		s.push(ctx, min(patience, s.to.Every))
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
	}
}

// push sends the newest Snapshot. One that the end of the run cuts short does not count.
func (s *Sender) push(run context.Context, patience time.Duration) {
	ctx, cancel := context.WithTimeout(run, patience)
	defer cancel()
	err := s.to.send(ctx, s.from.Snapshot())
	if err != nil && run.Err() != nil {
		return
	}
	s.pushes.Made++
	if part := (*concession)(nil); errors.As(err, &part) {
		s.warn(err)
		return
	}
	if err == nil {
		return
	}
	s.pushes.Failed++
	s.pushes.Last = err
	if s.pushes.Failed == 1 {
		s.warn(err)
	}
}

// Finish sends the last Snapshot, and tells what became of them all. It takes a few
// seconds at most.
func (s *Sender) Finish() Pushes {
	s.stop()
	s.ended.Wait()
	if s.from.Snapshot() != nil {
		s.push(context.Background(), lastPatience)
	}
	s.to.client.CloseIdleConnections()
	return s.pushes
}
