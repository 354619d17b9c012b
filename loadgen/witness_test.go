package loadgen

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// A witness is a Protocol that answers as the test says, and notes what it was
// asked, by whom and when.
type witness struct {
	answer func(asked) reply
	starts bool                                // its Senders are Starters
	start  func()                              // called within Start
	deaf   func(n int, now time.Duration) bool // the nth Interrupt of a call is lost
	looks  time.Duration                       // how often its Senders look by themselves; 0: never

	mu     sync.Mutex
	asked  []asked
	broken []string // promises of the engine that were not kept
}

// asked is one request as a Sender met it.
type asked struct {
	user, step int
	phase      measure.Phase
	due, at    time.Duration
	started    bool // Start came first
	ended      time.Duration
	reply
}

// reply is how a request ends. One that takes less than 0 never does.
type reply struct {
	takes time.Duration
	class measure.Class
}

func replies(takes time.Duration) func(asked) reply {
	return func(asked) reply { return reply{takes: takes} }
}

func (w *witness) NewSender(u User) Sender {
	user, c := u.Number, u.Clock
	s := &witnessSender{witness: w, user: user, clock: c, poke: make(chan struct{}, 1)}
	if w.starts {
		return &witnessStarter{s}
	}
	return s
}

func (w *witness) note(a asked) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, a)
}

func (w *witness) breach(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = append(w.broken, text)
}

// of returns what one user was asked, in order.
func (w *witness) of(user int) []asked {
	var all []asked
	for _, a := range w.asked {
		if a.user == user {
			all = append(all, a)
		}
	}
	return all
}

type witnessSender struct {
	*witness
	user    int
	clock   Clock
	poke    chan struct{}
	started *Call // that Start was called with
}

func (s *witnessSender) Send(call *Call) {
	o := &call.Outcome
	a := asked{user: s.user, step: o.Step, phase: o.Phase, due: o.Due, started: s.started != nil}
	if a.started && (s.started != call || o.Sent == 0) {
		s.breach("Send did not follow on the call that was started")
	}
	s.started = nil
	if a.at = o.Sent; a.at == 0 {
		a.at = s.clock.Now()
	}
	a.reply = s.answer(a)
	o.Sent, o.Class = a.at, a.class
	s.wait(call, a)
	o.Read = s.clock.Now()
	o.Done, o.FirstByte, a.ended = o.Read, o.Read, o.Read
	s.note(a)
}

func (s *witnessSender) wait(call *Call, a asked) {
	takes := a.takes
	if takes >= 0 {
		takes = max(0, a.at+takes-s.clock.Now())
	}
	done := answered(takes)
	var look <-chan time.Time
	if s.looks > 0 {
		ticker := time.NewTicker(s.looks)
		defer ticker.Stop()
		look = ticker.C
	}
	for n := 0; ; n++ {
		select {
		case <-done:
			return
		case <-s.poke:
		case <-look:
		}
		lost := s.deaf != nil && s.deaf(n, s.clock.Now())
		if !lost && call.Expired(s.clock.Now()) {
			call.Outcome.Class = measure.Timeout
			return
		}
	}
}

func (s *witnessSender) Interrupt() {
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

func (s *witnessSender) Close() {}

type witnessStarter struct{ *witnessSender }

func (s *witnessStarter) Start(call *Call) {
	if s.started != nil {
		s.breach("Start came twice without a Send")
	}
	s.started = call
	call.Outcome.Sent = max(s.clock.Now(), 1) // 0 would mean that it was not sent
	if s.witness.start != nil {
		s.witness.start()
	}
}

// under runs the plan on a virtual clock, and stops it early when that is above 0.
func under(t *testing.T, p *Plan, w *witness, early time.Duration, check func(*Result)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		if early > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, early)
			defer cancel()
		}
		r := (&Engine{Plan: p, Protocol: w, GoTimers: true}).Run(ctx)
		require.Equal(t, early > 0, r.StoppedEarly)
		require.Equal(t, r.Issued, planned(r), "requests that nobody recorded")
		require.Empty(t, w.broken)
		check(r)
	})
}
