package loadgen

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"gonogo/loadgen/session"
	"gonogo/measure"
)

// A walk is a user's way through its flows. One goroutine at a time has it.
type walk struct {
	*slot
	run     *run
	nap     *nap
	random  *rand.Rand // of pauses and picks
	session *session.Session
	settled []bool // by flow: its setup is done
	ran     []bool // by flow: an iteration of it was begun
	over    bool   // it is tearing down
	ended   bool   // there is no more data for it
	told    []byte // what the arrival of a trace asks for
	hears   bool   // it does
	hearing session.Var

	program *program
	at      int
	other   int // how many steps further those of the target are that the iteration goes to
	due     time.Duration
	ready   time.Duration // see measure.Outcome
	counts  []int         // of loops
	groups  []openGroup
	open    int // how many groups are
}

// An openGroup is what is known of a group that is open.
type openGroup struct {
	group      int
	due, ready time.Duration // of its first step
	sent       time.Duration // likewise
	response   time.Duration // of all its steps so far
	phase      measure.Phase // likewise
	any        bool
}

// compiled is a Flow with its programs.
type compiled struct{ setup, actions, teardown *program }

// mustCompile compiles the plan's flows, which Check has found to be good.
func (p *Plan) mustCompile() []*compiled {
	all, err := p.compile()
	if err != nil {
		panic(err)
	}
	return all
}

// Check returns what is wrong with the plan's flows: a Goto without its Mark, say.
func (p *Plan) Check() error {
	_, err := p.compile()
	return err
}

func (p *Plan) compile() ([]*compiled, error) {
	var all []*compiled
	for i := range p.Flows {
		made, err := p.compileFlow(&p.Flows[i])
		if err != nil {
			return nil, fmt.Errorf("flow %q: %w", p.Flows[i].Name, err)
		}
		all = append(all, made)
	}
	return all, nil
}

func (p *Plan) compileFlow(f *Flow) (*compiled, error) {
	setup, errS := write(f.Setup, len(p.Steps))
	actions, errA := write(f.Actions, len(p.Steps))
	teardown, errT := write(f.Teardown, len(p.Steps))
	return &compiled{setup, actions, teardown}, errors.Join(errS, errA, errT)
}

func (r *run) newWalk(s *slot, u User) *walk {
	return &walk{
		slot: s, run: r, nap: newNap(), random: r.Plan.random(walkRow + u.Number), session: u.Session,
		settled: make([]bool, len(r.flows)), ran: make([]bool, len(r.flows)),
	}
}

// NewSession makes what a user knows at the start. The engine makes its own; this one is
// for those who perform steps themselves.
func (e *Engine) NewSession(user int) *session.Session {
	scope := e.Plan.Scope
	if scope == nil {
		scope = &session.Scope{}
	}
	s := session.New(scope, int64(user)+1, e.Plan.Seed)
	if e.Plan.Known != nil {
		s.Inherit(e.Plan.Known)
	}
	s.Mark()
	return s
}

// iterate performs an iteration and returns when its last answer was read.
func (w *walk) iterate(p pick, now, due, ready time.Duration) time.Duration {
	if !w.settle(p, now) {
		w.run.giveUpOn(p, due)
		return max(w.run.clock.Now(), now+restless)
	}
	if w.start(p, due, ready, true) {
		w.run.prepare(w.slot, w.call.Outcome.Step, now, w.due, w.ready)
		if seen := w.perform(); w.call.Outcome.Class != measure.Local {
			return seen
		}
	}
	return max(w.due, now+restless)
}

// restless is how long an iteration takes that does nothing, or that our own limits
// end: a user that comes back at once must not spin.
const restless = time.Millisecond

// start begins an iteration and goes to its first step, whose number it leaves in
// the call. It returns false where there is none, or none without waiting.
func (w *walk) start(p pick, due, ready time.Duration, mayWait bool) bool {
	w.session.Reset()
	if w.hears {
		w.session.Set(w.hearing, w.told)
	}
	w.session.Iteration++
	w.ran[p.n] = true
	w.enter(w.run.flows[p.n].actions, p.other, due, ready)
	return w.advance(mayWait)
}

// hear keeps what the arrival asks for that comes next; nil: nobody says it.
func (w *walk) hear(v session.Var, told []byte) {
	w.hearing, w.told, w.hears = v, append(w.told[:0], told...), told != nil
}

// enter puts the walk at the start of a program, whose first step is due then.
func (w *walk) enter(p *program, other int, due, ready time.Duration) {
	w.program, w.at, w.other, w.due, w.ready, w.open = p, 0, other, due, ready, 0
	w.since.Store(0)
	if len(w.counts) < p.loops {
		w.counts = make([]int, p.loops)
	}
	if len(w.groups) < p.groups {
		w.groups = make([]openGroup, p.groups)
	}
}

// lead prepares the first call of an iteration, if nothing before it has to wait.
// Otherwise nothing has happened.
func (w *walk) lead(p pick, now, due, ready time.Duration) bool {
	f := w.run.flows[p.n]
	if !w.isSettled(p) || !f.actions.leads() || !w.start(p, due, ready, false) {
		return false
	}
	w.run.prepare(w.slot, w.call.Outcome.Step, now, w.due, w.ready)
	return true
}

// perform goes on from a call that is prepared to the end of the program, the first
// step that fails or the end of the run. It returns when the last answer was read.
func (w *walk) perform() time.Duration {
	for {
		w.due = w.run.finish(w.slot)
		w.ready = w.due
		w.account()
		if w.call.Outcome.Class != measure.OK {
			w.leave(0, w.call.Outcome.Class)
			return w.due
		}
		if !w.advance(true) || w.run.stopped() {
			w.since.Store(0)
			return w.due
		}
		w.run.prepare(w.slot, w.call.Outcome.Step, w.run.clock.Now(), w.due, w.ready)
	}
}

// advance performs what lies before the next step, whose number it leaves in the
// call. It returns false at the end of the program and where the run stops; and
// before what waits, unless it may.
func (w *walk) advance(mayWait bool) bool {
	ops := w.program.ops
	for turns := 1; w.at < len(ops); turns++ {
		if turns%patience == 0 && w.isCalledBack() {
			return false
		}
		o := &ops[w.at]
		switch o.kind {
		case opDo:
			w.at++
			w.call.Outcome.Step = o.n + w.other
			if w.open > 0 && w.since.Load() == 0 {
				w.since.Store(int64(max(w.due, 1)))
			}
			return true
		case opPause, opRendezvous:
			if !mayWait || !w.wait(o) {
				return false
			}
		case opFeed:
			if !o.feeder.Feed(w.session) {
				w.ended = true // and not at the end: a setup that lacks its data is none
				return false
			}
		case opSet:
			if err := w.session.SetText(o.variable, o.text); err != nil {
				w.session.Clear(o.variable) // who reads it says so
			}
		case opCode:
			o.code(w.session)
		case opEnter:
			w.groups[o.depth] = openGroup{group: o.n}
			w.open = o.depth + 1
		case opLeave:
			w.leave(o.depth, measure.OK)
		default:
			w.at = w.decide(o)
			continue
		}
		w.at++
	}
	return false
}

// patience is how many ops a user performs before it looks whether the run stops: loops
// in each other that send nothing and wait for nothing may take longer than a life.
const patience = 1 << 10

// isCalledBack tells whether the run wants no more of the user: it stops, and where
// the user tears down, the time for that is over, too.
func (w *walk) isCalledBack() bool {
	if w.over {
		return w.call.cut(w.run.clock.Now())
	}
	return w.run.stopped()
}

// decide returns where an op leads that does nothing else.
func (w *walk) decide(o *op) int {
	switch o.kind {
	case opBegin:
		w.counts[o.n] = 0
	case opLoop:
		through := o.most > 0 && w.counts[o.n] >= o.most
		if through || o.condition != nil && !o.condition.Holds(w.session) {
			return o.to
		}
		w.counts[o.n]++
	case opUnless:
		if !o.condition.Holds(w.session) {
			return o.to
		}
	case opGoto:
		if w.open = min(w.open, o.depth); w.open == 0 {
			w.since.Store(0)
		}
		return o.to
	case opJump:
		return o.to
	case opPick:
		n := w.random.IntN(o.upTo[len(o.upTo)-1])
		for i, sum := range o.upTo {
			if n < sum {
				return o.targets[i]
			}
		}
	}
	return w.at + 1
}

// wait performs an op that waits: what comes next is due when that is over. It
// returns false when the run stops first.
func (w *walk) wait(o *op) bool {
	var goes bool
	if o.kind == opRendezvous {
		goes = o.rendezvous.await(w.run.stop)
		w.due = w.run.clock.Now()
		w.ready = w.due
		return goes
	}
	if w.over && w.run.stopped() {
		return w.rest(o.pause.draw(w.random))
	}
	w.ready = w.due + o.pause.draw(w.random)
	w.due, goes = w.run.metronome.until(w.nap, w.ready)
	return goes
}

// account adds the outcome to the groups that are open.
func (w *walk) account() {
	o := &w.call.Outcome
	for i := range w.groups[:w.open] {
		v := &w.groups[i]
		if !v.any {
			v.any, v.due, v.ready, v.sent, v.phase = true, o.Due, o.Ready, o.Sent, o.Phase
		}
		v.response += o.Response()
	}
}

// leave closes the groups from a depth on, which end like their last step.
func (w *walk) leave(depth int, class measure.Class) {
	for ; w.open > depth; w.open-- {
		v := &w.groups[w.open-1]
		if !v.any {
			continue
		}
		w.shard.recordGroup(v.group, w.other, &measure.Outcome{
			Phase: v.phase, Class: class,
			Due: v.due, Ready: v.ready, Sent: v.sent, Done: v.due + v.response,
		})
	}
	if depth == 0 {
		w.since.Store(0)
	}
}
