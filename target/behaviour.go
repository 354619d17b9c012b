// Package target is an HTTP/1.1 server whose behaviour is known in advance:
// how long it takes, when it stalls, how often it fails and how, what it sends
// and how much it lets through. It keeps the truth about what it really did,
// so that what a load generator reports can be held against it.
//
// It shares a machine with the load generator and so has its own small server
// loop: one goroutine a connection, answers rendered beforehand, no allocation
// per request. behaviour.go, delay.go, stall.go and parse.go say what it is to
// do, aging.go how that changes with time; request.go and reader.go read requests; conn.go is the hot path; answer.go
// renders; fault.go misbehaves and limits; truth.go counts; control.go serves
// the counts at /truth; arrivals.go logs each request by the kernel's clock;
// server.go accepts and stops. Applications that answer what a client asks, with
// state, are in target/app.
package target

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Behaviour is everything that a Server does to those who call it. The zero
// value answers every request with 200 and an empty body, at once. All of it
// can be combined.
//
// Each request has one fate: at most one of the shares below strikes it, so
// together they may not exceed 1. Everything random is drawn from a stream of
// its own for each connection, fixed by Seed and by the order of acceptance.
type Behaviour struct {
	Delay Delay // from the whole request read to the answer's first byte
	Stall Stall // when nothing is sent at all

	Errors        []ErrorShare // answered with another status than 200
	FastErrors    bool         // those skip Delay
	Reset         float64      // share that gets a TCP reset instead of an answer
	Garbage       float64      // share answered with what is not HTTP, then closed
	Hang          float64      // share never answered; the connection stays open
	MidBody       float64      // share whose connection closes half-way through the body
	EndlessHeader float64      // share whose answer's header never ends

	Body    Size          // of a 200 answer
	Chunked bool          // HTTP/1.1 bodies in chunks instead of with a length
	Drip    time.Duration // spread the body evenly over this time; 0 sends it at once

	RateLimit RateLimit
	Aging     Aging // what changes with the time since the start

	Idle time.Duration // a connection silent for this long, or up to a quarter more, is closed; 0 means DefaultIdle
	Seed uint64
}

// DefaultIdle is how long a connection may be silent unless a Behaviour says otherwise.
const DefaultIdle = 2 * time.Minute

// ErrorShare is a status and the share of requests that get it.
type ErrorShare struct {
	Status int
	Share  float64
}

// Size is a body's size in bytes, uniform between Min and Max, both included.
type Size struct{ Min, Max int64 }

// String gives back the text that ParseSize reads.
func (s Size) String() string {
	if s.Min == s.Max {
		return fmt.Sprintf("%dB", s.Min)
	}
	return fmt.Sprintf("uniform:%dB,%dB", s.Min, s.Max)
}

// quantile is the exact quantile function of the size.
func (s Size) quantile(q float64) int64 {
	return min(s.Min+int64(q*float64(s.Max-s.Min+1)), s.Max)
}

// RateLimit lets Requests through in each Window and refuses the rest with 429
// and Retry-After, at once. A window opens with the first request after the
// one before has ended, so the request after the last allowed one is refused
// whenever the first was sent. All connections share it.
type RateLimit struct {
	Requests int
	Window   time.Duration
}

// String gives back the text that ParseRateLimit reads.
func (l RateLimit) String() string { return fmt.Sprintf("%d/%s", l.Requests, l.Window) }

// Validate tells everything that is wrong with b. New expects a valid one; the
// parse functions return valid parts, and what remains is how they fit.
func (b Behaviour) Validate() error {
	errs := []error{b.Delay.validate(), b.Stall.validate(), b.validateShares(), b.Aging.Validate()}
	if b.Body.Min < 0 || b.Body.Max < b.Body.Min || b.Body.Max > MaxBody {
		errs = append(errs, fmt.Errorf("body %d to %d bytes: want 0 or more, the smaller first, at most %d", b.Body.Min, b.Body.Max, MaxBody))
	}
	if b.Drip < 0 || b.Drip > MaxDelay {
		errs = append(errs, fmt.Errorf("drip %s: want 0 to %s", b.Drip, MaxDelay))
	}
	if b.Drip > 0 && b.Body.Max == 0 {
		errs = append(errs, fmt.Errorf("drip %s: want a body to spread, got an empty one", b.Drip))
	}
	if l := b.RateLimit; l != (RateLimit{}) && (l.Requests < 1 || l.Window <= 0) {
		errs = append(errs, fmt.Errorf("rate limit %s: want 1 request or more in a window above 0", l))
	}
	if b.Idle < 0 {
		errs = append(errs, fmt.Errorf("idle %s: want 0 or more", b.Idle))
	}
	return errors.Join(errs...)
}

func (b Behaviour) validateShares() error {
	var errs []error
	sum := 0.0
	for _, s := range b.shares() {
		if !(s.share >= 0 && s.share <= 1) { // so written, it catches NaN
			errs = append(errs, fmt.Errorf("%s %s: want 0%% to 100%%", s.name, percent(s.share)))
		}
		sum += s.share
	}
	for _, e := range b.Errors {
		if e.Status < 200 || e.Status > 599 {
			errs = append(errs, fmt.Errorf("errors %d: want a status from 200 to 599", e.Status))
		}
	}
	if sum > 1+1e-9 {
		errs = append(errs, fmt.Errorf("shares: want at most 100%% together, got %s", percent(sum)))
	}
	return errors.Join(errs...)
}

// A namedShare is one fate with its share and the word that flags and String use.
type namedShare struct {
	name   string
	fate   fate
	status int
	share  float64
}

// shares lists every fate but a good answer, in the order in which they are drawn.
func (b Behaviour) shares() []namedShare {
	list := []namedShare{
		{"reset", fateReset, 0, b.Reset},
		{"garbage", fateGarbage, 0, b.Garbage},
		{"hang", fateHang, 0, b.Hang},
		{"mid-body", fateMidBody, 0, b.MidBody},
		{"endless-header", fateEndlessHeader, 0, b.EndlessHeader},
	}
	for _, e := range b.Errors {
		list = append(list, namedShare{fmt.Sprintf("errors %d", e.Status), fateError, e.Status, e.Share})
	}
	return list
}

// String says in one line what differs from answering 200 at once.
func (b Behaviour) String() string {
	words := []string{"body " + b.Body.String()}
	say := func(set bool, format string, value any) {
		if set {
			words = append(words, fmt.Sprintf(format, value))
		}
	}
	say(b.Delay != Delay{}, "delay %s", b.Delay)
	say(b.Stall != Stall{}, "stall %s", b.Stall)
	for _, s := range b.shares() {
		say(s.share > 0, s.name+" %s", percent(s.share))
	}
	say(b.FastErrors, "%s", "fast errors")
	say(b.Chunked, "%s", "chunked")
	say(b.Drip > 0, "drip %s", b.Drip)
	say(b.RateLimit != RateLimit{}, "rate limit %s", b.RateLimit)
	say(b.Aging.SlowStart != SlowStart{}, "slow start %s", b.Aging.SlowStart)
	say(b.Aging.Drift != Drift{}, "drift %s", b.Aging.Drift)
	say(b.Aging.Growth != Growth{}, "error growth %s", b.Aging.Growth)
	say(b.Seed != 0, "seed %d", b.Seed)
	return strings.Join(words, ", ")
}
