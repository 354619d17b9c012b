package report

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"time"

	"gonogo/measure"
	"gonogo/slo"
	"gonogo/slo/validity"
)

// plus adds numbers that are not negative; what is too much is as much as there can be.
func plus[N int | int64](a, b N) N {
	if sum := a + b; sum >= a {
		return sum
	}
	return N(math.MaxInt)
}

// bothFacts are the facts of two runs as one: sums of what was planned and counted, and
// of what cannot be added the worse of the two. So a limit that the worst generator keeps
// all of them keep, whatever the objectives are.
func bothFacts(a, b validity.Facts) validity.Facts {
	all := validity.Facts{
		Planned: a.Planned + b.Planned, Measure: max(a.Measure, b.Measure), Measured: max(a.Measured, b.Measured),
		StoppedEarly: a.StoppedEarly || b.StoppedEarly, Poisson: a.Poisson || b.Poisson,
		Issued: plus(a.Issued, b.Issued), MayRest: a.MayRest,
		Departures: bothDepartures(a.Departures, b.Departures), Health: bothHealth(a.Health, b.Health),
	}
	if a.Issued == 0 || b.Issued == 0 { // one engine did not count
		all.Issued = 0
	}
	for p := range measure.Phases {
		n := arrivalsIn(a.Phases, p) + arrivalsIn(b.Phases, p)
		if n > 0 {
			all.Phases = append(all.Phases, validity.PhasePlan{Phase: p, Arrivals: n})
		}
	}
	return all
}

func arrivalsIn(phases []validity.PhasePlan, p measure.Phase) (n float64) {
	for _, of := range phases {
		if of.Phase == p {
			n += of.Arrivals
		}
	}
	return n
}

func bothDepartures(a, b *validity.Departures) *validity.Departures {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	all := *a
	all.Arrivals, all.Late, all.Cells = plus(a.Arrivals, b.Arrivals), max(a.Late, b.Late), max(a.Cells, b.Cells)
	if worse(b, a) {
		all.Gaps, all.Left, all.Drawn, all.Scale = b.Gaps, b.Left, b.Drawn, b.Scale
	}
	if a.Cells == 0 || b.Cells > 0 && cmp.Or(cmp.Compare(amiss(b.Worst), amiss(a.Worst)), cmp.Compare(a.Worst.Start, b.Worst.Start), cmp.Compare(b.Worst.Due, a.Worst.Due)) > 0 {
		all.Worst = b.Worst
	}
	return &all
}

// worse tells whether the law of a's arrivals is further from what was drawn than b's,
// where there are enough gaps of both.
func worse(a, b *validity.Departures) bool {
	const enough = 100 // as for judging one
	if (a.Gaps >= enough) != (b.Gaps >= enough) {
		return a.Gaps >= enough
	}
	return cmp.Or(cmp.Compare(a.Left-a.Drawn, b.Left-b.Drawn), cmp.Compare(a.Gaps, b.Gaps), cmp.Compare(a.Left, b.Left)) > 0
}

// amiss is the share of what was due that did not leave then, or did besides.
func amiss(c validity.Cell) float64 {
	return math.Abs(float64(c.Left)-float64(c.Due)) / max(1, float64(c.Due))
}

func bothHealth(a, b *validity.Health) *validity.Health {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	all := &validity.Health{
		CPU: a.CPU, CPUs: a.CPUs, Scheduling: max(a.Scheduling, b.Scheduling), GC: max(a.GC, b.GC),
		Stalls: jolted(a.Stalls, b.Stalls), Sleeps: jolted(a.Sleeps, b.Sleeps), Steps: jolted(a.Steps, b.Steps),
	}
	if cmp.Or(cmp.Compare(busy(b), busy(a)), cmp.Compare(a.CPUs, b.CPUs)) > 0 {
		all.CPU, all.CPUs = b.CPU, b.CPUs
	}
	return all
}

// busy is the share of the processors that are in use, below 0 where that is not known.
func busy(h *validity.Health) float64 {
	if h.CPU < 0 || h.CPUs <= 0 {
		return -1
	}
	return h.CPU / h.CPUs
}

// jolted are the first of both, in order of time: of many no more is said than of few.
func jolted(a, b []validity.Jolt) []validity.Jolt {
	const most = 100
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(x, y validity.Jolt) int {
		return cmp.Or(cmp.Compare(x.At, y.At), cmp.Compare(x.Length, y.Length))
	})
	return all[:min(most, len(all))]
}

// worseGenerator is the worse of two in each figure; nil is not observed.
func worseGenerator(a, b *Generator) *Generator {
	const most = 100 // jolts
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	g := &Generator{
		CPU: higher(a.CPU, b.CPU), PeakCPU: higher(a.PeakCPU, b.PeakCPU), CPUs: a.CPUs + b.CPUs,
		SchedP99: higher(a.SchedP99, b.SchedP99), GCP99: higher(a.GCP99, b.GCP99), RSSMax: higher(a.RSSMax, b.RSSMax),
		PortsFree: lower(a.PortsFree, b.PortsFree),
		Stalls:    plus(a.Stalls, b.Stalls), Sleeps: plus(a.Sleeps, b.Sleeps), ClockSteps: plus(a.ClockSteps, b.ClockSteps),
		Jolts: slices.Concat(a.Jolts, b.Jolts), Timer: min(a.Timer, b.Timer),
	}
	slices.SortFunc(g.Jolts, func(x, y Jolt) int {
		return cmp.Or(cmp.Compare(x.T, y.T), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Length, y.Length))
	})
	g.Jolts = g.Jolts[:min(most, len(g.Jolts))]
	if a.Timer == plainTimer || b.Timer == plainTimer {
		g.Timer = plainTimer
	}
	return g
}

// higher is the higher of two figures that may be unknown.
func higher[N cmp.Ordered](a, b *N) *N {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

func lower[N cmp.Ordered](a, b *N) *N {
	if a == nil || b != nil && *b < *a {
		return b
	}
	return a
}

// A spreads is the sum of Spreads whose histograms are not there: of several, the
// percentiles are unknown.
type spreads struct {
	some int // of them have a count
	last Spread
	sum  big.Int // ns
	all  Spread
}

func (s *spreads) add(o Spread) {
	if o.Count == 0 {
		return
	}
	s.some++
	s.last = o
	s.all.Count = plus(s.all.Count, o.Count)
	s.all.Min, s.all.Max = lower(s.all.Min, o.Min), higher(s.all.Max, o.Max)
	if o.Mean != nil {
		mean := big.NewInt(int64(inTime(*o.Mean / 1000)))
		s.sum.Add(&s.sum, mean.Mul(mean, big.NewInt(o.Count)))
	}
}

func (s *spreads) spread() Spread {
	if s.some < 2 {
		return s.last
	}
	all := s.all
	mean, _ := new(big.Rat).SetFrac(&s.sum, big.NewInt(all.Count)).Float64()
	all.Mean = inMilliseconds(time.Duration(math.Round(mean)))
	return all
}

// A stepTimes are the times of a step that only its report keeps.
type stepTimes [7]spreads

// timesOf are those of one report.
func timesOf(t *Totals) [7]*Spread {
	return [...]*Spread{&t.Service, &t.Lag, &t.Late, &t.Connect, &t.TLS, &t.FirstByte, &t.ClientDelay}
}

func (s *stepTimes) into(t *Totals) {
	for i, to := range timesOf(t) {
		*to = s[i].spread()
	}
}

// addSteps adds those of each step.
func (m *Merge) addSteps(steps []Step) error {
	if m.steps == nil {
		m.steps = make([]stepTimes, len(steps))
	}
	for i := range steps {
		for j, s := range timesOf(&steps[i].Totals) {
			if s.Count > steps[i].Accounting.Planned {
				return fmt.Errorf("the times of step %q are of more requests than it had: damaged, or changed by hand", steps[i].Name)
			}
			m.steps[i][j].add(*s)
		}
	}
	return nil
}

// A connected is the sum of Connections.
type connected struct {
	uncounted bool // of some
	sum       *Connections
	service   map[string]*spreads // by address
}

// add adds those of a report; nil were not counted.
func (c *connected) add(o *Connections) error {
	const most = 1000 // addresses: a run has at most a few hundred
	if c.uncounted = c.uncounted || o == nil; c.uncounted {
		return nil
	}
	if c.sum == nil {
		c.sum, c.service = &Connections{Versions: map[string]int64{}, Ciphers: map[string]int64{}, Addresses: []Address{}}, map[string]*spreads{}
	}
	s := c.sum
	for to, n := range map[*int64]int64{
		&s.Opened: o.Opened, &s.Failed: o.Failed, &s.Handshakes: o.Handshakes, &s.HandshakesFailed: o.HandshakesFailed,
		&s.Resumed: o.Resumed, &s.Lookups: o.Lookups, &s.LookupsFailed: o.LookupsFailed, &s.Changes: o.Changes,
	} {
		*to = plus(*to, n)
	}
	for _, by := range [][2]map[string]int64{{s.Versions, o.Versions}, {s.Ciphers, o.Ciphers}} {
		for name, n := range by[1] {
			by[0][name] = plus(by[0][name], n)
		}
	}
	for _, a := range o.Addresses {
		c.address(a)
	}
	if len(s.Addresses) > most || len(s.Versions)+len(s.Ciphers) > most {
		return errors.New("its connections went to more addresses than are kept: changed by hand, or not made by gonogo")
	}
	return nil
}

func (c *connected) address(a Address) {
	i := slices.IndexFunc(c.sum.Addresses, func(known Address) bool { return known.Address == a.Address })
	if i < 0 {
		c.sum.Addresses = append(c.sum.Addresses, a)
		c.service[a.Address] = new(spreads)
	} else {
		to := &c.sum.Addresses[i]
		to.Opened, to.Failed = plus(to.Opened, a.Opened), plus(to.Failed, a.Failed)
		to.Requests, to.Errors = plus(to.Requests, a.Requests), plus(to.Errors, a.Errors)
		if a.LeftOut == "" || to.LeftOut != "" && a.LeftOut < to.LeftOut { // somebody went there
			to.LeftOut = a.LeftOut
		}
	}
	c.service[a.Address].add(a.Service)
}

// all are the sums, by address; nil where some were not counted.
func (c *connected) all() *Connections {
	if c.uncounted || c.sum == nil {
		return nil
	}
	for i := range c.sum.Addresses {
		a := &c.sum.Addresses[i]
		a.Service = c.service[a.Address].spread()
	}
	slices.SortFunc(c.sum.Addresses, func(a, b Address) int { return cmp.Compare(a.Address, b.Address) })
	return c.sum
}

// blockSums are those of the measure phase, by when they begin.
type blockSums map[time.Duration]*blockSum

type blockSum struct {
	end      time.Duration
	due, ok  int64
	response measure.Histogram
}

func (b *blockSum) add(o *blockSum) {
	b.end, b.due, b.ok = max(b.end, o.end), b.due+o.due, b.ok+o.ok
	b.response.Merge(&o.response)
}

// add adds those of a report, which have to be all that it measured.
func (b *blockSums) add(of []Block, all *measure.Figures) error {
	const most = 1000 // a report has forty
	parts, err := stretches(of)
	if err != nil {
		return err
	}
	if *b == nil {
		*b = blockSums{}
	}
	due, ok := all.Planned(), all.OK()
	for i := range parts {
		p := &parts[i]
		if p.OK > p.Due || p.Due > due || p.Response.Count() != p.Due || len(parts) > most {
			due = -1
			break
		}
		due, ok = due-p.Due, ok-p.OK
		if (*b)[p.Start] == nil {
			(*b)[p.Start] = new(blockSum)
		}
		(*b)[p.Start].add(&blockSum{p.Start + p.Length, p.Due, p.OK, p.Response})
	}
	if due != 0 || ok != 0 {
		return errors.New("its response times by block are not those of all its requests: damaged, or changed by hand")
	}
	return nil
}

// within cuts the measure phase into as many as a run has, each of what begins in it.
func (b blockSums) within(at slo.Span) ([]Block, error) {
	const most = 40 // as in package compare
	n := max(1, min(most, int(at.Length/time.Second)))
	var all []Block
	var sum *blockSum
	last := -1
	flush := func() error {
		if sum == nil {
			return nil
		}
		latency, err := sum.response.MarshalBinary()
		to := &all[len(all)-1]
		to.Length, to.Planned, to.OK, to.Latency = sum.end.Seconds()-to.T, sum.due, sum.ok, latency
		return err
	}
	for _, start := range slices.Sorted(maps.Keys(b)) {
		unit := min(max(int(float64(n)*float64(start-at.Start)/float64(at.Length)), 0), n-1)
		if unit != last {
			if err := flush(); err != nil {
				return nil, err
			}
			last, sum = unit, new(blockSum)
			all = append(all, Block{T: start.Seconds()})
		}
		sum.add(b[start])
	}
	return all, flush()
}
