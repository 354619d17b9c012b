package metrics

import (
	"slices"
	"sync"
	"time"

	"gonogo/measure"
)

// A Run is what is known about a run before it begins.
type Run struct {
	Scenario string
	Kind     string // load, soak
	Version  string // of gonogo
	Steps    []Step // of the target; those of another one that it is compared with come behind
	Own      int    // how many of them are the target's
	Closed   bool   // the model: there are users; else workers

	Statuses []string // the verdicts that an objective can have
	Verdicts []string // those that the run can have
}

// A Step is one by its name, with the method and host of its requests.
type Step struct{ Name, Method, Host string }

// A Standing tells how the objectives of a run stand so far. It may take long, and is
// asked by one at a time.
type Standing interface{ Objectives() []Objective }

// An Objective is how one stands. Left is what is left of the bad requests that it
// allows, as a share of them; nil where it allows none such.
type Objective struct {
	Name   string
	Status string
	Left   *float64
}

// A Second is what one second of the run brought.
type Second struct {
	Run      string // which one
	Started  time.Time
	At       time.Time
	Users    int
	InFlight int
	CPU      float64 // share of the processors in use; below 0: not known
	RSS      int64   // bytes that are resident, likewise
	Own      []measure.Interval
	Against  []measure.Interval // of the other target
}

// A Collector adds up a run. Its memory is bounded by the number of steps that have
// series of their own.
type Collector struct {
	run      Run
	standing Standing
	begun    chan struct{} // closed by the first Observe

	mu      sync.Mutex // the run writes, whoever wants a Snapshot reads
	places  []int      // of each step in the tallies
	steps   []*tally
	lag     buckets
	last    Second
	at      time.Time // of the next Snapshot
	made    *Snapshot // of what there is; nil: there is more since
	verdict string

	taking   sync.Mutex // by one at a time: it may take long, and the run must not wait for it
	judged   []Objective
	judgedAt time.Time     // when that was done
	took     time.Duration // and how long it took
}

// A tally is what a step's series are made of.
type tally struct {
	labels   Step
	class    [measure.Classes]int64
	bytes    int64
	statuses []measure.StatusCount // in order of appearance; 0: all others
	answered buckets
	charged  buckets
}

// NewCollector returns one that has nothing to tell yet.
func NewCollector(run Run, standing Standing) *Collector {
	g := newGrid()
	c := &Collector{run: run, standing: standing, begun: make(chan struct{}), lag: buckets{grid: g}}
	c.run.Scenario = labelled(run.Scenario)
	names := naming{otherSteps: len(run.Steps) > mostSteps}
	for i, s := range run.Steps {
		if i >= mostSteps {
			s = Step{otherSteps, unnamed, ""}
		} else {
			s = Step{names.of(s.Name), labelled(s.Method), labelled(s.Host)}
		}
		if i <= mostSteps {
			c.steps = append(c.steps, &tally{labels: s, answered: buckets{grid: g}, charged: buckets{grid: g}})
		}
		c.places = append(c.places, min(i, mostSteps))
	}
	return c
}

// Observe adds a second.
func (c *Collector) Observe(s Second) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(s.Own, 0)
	c.add(s.Against, c.run.Own)
	if c.last.At.IsZero() {
		close(c.begun)
	}
	c.last = s
	c.last.Own, c.last.Against = nil, nil
	c.changed(s.At)
}

// changed makes place for a new Snapshot, which is later than those before: receivers
// take two values of one instant for a mistake.
func (c *Collector) changed(at time.Time) {
	if c.at = c.at.Add(time.Millisecond); at.After(c.at) {
		c.at = at
	}
	c.made = nil
}

// Decide tells the verdict of the run.
func (c *Collector) Decide(verdict string, at time.Time) {
	c.taking.Lock()
	defer c.taking.Unlock()
	c.judgedAt = time.Time{} // the last seconds count, too
	c.mu.Lock()
	defer c.mu.Unlock()
	c.verdict = verdict
	c.changed(at)
}

// add merges intervals whose steps are counted from the first one on.
func (c *Collector) add(intervals []measure.Interval, first int) {
	for _, i := range intervals {
		for n := range i.Steps {
			f := &i.Steps[n].Figures
			c.steps[c.places[first+i.Steps[n].Step]].add(f)
			c.lag.add(&f.Late)
		}
	}
}

func (t *tally) add(f *measure.Figures) {
	for class, n := range f.Class {
		t.class[class] += n
	}
	t.bytes += f.BytesIn
	for _, s := range f.Statuses {
		t.count(s)
	}
	t.answered.add(&f.Answered)
	t.charged.add(&f.Charged)
}

// count counts a status. The first ones to be seen are kept apart, for good: a count
// that moved to the others would shrink.
func (t *tally) count(s measure.StatusCount) {
	i := slices.IndexFunc(t.statuses, func(o measure.StatusCount) bool { return o.Status == s.Status })
	if i < 0 && len(t.statuses) >= mostStatuses {
		s.Status = 0
		i = slices.IndexFunc(t.statuses, func(o measure.StatusCount) bool { return o.Status == 0 })
	}
	if i < 0 {
		t.statuses = append(t.statuses, s)
		return
	}
	t.statuses[i].Count += s.Count
}

// Snapshot returns what there is to tell now; nil before the run has begun. While
// nothing has changed, it is the same.
func (c *Collector) Snapshot() *Snapshot {
	c.taking.Lock()
	defer c.taking.Unlock()
	if made, begun := c.ready(); made != nil || !begun {
		return made
	}
	objectives := c.objectives()
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &Snapshot{Started: c.last.Started, At: c.at, Run: c.last.Run, Version: c.run.Version}
	for _, f := range c.families(objectives) {
		if len(f.Series) > 0 {
			s.Families = append(s.Families, f.of(c.run.Scenario))
		}
	}
	c.made = s
	return s
}

func (c *Collector) ready() (made *Snapshot, begun bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.made, !c.last.At.IsZero()
}

// idle is how many times as long as judging took it is not done again: windows over a
// day take a tenth of a second, and others wait for the same lock.
const idle = 50

// objectives returns how they stand, or stood a moment ago.
func (c *Collector) objectives() []Objective {
	now := time.Now()
	if !c.judgedAt.IsZero() && now.Sub(c.judgedAt) < idle*c.took {
		return c.judged
	}
	all := c.standing.Objectives()
	names := naming{}
	c.judged = nil
	for _, o := range all[:min(len(all), mostSteps)] {
		o.Name = names.of(o.Name)
		c.judged = append(c.judged, o)
	}
	c.judgedAt, c.took = now, time.Since(now)
	return c.judged
}
