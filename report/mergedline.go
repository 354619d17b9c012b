package report

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"gonogo/measure"
)

// lines merges Timelines: counts exactly, response times as they keep them, to 1.6 %.
type lines struct {
	unit    time.Duration
	moments map[place]*moment
	steps   []string // that all of them have
}

// mostRows is how many a Timeline has at most, all phases together.
const mostRows = 3000

// A place is a stretch of a phase.
type place struct {
	unit  int64
	phase measure.Phase
}

// A moment is the sum of Moments of one place.
type moment struct {
	rows       int
	only       Moment // where there is one
	start, end time.Duration
	counts     measure.Counts
	response   measure.Histogram
	longest    *float64

	users, arrivals  wanted
	lag, clientDelay *float64
	steps            map[string]*courseSum
}

// A wanted is what the plan wanted, by the time for which it did.
type wanted struct{ sum, seconds float64 }

// A courseSum is a step in a place.
type courseSum struct {
	planned, ok int64
	rows        int      // with requests
	p95         *float64 // where there is one
}

var errLine = errors.New("it is not that of its requests: damaged, or changed by hand")

// add adds the Timeline of a report, which has to be of all its requests.
func (l *lines) add(r *Report, of *measure.Summary) error {
	t := r.Timeline
	unit := time.Duration(0)
	if t.Unit <= float64(math.MaxInt64/int64(time.Second)) {
		unit = time.Duration(math.Round(t.Unit * float64(time.Second)))
	}
	first := l.moments == nil
	if first {
		l.unit, l.moments = unit, map[place]*moment{}
	}
	common := measure.CommonUnit(l.unit, unit)
	if common == 0 {
		return fmt.Errorf("it is in stretches of %g s, which none is cut into", t.Unit)
	}
	l.widen(common)
	l.keepSteps(t.Steps, first)
	var sums [measure.Phases]measure.Counts
	for i := range t.Rows {
		m, phase, err := t.momentOf(i, l.steps)
		if err != nil {
			return err
		}
		sums[phase].Add(&m.counts)
		l.put(m, phase)
	}
	for p, sum := range sums {
		if sum.Class != of.Phase(measure.Phase(p)).Class {
			return errLine
		}
	}
	if len(l.moments) > mostRows {
		return fmt.Errorf("with those before it has more than %d stretches", mostRows)
	}
	return nil
}

// keepSteps keeps those that all Timelines have.
func (l *lines) keepSteps(of []Course, first bool) {
	var names []string
	for _, c := range of {
		names = append(names, c.Step)
	}
	if first {
		l.steps = names
	}
	l.steps = slices.DeleteFunc(l.steps, func(name string) bool { return !slices.Contains(names, name) })
}

// widen moves all to stretches of another length.
func (l *lines) widen(unit time.Duration) {
	if unit == l.unit {
		return
	}
	was := l.moments
	l.unit, l.moments = unit, map[place]*moment{}
	for at, m := range was {
		l.put(m, at.phase)
	}
}

func (l *lines) put(m *moment, phase measure.Phase) {
	at := place{int64(m.start / l.unit), phase}
	if known := l.moments[at]; known != nil {
		known.merge(m)
	} else {
		l.moments[at] = m
	}
}

// momentOf is a row as a sum, and its phase.
func (t *Timeline) momentOf(i int, steps []string) (*moment, measure.Phase, error) {
	row := &t.Rows[i]
	response, err := row.Histogram()
	if err != nil {
		return nil, 0, err
	}
	phase, known := phaseOf(row.Phase)
	m := &moment{
		rows: 1, only: *row, start: inTime(row.T), response: *response, longest: row.Max,
		lag: row.Lag, clientDelay: row.ClientDelay, steps: map[string]*courseSum{},
	}
	m.end = m.start + inTime(row.Length)
	m.users.add(row.Users, row.Length)
	m.arrivals.add(row.Arrivals, row.Length)
	m.counts.Class[measure.OK] = row.OK
	named := row.OK
	for class := measure.OK + 1; class < measure.Classes; class++ {
		n := row.Bad[class.String()]
		m.counts.Class[class], named = n, plus(named, n)
	}
	if !known || named != row.Planned || response.Count() != named || named == 0 {
		return nil, 0, errLine
	}
	for _, c := range t.Steps {
		if !slices.Contains(steps, c.Step) {
			continue
		}
		if c.OK[i] > c.Planned[i] || c.Planned[i] > row.Planned {
			return nil, 0, errLine
		}
		sum := &courseSum{planned: c.Planned[i], ok: c.OK[i]}
		if sum.planned > 0 {
			sum.rows, sum.p95 = 1, c.P95[i]
		}
		m.steps[c.Step] = sum
	}
	return m, phase, nil
}

func (w *wanted) add(v *float64, seconds float64) {
	if v != nil && seconds > 0 {
		w.sum, w.seconds = w.sum+*v*seconds, w.seconds+seconds
	}
}

// of is what so many parts wanted together, each of them the same.
func (w *wanted) of(parts int) *float64 {
	if w.seconds == 0 {
		return nil
	}
	return number(rounded(float64(parts) * w.sum / w.seconds))
}

func (m *moment) merge(o *moment) {
	m.rows += o.rows
	m.start, m.end = min(m.start, o.start), max(m.end, o.end)
	m.counts.Add(&o.counts)
	m.response.Merge(&o.response)
	m.longest, m.lag, m.clientDelay = higher(m.longest, o.longest), higher(m.lag, o.lag), higher(m.clientDelay, o.clientDelay)
	for _, w := range [][2]*wanted{{&m.users, &o.users}, {&m.arrivals, &o.arrivals}} {
		w[0].sum, w[0].seconds = w[0].sum+w[1].sum, w[0].seconds+w[1].seconds
	}
	for name, c := range o.steps {
		sum := m.steps[name]
		if sum == nil {
			m.steps[name] = c
			continue
		}
		if sum.rows == 0 {
			sum.p95 = c.p95
		}
		sum.planned, sum.ok, sum.rows = sum.planned+c.planned, sum.ok+c.ok, sum.rows+c.rows
	}
}

// row is the sum as a row of the merged Timeline. Of one row there is nothing to merge;
// of several the percentiles come of their response times, and those of other times are
// not known, but that the worst generator is the worst.
func (m *moment) row(phase measure.Phase, parts int) (Moment, error) {
	row := m.only
	if m.rows > 1 {
		response, err := m.response.MarshalBinary()
		if err != nil {
			return row, err
		}
		row = Moment{
			T: m.start.Seconds(), Length: (m.end - m.start).Seconds(), Phase: phase.String(),
			Planned: m.counts.Planned(), OK: m.counts.OK(), Max: m.longest, Lag: m.lag, ClientDelay: m.clientDelay, Response: response,
		}
		for to, q := range map[**float64]float64{&row.P50: 0.5, &row.P95: 0.95, &row.P99: 0.99} {
			*to = lower(quantile(&m.response, q), m.longest)
		}
		row.Bad = badOf(&m.counts)
	}
	row.Users, row.Arrivals = m.users.of(parts), m.arrivals.of(parts)
	return row, nil
}

// timeline is the merged one, of so many parts of a plan with these steps.
func (l *lines) timeline(parts int, steps []string) (*Timeline, error) {
	t := &Timeline{Unit: l.unit.Seconds(), Rows: make([]Moment, 0, len(l.moments)), Steps: []Course{}}
	for _, name := range l.steps {
		t.Steps = append(t.Steps, Course{Step: name, Planned: []int64{}, OK: []int64{}, P95: []*float64{}})
	}
	t.Other = len(steps) - len(t.Steps)
	for _, at := range slices.SortedFunc(maps.Keys(l.moments), l.inTime) {
		m := l.moments[at]
		row, err := m.row(at.phase, parts)
		if err != nil {
			return nil, err
		}
		t.Rows = append(t.Rows, row)
		for i := range t.Steps {
			t.Steps[i].add(m.steps[t.Steps[i].Step])
		}
	}
	return t, nil
}

// inTime orders places as the rows of a run are.
func (l *lines) inTime(a, b place) int {
	return cmp.Or(cmp.Compare(l.moments[a].start, l.moments[b].start), cmp.Compare(a.phase, b.phase))
}

// add adds what became of the step in the next row; nil: it was in none.
func (c *Course) add(s *courseSum) {
	if s == nil {
		s = new(courseSum)
	}
	if s.rows != 1 {
		s.p95 = nil
	}
	c.Planned, c.OK, c.P95 = append(c.Planned, s.planned), append(c.OK, s.ok), append(c.P95, s.p95)
}

// intervals are the rows as Intervals, with what was beyond the limits as far as that
// is counted in seconds that fit into them.
func (t *Timeline) intervals(cells *measure.Cells) []Interval {
	all := make([]Interval, len(t.Rows))
	at := map[place]int{}
	for i := range t.Rows {
		row := &t.Rows[i]
		all[i] = row.interval()
		phase, _ := phaseOf(row.Phase)
		at[place{int64(row.T / t.Unit), phase}] = i
	}
	if math.Mod(t.Unit, float64(cells.Unit())) != 0 {
		return all
	}
	for i := range all {
		all[i].Over = make([]int64, len(cells.Limits()))
	}
	for p := range measure.Phases {
		for row := range cells.Rows(p, measure.AllSteps) {
			i, known := at[place{int64(float64(row.Second) / t.Unit), p}]
			for k, n := range row.Over {
				if known {
					all[i].Over[k] += n
				}
			}
		}
	}
	return all
}

// counted are the requests of the row by class.
func (m *Moment) counted() (c measure.Counts) {
	c.Class[measure.OK] = m.OK
	for class := measure.OK + 1; class < measure.Classes; class++ {
		c.Class[class] = m.Bad[class.String()]
	}
	return c
}

func (m *Moment) interval() Interval {
	c := m.counted()
	return Interval{
		T: m.T, Length: m.Length, Phase: m.Phase,
		Planned: c.Planned(), Started: c.Started(), Dropped: c.Dropped(), OK: c.OK(), Failed: c.Failed(), Censored: c.Censored(),
		Rate: perSecond(c.OK(), inTime(m.Length)), P50: m.P50, P95: m.P95, P99: m.P99, Max: m.Max, Over: []int64{},
	}
}

// buckets are the rows as far as finding the worst window takes.
func (t *Timeline) buckets() []measure.Bucket {
	all := make([]measure.Bucket, len(t.Rows))
	for i := range t.Rows {
		row := &t.Rows[i]
		phase, _ := phaseOf(row.Phase)
		all[i] = measure.Bucket{Start: inTime(row.T), Length: inTime(row.Length), Phase: phase, Counts: row.counted()}
		if h, err := row.Histogram(); err == nil { // it was read before
			all[i].Response = *h
		}
	}
	return all
}
