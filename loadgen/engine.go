// Package loadgen makes the load: a Plan says what is wanted, Arrivals and users
// when the next request is due, a Sender performs it, and every Outcome goes to
// a measure.Recorder. It knows no protocol, no objective and no file.
//
// What is wanted: plan.go holds the plan's types, with flow.go, connections.go and
// replay.go (recorded arrivals); pace.go has the due times, which are pure, pick.go what
// an iteration does, requests.go how often each step is due. What a protocol has to do
// is in sender.go, and who looks into answers in answer.go.
//
// engine.go runs a plan; closed.go and open.go are its two load models, and slot.go one
// Sender with its call. Where there are flows, program.go compiles them, and walk.go is
// a user's way through one, with setup.go before and after, and rendezvous.go. watch.go
// ends calls whose time is up; shards.go records, and backlog.go what is given up;
// wait.go waits for an instant. departures.go and health.go observe the engine itself:
// whether arrivals left as they were due, and how the process fared.
package loadgen

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gonogo/loadgen/session"
	"gonogo/measure"
)

// An Engine runs a plan, once.
type Engine struct {
	Plan     *Plan
	Protocol Protocol
	Limits   []measure.Limit // counted exactly
	// Each, when set, hears once a second how the run goes. It is called by one
	// goroutine, outside the path of the requests.
	Each func(Tick)
	// GoTimers makes the engine wait with Go's own timers even where it can do
	// better. Tests on a virtual clock need it.
	GoTimers bool
	// Clocks reads the machine's clocks, for Health; nil: its own, or Go's with
	// GoTimers. It returns false when the readings are not of one moment.
	Clocks func() (Clocks, bool)

	makeAlarm func(Clock) alarm // nil: the best there is; a test's may oversleep
}

// A Tick is the state of a run at one moment.
type Tick struct {
	At        time.Duration
	Phase     measure.Phase
	Users     int // closed model: started and not ended; open model: connections
	InFlight  int
	Intervals []measure.Interval // sealed since the last Tick
	Against   []measure.Interval // likewise, of the plan's other target
	// Settled is an instant before which nothing is open any more: what was due
	// before it has been told, in this Tick or an earlier one. It is a little on the
	// safe side, and stands still while a request takes long.
	Settled time.Duration
	Jolts   []Jolt    // noticed since the last Tick, each of them
	Started time.Time // the run, as its Result will say
	CPU     float64   // processors in use of late, or machine.Unknown
	RSS     int64     // bytes of memory that are resident, likewise

	run *run
}

// An Instrument is how the engine itself fared.
type Instrument struct {
	Departures *Departures // of the open model; nil in the closed one, and before there are any
	Health     *Health
}

// Instrument returns it up to now, but for Departures: they are as of a moment
// after the last call. It is for Each to call, once in a while.
func (t Tick) Instrument() Instrument {
	if t.run == nil {
		return Instrument{}
	}
	return Instrument{Departures: together(t.run.leaving, (*departures).asked), Health: t.run.health.sofar()}
}

// A Result is what a run left behind.
type Result struct {
	Summary      *measure.Summary
	Against      *measure.Summary // of the plan's other target; nil where there is none
	Started      time.Time
	Length       time.Duration    // until the last request ended
	Due          time.Duration    // until when requests were due
	Measured     time.Duration    // the part of the measure phase in that
	Issued       int64            // requests, counted by the users and not by the recorders
	Departures   *Departures      // of the open model; nil in the closed one
	Health       *Health          // how our own process and machine fared
	Known        *session.Session // what the first user knew at the end; nil where the plan has no flows
	StoppedEarly bool
	Through      bool   // it ended before its time as all users had done what they were to do
	Trouble      error  // what ended the run early, where nobody did: a trace that changed
	Timer        string // what the engine waited with: a fact about punctuality
}

// Run performs the plan. When ctx ends first, no further request starts: those
// that are open get the plan's grace period, those that were waiting to be sent
// are dropped, and the Result says StoppedEarly.
func (e *Engine) Run(ctx context.Context) *Result {
	r := newRun(e)
	r.health = newSampler(r)
	collected := make(chan struct{})
	var collector sync.WaitGroup
	collector.Go(func() { r.collect(collected) })
	var guards sync.WaitGroup
	over := make(chan struct{})
	guards.Go(func() { r.health.run(over) })
	guards.Go(func() { r.watch.run(over) })
	guards.Go(func() { r.bound(ctx, over) })

	r.load()
	length := r.clock.Now()
	close(over)
	guards.Wait()
	close(collected)
	collector.Wait()
	return r.result(length, r.health.sofar())
}

// run is the state of an Engine's Run.
type run struct {
	*Engine
	clock    Clock
	shards   []*shard
	watch    *watch
	timeouts []time.Duration // by step
	health   *sampler
	sides    []*measure.Summary // of the plan's target, and of the other one where there is one

	stop    chan struct{} // closed when nothing further comes due
	giveUp  chan struct{} // closed when what is due and not yet sent is dropped
	end     atomic.Int64  // requests due from then on are not sent
	cutoff  atomic.Int64  // open requests are censored then; 0: not known yet
	early   atomic.Bool
	users   atomic.Int64
	through atomic.Int64 // users that have done all that they were to do
	ended   bool         // before the planned end, all of them had
	trouble atomic.Pointer[error]
	queued  []atomic.Int64 // by load: the due time of the arrival that waits for a worker, 0 without one
	issued  atomic.Int64   // by slots that ended, and drops

	first     *session.Session // of the user number 0
	flows     []*compiled
	loads     []Load
	metronome *metronome
	leaving   []*departures // by load; nil in the closed model

	mu     sync.Mutex
	alarms []alarm // that sleep in this run
}

func newRun(e *Engine) *run {
	r := &run{Engine: e, clock: NewClock(), stop: make(chan struct{}), giveUp: make(chan struct{})}
	configs := []measure.Config{e.Config()}
	if e.Plan.Against != nil {
		configs = append(configs, e.config(e.Plan.Against))
	}
	for _, c := range configs {
		r.sides = append(r.sides, measure.NewSummary(c))
	}
	r.shards = newShards(configs)
	r.timeouts = e.Plan.timeouts()
	r.watch = newWatch(r.clock, slices.Min(r.timeouts))
	r.end.Store(int64(e.Plan.Length()))
	r.flows = e.Plan.mustCompile()
	r.metronome = &metronome{run: r}
	r.loads = e.Plan.Loads()
	r.queued = make([]atomic.Int64, len(r.loads))
	r.leaving = make([]*departures, len(r.loads))
	for i, l := range r.loads {
		if l.Open != nil {
			r.leaving[i] = newDepartures(e.Plan, l.Open, e.Limits)
		}
	}
	return r
}

// allThrough tells whether every user has done all that it was to do.
func (r *run) allThrough() bool {
	users := 0
	for _, l := range r.loads {
		if l.Open != nil {
			return false
		}
		users += l.Closed.Users
	}
	return r.through.Load() == int64(users)
}

// load makes the load, or the loads that the plan has beside each other.
func (r *run) load() {
	var beating sync.WaitGroup
	if len(r.flows) > 0 || r.Plan.Open == nil {
		beating.Go(r.metronome.beat)
	}
	var loading sync.WaitGroup
	for i, l := range r.loads {
		loading.Go(func() {
			if l.Closed != nil {
				r.closed(l)
			} else {
				r.open(l, i)
			}
		})
	}
	loading.Wait()
	if now := int64(r.clock.Now()); r.allThrough() && now < r.end.Load() {
		r.ended = true
		r.end.Store(now)
	}
	r.metronome.end()
	beating.Wait()
}

// Config is what the recorders of a run are given. It sizes the histograms: an answer can take the timeout, and behind
// a queue as much longer as the plan is long, up to an hour.
func (e *Engine) Config() measure.Config { return e.config(e.Plan.Steps) }

func (e *Engine) config(steps []Step) measure.Config {
	c := measure.Config{
		Limits:  e.Limits,
		Highest: e.Plan.Timeout + min(e.Plan.Length()+e.Plan.Grace, time.Hour),
		Charge:  e.Plan.Timeout,
	}
	for _, s := range steps {
		c.Steps = append(c.Steps, s.Name)
	}
	c.Groups = e.Plan.Groups
	return c
}

// bound ends the run: at its planned end or when ctx ends, whichever comes first,
// nothing further comes due; a grace period later what is open is cut off. What is
// due and waits for a connection may still be sent in the grace period, but not
// after ctx ended: who stops a run wants it to stop.
func (r *run) bound(ctx context.Context, over <-chan struct{}) {
	timer := time.NewTimer(r.Plan.Length() - r.clock.Now())
	defer timer.Stop()
	select {
	case <-over:
		return
	case <-ctx.Done():
		r.early.Store(true)
		r.end.Store(min(int64(r.clock.Now()), r.end.Load()))
		close(r.giveUp)
	case <-timer.C:
	}
	close(r.stop)
	r.wakeAll()
	cutoff := r.clock.Now() + r.Plan.Grace
	r.cutoff.Store(int64(max(cutoff, 1)))
	timer.Reset(r.Plan.Grace)
	select {
	case <-over:
	case <-timer.C:
		if !r.isOver() {
			close(r.giveUp)
		}
		r.watch.interruptAll(over)
	}
}

func (r *run) result(length time.Duration, health *Health) *Result {
	end := time.Duration(r.end.Load())
	out := &Result{
		Summary:      r.sides[0],
		Started:      r.clock.Start(),
		Length:       length,
		Due:          end,
		Measured:     max(0, end-r.Plan.Ramp-r.Plan.WarmUp),
		Issued:       r.issued.Load(),
		Departures:   r.departed(),
		Health:       health,
		StoppedEarly: r.early.Load(),
		Through:      r.ended,
		Known:        r.first,
		Timer:        timerName(r.GoTimers),
	}
	if err := r.trouble.Load(); err != nil {
		out.Trouble = *err
	}
	if len(r.sides) > 1 {
		out.Against = r.sides[1]
	}
	return out
}

// fail ends the run where it cannot go on. What is open is waited for.
func (r *run) fail(err error) {
	if err == nil {
		return
	}
	r.trouble.CompareAndSwap(nil, &err)
	r.early.Store(true)
	r.end.Store(min(int64(r.clock.Now()), r.end.Load()))
}

// due tells whether a request due at t is still wanted.
func (r *run) due(t time.Duration) bool { return int64(t) < r.end.Load() }

// stopped tells whether no further request may start.
func (r *run) stopped() bool {
	select {
	case <-r.stop:
		return true
	default:
		return false
	}
}

// isOver tells whether what is due and not yet sent is given up.
func (r *run) isOver() bool {
	select {
	case <-r.giveUp:
		return true
	default:
		return false
	}
}
