// Package trigger holds the rules that fire while a run goes on, such as
// "error_rate > 5% for 5m": to abort a load, to roll a release back. It hears
// neither of clocks nor of where its numbers come from: it is given Cells, second
// by second, and told up to which instant they are decided.
//
// A Rule is read from text (parse.go, parts.go) and resolved to what
// has to be counted and how large its share may be (rule.go, share.go). A Trigger
// evaluates it, by the windows of a ledger (cell.go, sight.go): its states and
// what moves it between them are here, what "for" means in pending.go, its words
// in words.go, its settings in options.go. A Stopper (stop.go) ends a run as soon as one of its
// objectives is sure to have failed (claim.go).
package trigger

import (
	"fmt"
	"time"
)

// A State is where a Trigger stands.
type State string

// The states. From OK to Fired leads only Pending, from Fired to OK only Clearing.
const (
	OK       State = "OK"
	Pending  State = "PENDING"  // the condition holds, but not for the hold yet
	Fired    State = "FIRED"    // it held
	Clearing State = "CLEARING" // it fired and is well below the limit, but not for long enough yet
)

// A Status is a State, and whether it could still be told.
type Status struct {
	State   State
	Unknown bool // too little was seen of late: State is what it was before
}

// String returns "PENDING", or "UNKNOWN (PENDING before)".
func (s Status) String() string {
	if s.Unknown {
		return fmt.Sprintf("UNKNOWN (%s before)", s.State)
	}
	return string(s.State)
}

// An Act is what the caller is asked to do.
type Act string

// The acts. Fire is asked for once an episode, Pause or NoGo once a time of
// knowing nothing.
const (
	Nothing Act = ""
	Fire    Act = "fire"  // abort, roll back
	Pause   Act = "pause" // on_no_data: wait where it is
	NoGo    Act = "no-go" // on_no_data: what could not be seen is no go
	Summon  Act = "human" // it came back too often: it stays FIRED until Release
)

// A Transition is a change of status, an act that is due, or both.
type Transition struct {
	At       time.Duration // the instant up to which cells were decided, since the start of the run
	Rule     string
	From, To Status
	Act      Act
	Why      string
}

// String returns the line for a log.
func (t Transition) String() string {
	act := ""
	if t.Act != Nothing {
		act = " [" + string(t.Act) + "]"
	}
	return fmt.Sprintf("%s %s -> %s%s: %s: %s", short(t.At), t.From, t.To, act, t.Rule, t.Why)
}

// A Trigger evaluates one Rule. It has one user at a time.
type Trigger struct {
	rule       Rule
	condition  condition
	options    Options
	clearBelow share
	ledger     *ledger

	status  Status
	since   time.Duration // when its state began
	lasted  int           // in Pending and Clearing: evaluations since then that could tell
	held    []bool        // in Pending: whether the condition held, window by window
	blind   int           // evaluations in a row that could not
	unknown int           // of those, since the status is unknown
	fired   int           // how often, since the last Release
	rests   time.Duration // the end of the cooldown
	heldUp  bool          // it would have fired but for that
	out     []Transition
}

// New returns a Trigger in state OK. It refuses a rule whose baseline is missing.
func New(r Rule, o Options) (*Trigger, error) {
	c, err := r.condition()
	if err != nil {
		return nil, err
	}
	if err := o.Check(); err != nil {
		return nil, err
	}
	o.Window = min(o.Window, r.For)
	longest := ticks(r.For, o.Every)
	return &Trigger{
		rule: r, condition: c, options: o, clearBelow: c.allowed.part(o.Hysteresis),
		ledger: newLedger(o.Every, o.Start, longest), status: Status{State: OK}, since: o.Start,
	}, nil
}

// Counter returns what the cells have to count.
func (t *Trigger) Counter() Counter { return t.condition.counter }

// Status returns where the trigger stands.
func (t *Trigger) Status() Status { return t.status }

// Since returns from when on it has been in its state.
func (t *Trigger) Since() time.Duration { return t.since }

// Add takes cells, in any order. It returns an error, and leaves out the rest, at
// one that cannot be, or that is of a second which is decided.
func (t *Trigger) Add(cells ...Cell) error {
	for _, c := range cells {
		if err := t.ledger.add(c); err != nil {
			return fmt.Errorf("trigger %q: %w", t.rule, err)
		}
	}
	return nil
}

// Decide evaluates the seconds before until: their cells were all added, and
// those that have none never will have one. It returns what came of it.
func (t *Trigger) Decide(until time.Duration) []Transition {
	t.out = nil
	for t.ledger.now()+t.options.Every <= until {
		t.evaluate(t.look(t.ledger.decide()))
	}
	return t.out
}

// Release lets a person end an episode, also one that stays FIRED because it came
// back too often. The trigger starts anew after its cooldown.
func (t *Trigger) Release(by string) []Transition {
	t.out = nil
	if t.status.State == Fired || t.status.State == Clearing {
		t.fired = 0
		t.rests = t.ledger.now() + t.options.Cooldown
		t.move(OK, Nothing, "released by "+by)
	}
	return t.out
}

func (t *Trigger) evaluate(s sight) {
	if !s.tells {
		t.pass(s)
		return
	}
	t.blind, t.unknown = 0, 0
	if t.status.Unknown {
		t.change(Status{State: t.status.State}, Nothing, "it can be told again: "+t.seen(s.near))
	}
	switch t.status.State {
	case OK:
		if s.above {
			t.move(Pending, Nothing, t.whyAbove(s))
		}
	case Pending:
		t.pend(s)
	case Fired:
		if s.clear && !t.latched() {
			t.move(Clearing, Nothing, t.whyClear(s))
		}
	case Clearing:
		t.clear(s)
	}
}

// pass is an evaluation that could not tell. It moves nothing; too many in a row
// make the status unknown, and too long so asks for an act.
func (t *Trigger) pass(s sight) {
	if s.early {
		t.blind = 0
		return
	}
	t.blind++
	switch {
	case t.status.Unknown:
		t.unknown++
	case t.blind <= t.options.Patience:
		return
	default:
		t.change(Status{t.status.State, true}, Nothing, t.whyUnknown(s))
	}
	if t.unknown == ticks(t.options.NoDataAfter, t.options.Every) && t.options.OnNoData != OnNoDataIgnore {
		t.change(t.status, Act(t.options.OnNoData), fmt.Sprintf("unknown for %s: %s", short(t.options.NoDataAfter), t.whyUnknown(s)))
	}
}

// clear ends the episode when it was clear for long enough. What is neither clear
// nor above the limit begins that time anew: else a share that lies on the border
// would move to Fired and back all the time.
func (t *Trigger) clear(s sight) {
	t.lasted++
	switch {
	case s.above:
		t.fire(Nothing, t.whyAbove(s)+", again")
	case !s.clear:
		t.lasted = -1
	case t.lasted >= ticks(t.options.ClearFor, t.options.Every):
		t.rests = t.ledger.now() + t.options.Cooldown
		t.move(OK, Nothing, t.whyCleared(s))
	}
}

// fire moves to Fired, and counts how often that happened.
func (t *Trigger) fire(act Act, why string) {
	t.fired++
	if t.latched() {
		why += fmt.Sprintf("; it fired %s, so it stays until a person releases it", plural(t.fired, "time"))
		if act == Nothing {
			act = Summon
		}
	}
	t.move(Fired, act, why)
}

// latched tells whether only a person can end the episode.
func (t *Trigger) latched() bool { return t.fired > t.options.MaxReturns }

func (t *Trigger) move(to State, act Act, why string) {
	t.change(Status{to, t.status.Unknown}, act, why)
	t.since, t.lasted, t.held, t.heldUp = t.ledger.now(), 0, nil, false
}

func (t *Trigger) change(to Status, act Act, why string) {
	t.out = append(t.out, Transition{At: t.ledger.now(), Rule: t.rule.String(), From: t.status, To: to, Act: act, Why: why})
	t.status = to
}
