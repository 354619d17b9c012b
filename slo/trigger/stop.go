package trigger

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"gonogo/slo"
	"gonogo/slo/stats"
)

// StopOptions say when a run is stopped early. StopDefaults returns them complete.
type StopOptions struct {
	Start time.Duration // seconds before it do not count: ramp and warm-up
	Alpha float64       // how often at most a run is stopped none of whose objectives fails
	Block time.Duration // whole seconds, and longer than what goes on in the target lasts

	// A protective stop is due when ProtectShare of at least ProtectMin requests
	// failed within ProtectFor.
	ProtectShare float64
	ProtectFor   time.Duration
	ProtectMin   int64
}

// StopDefaults returns the usual options. On a queue that is 95 % busy, blocks of
// 10 s resemble the ones before them; 30 s are better there.
func StopDefaults() StopOptions {
	return StopOptions{Alpha: 0.05, Block: 10 * time.Second, ProtectShare: 0.8, ProtectFor: 10 * time.Second, ProtectMin: 50}
}

// Check returns all that is wrong with the options.
func (o StopOptions) Check() error {
	whole := func(d time.Duration) bool { return d >= time.Second && d%time.Second == 0 }
	return errors.Join(
		want(o.Start >= 0, "start", "0s or more", o.Start),
		want(o.Alpha > 0 && o.Alpha < 0.5, "alpha", "a probability above 0 and below 0.5", o.Alpha),
		want(whole(o.Block), "block", "whole seconds, at least 1s", o.Block),
		want(o.ProtectShare > 0 && o.ProtectShare <= 1, "protect_share", "a share above 0 and up to 1", o.ProtectShare),
		want(whole(o.ProtectFor), "protect_for", "whole seconds, at least 1s", o.ProtectFor),
		want(o.ProtectMin >= 1, "protect_min", "1 or more", o.ProtectMin))
}

// A Stop says that the run should end, and why.
type Stop struct {
	At         time.Duration // the instant up to which cells were decided, since the start of the run
	Protective bool          // to spare the target; nothing is claimed about an objective
	Objective  string        // its name; "" of a protective stop
	Claim      string        // what was shown: "p95 >= 200ms"
	Rule       string        // what was exceeded, in words with its figures
	Due, Bad   int64         // since the start; of a protective stop, in its window

	// Of a stop that claims something. E is 0 where the limit is 0: one bad request refutes it.
	Blocks int
	E      float64     // the betting test's wealth
	P      float64     // a p-value that holds whenever it is looked at
	Needed float64     // objectives / alpha, which E reached
	Bounds *slo.Bounds // of the share of bad requests (1 is all): a confidence sequence, which holds although the run was stopped
}

// A Stopper ends a run as soon as one of its objectives is sure to have failed, or
// nearly everything fails. It has one user at a time.
//
// Each objective plays a bet (stats.Bet) on blocks of seconds. All k may stop the
// run, so each has to reach k/alpha: the chance that any of them ever does, though
// none fails, is alpha at most, no matter how often it is looked at.
type Stopper struct {
	options   StopOptions
	watches   []*watch
	unwatched []string
	ledgers   map[Counter]*ledger
	counters  []Counter
	stop      *Stop
}

// A watch is one objective while it is watched.
type watch struct {
	claim
	bet    *stats.Bet
	blocks []stats.Block
	sum    stats.Block
}

// NewStopper returns a Stopper of all objectives that can be watched.
func NewStopper(objectives []slo.Objective, o StopOptions) (*Stopper, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	s := &Stopper{options: o, ledgers: map[Counter]*ledger{}}
	for _, objective := range objectives {
		c, problem, err := failure(objective)
		switch {
		case err != nil:
			return nil, err
		case problem != "":
			s.unwatched = append(s.unwatched, fmt.Sprintf("%s: %s", c.name, problem))
			continue
		}
		s.watches = append(s.watches, &watch{claim: c, bet: stats.Above(c.allowed.float())})
		s.keep(c.counter)
	}
	s.keep(failures())
	return s, nil
}

// failures counts what a protective stop is about.
func failures() Counter { return Counter{} }

func (s *Stopper) keep(c Counter) {
	if slices.Contains(s.counters, c) {
		return
	}
	longest := max(s.options.Block, s.options.ProtectFor+protectSlack*time.Second)
	s.counters = append(s.counters, c)
	s.ledgers[c] = newLedger(time.Second, s.options.Start, ticks(longest, time.Second))
}

// Counters returns what the cells have to count, each once.
func (s *Stopper) Counters() []Counter { return slices.Clone(s.counters) }

// Unwatched returns the objectives that cannot stop the run, each with the reason.
func (s *Stopper) Unwatched() []string { return slices.Clone(s.unwatched) }

// Add takes cells of one of Counters, in any order. It returns an error, and
// leaves out the rest, at one that cannot be, or that is of a second which is
// decided.
func (s *Stopper) Add(c Counter, cells ...Cell) error {
	l, ok := s.ledgers[c]
	if !ok {
		return fmt.Errorf("watch objectives: want cells of one of the counters asked for, got %+v", c)
	}
	for _, cell := range cells {
		if err := l.add(cell); err != nil {
			return fmt.Errorf("watch objectives: %w", err)
		}
	}
	return nil
}

// Decide looks at the seconds before until: their cells were all added, and those
// that have none never will have one. It returns the stop that is due, nil if
// there is none yet, and the same one from then on.
func (s *Stopper) Decide(until time.Duration) *Stop {
	for s.stop == nil && s.ledgers[failures()].now()+time.Second <= until {
		for _, l := range s.ledgers {
			l.decide()
		}
		s.closeBlock()
		if s.stop == nil {
			s.protect()
		}
	}
	return s.stop
}

// closeBlock lets every bet play the block that ends now, if one does. The one
// with the strongest evidence is named.
func (s *Stopper) closeBlock() {
	length := ticks(s.options.Block, time.Second)
	if s.ledgers[failures()].decided()%length != 0 {
		return
	}
	alpha := s.options.Alpha / float64(len(s.watches))
	var proven *watch
	for _, w := range s.watches {
		last := s.ledgers[w.counter].last(length)
		if last.due == 0 {
			continue
		}
		block := stats.Block{N: last.due, Bad: last.bad}
		w.add(block)
		if w.proven(alpha) && (proven == nil || w.bet.Log() > proven.bet.Log()) {
			proven = w
		}
	}
	if proven != nil {
		s.stop = s.failed(proven, alpha)
	}
}

func (w *watch) add(b stats.Block) {
	w.blocks = append(w.blocks, b)
	w.sum = stats.Sum([]stats.Block{w.sum, b})
	w.bet.Add(b)
}

// proven tells whether the objective is sure to have failed. To the bet all blocks
// are alike; so the requests have to exceed the limit too, or a few bad ones in
// blocks of little traffic would outweigh the many.
func (w *watch) proven(alpha float64) bool {
	return w.bet.Log() >= -math.Log(alpha) && w.allowed.exceededBy(w.sum.Bad, w.sum.N)
}

func (s *Stopper) failed(w *watch, alpha float64) *Stop {
	lo, hi := stats.Sequence(w.blocks, alpha)
	stop := &Stop{
		At: s.ledgers[w.counter].now(), Objective: w.name, Claim: w.target.String(), Due: w.sum.N, Bad: w.sum.Bad,
		Blocks: len(w.blocks), P: w.bet.P(), Needed: 1 / alpha,
		Bounds: &slo.Bounds{Lo: lo, Hi: hi, Confidence: 1 - 2*alpha},
	}
	evidence := "the limit is 0, which one of them refutes"
	if w.allowed.num > 0 {
		stop.E = math.Exp(w.bet.Log())
		evidence = fmt.Sprintf("e-value %.3g, at least %.3g = %d / %g (objectives / alpha), p <= %.3g", stop.E, stop.Needed, len(s.watches), s.options.Alpha, stop.P)
	}
	stop.Rule = fmt.Sprintf("%s: %d of %d requests (%s) %s, more than %s, over %s of %s; %s",
		w.target, w.sum.Bad, w.sum.N, w.allowed.beside(w.sum.Bad, w.sum.N), w.what, w.allowed,
		plural(len(w.blocks), "block"), short(s.options.Block), evidence)
	return stop
}

// protectSlack is how many seconds may be missing while ProtectFor is filled.
const protectSlack = 2

// protect stops the run when nearly everything failed of late. It looks at as
// many seconds as ProtectFor has, all seen; a gap is no failure.
func (s *Stopper) protect() {
	n := ticks(s.options.ProtectFor, time.Second)
	w := window{}
	for slack := 0; slack <= protectSlack && w.known < n; slack++ {
		w = s.ledgers[failures()].last(n + slack)
	}
	if w.known < n || w.due < s.options.ProtectMin || w.share() < s.options.ProtectShare {
		return
	}
	s.stop = &Stop{
		At: s.ledgers[failures()].now(), Protective: true, Due: w.due, Bad: w.bad,
		Claim: fmt.Sprintf("at least %s failed for %s", percent(s.options.ProtectShare), short(s.options.ProtectFor)),
		Rule: fmt.Sprintf("protective: %d of %d requests (%s) failed in the last %s, at least %s; nothing is claimed about an objective",
			w.bad, w.due, percent(w.share()), short(s.options.ProtectFor), percent(s.options.ProtectShare)),
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// An Evidence is how far the case against an objective has come.
type Evidence struct {
	Objective, Claim string
	Blocks           int
	P                float64 // at most, so far
	Enough           float64 // the P at which the run is stopped
}

// Evidence returns it for each objective that is watched.
func (s *Stopper) Evidence() []Evidence {
	all := make([]Evidence, len(s.watches))
	for i, w := range s.watches {
		all[i] = Evidence{w.name, w.target.String(), len(w.blocks), w.bet.P(), s.options.Alpha / float64(len(s.watches))}
	}
	return all
}
