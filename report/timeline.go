package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"gonogo/measure"
)

// A Timeline is the whole run over time in stretches of one length, whatever
// Intervals are: what charts are drawn from.
// There are about 300 of them at most.
type Timeline struct {
	Unit  float64  `json:"unit_s"` // the length of a stretch; the first and the last of a phase may be shorter
	Rows  []Moment `json:"rows"`   // in order of time; where nothing was due there is none
	Steps []Course `json:"steps"`  // of Report.Steps, those with the most requests
	Other int      `json:"other"`  // how many steps are not in Steps
}

// mostMoments is the most rows that a phase has in a Timeline, and mostCourses the most steps.
const (
	mostMoments = 300
	mostCourses = 20
)

// A Moment is a stretch of the run, of one phase: the requests that were due in it.
type Moment struct {
	T        float64  `json:"t"` // its start, in seconds since the run's
	Length   float64  `json:"length_s"`
	Phase    string   `json:"phase"`
	Users    *float64 `json:"users"`    // of the closed model, that the plan wanted; null: it has none
	Arrivals *float64 `json:"arrivals"` // a second, of the open model, that the plan wanted; null: it has none

	Planned int64            `json:"planned"`
	OK      int64            `json:"ok"`
	Bad     map[string]int64 `json:"bad,omitempty"` // by class: planned = ok + all of them

	// Response times of all that was due, failures as charged; in milliseconds.
	P50 *float64 `json:"p50_ms"`
	P95 *float64 `json:"p95_ms"`
	P99 *float64 `json:"p99_ms"`
	Max *float64 `json:"max_ms"`

	Service     *float64 `json:"service_p95_ms"`
	Connect     *float64 `json:"connect_p95_ms"`
	TLS         *float64 `json:"tls_p95_ms"`
	FirstByte   *float64 `json:"first_byte_p95_ms"`
	Lag         *float64 `json:"lag_p99_ms"`
	ClientDelay *float64 `json:"client_delay_p99_ms"`

	Response []byte `json:"response"` // the histogram of the response times, to 1.6 %
}

// A Course is one step over time, row by row of the Timeline.
type Course struct {
	Step    string     `json:"step"`
	Planned []int64    `json:"planned"`
	OK      []int64    `json:"ok"`
	P95     []*float64 `json:"p95_ms"` // null where nothing was due, or it is not known by step
}

// Wanted is what the plan wants at an instant of the run: users of the closed model and
// arrivals a second of the open one; nil where it has none.
type Wanted func(at time.Duration) (users, arrivals *float64)

// timeline draws up the run over time.
func (b *builder) timeline() (*Timeline, error) {
	unit, series := b.Summary.Even(mostMoments)
	t := &Timeline{Unit: unit.Seconds(), Rows: make([]Moment, len(series))}
	for i := range series {
		var err error
		if t.Rows[i], err = b.moment(&series[i]); err != nil {
			return nil, fmt.Errorf("write down the run over time: %w", err)
		}
	}
	t.Steps = b.courses(series)
	t.Other = len(b.steps) - len(t.Steps)
	return t, nil
}

func (b *builder) moment(of *measure.Bucket) (Moment, error) {
	response, err := of.Response.Coarse().MarshalBinary()
	p50, p95, p99, longest := few(&of.Response)
	m := Moment{
		T: of.Start.Seconds(), Length: of.Length.Seconds(), Phase: of.Phase.String(),
		Planned: of.Planned(), OK: of.OK(), P50: p50, P95: p95, P99: p99, Max: longest,
		Service: quantile(&of.Service, 0.95), Connect: quantile(&of.Connect, 0.95), TLS: quantile(&of.TLS, 0.95),
		FirstByte: quantile(&of.FirstByte, 0.95), Lag: quantile(&of.Lag, 0.99), ClientDelay: quantile(&of.ClientDelay, 0.99),
		Bad: badOf(&of.Counts), Response: response,
	}
	if b.Wanted != nil && of.Phase <= measure.Measure {
		m.Users, m.Arrivals = b.Wanted(of.Start + of.Length/2)
	}
	return m, err
}

// badOf counts by class what is not OK; nil where all is.
func badOf(c *measure.Counts) (bad map[string]int64) {
	for class, n := range c.Class {
		if n > 0 && measure.Class(class) != measure.OK {
			if bad == nil {
				bad = map[string]int64{}
			}
			bad[measure.Class(class).String()] = n
		}
	}
	return bad
}

func quantile(h *measure.Histogram, q float64) *float64 {
	if h.Count() == 0 {
		return nil
	}
	return inMilliseconds(h.Quantile(q))
}

// courses are the steps with the most requests, in the order of the report. A run of one
// step has none: it is the run.
func (b *builder) courses(series []measure.Bucket) []Course {
	all := []Course{}
	if len(b.steps) == 1 {
		return all
	}
	steps := b.busiest()
	for _, step := range steps {
		all = append(all, Course{Step: b.steps[step].Name, Planned: []int64{}, OK: []int64{}, P95: []*float64{}})
	}
	for i := range series {
		counts := series[i].Steps()
		for c, step := range steps {
			all[c].Planned = append(all[c].Planned, counts[step].Planned())
			all[c].OK = append(all[c].OK, counts[step].OK())
			var p95 *float64
			if h := series[i].StepResponse(step); h != nil {
				p95 = quantile(h, 0.95)
			}
			all[c].P95 = append(all[c].P95, p95)
		}
	}
	return all
}

// busiest are the numbers of the steps with the most requests, in ascending order.
func (b *builder) busiest() []int {
	steps := make([]int, len(b.steps))
	for i := range steps {
		steps[i] = i
	}
	slices.SortStableFunc(steps, func(x, y int) int { return cmp.Compare(b.steps[y].Planned(), b.steps[x].Planned()) })
	steps = steps[:min(len(steps), mostCourses)]
	slices.Sort(steps)
	return steps
}

// Histogram is that of the response times, as far as it was kept.
func (m *Moment) Histogram() (*measure.Histogram, error) {
	h := new(measure.Histogram)
	if err := h.UnmarshalBinary(m.Response); err != nil {
		return nil, fmt.Errorf("the response times at %g s: %w", m.T, err)
	}
	return h, nil
}

// consistent finds rows that do not belong together.
func (t *Timeline) consistent() error {
	if t == nil {
		return nil
	}
	for i := range t.Rows {
		if _, err := t.Rows[i].Histogram(); err != nil {
			return fmt.Errorf("at /timeline/rows/%d: %w", i, err)
		}
	}
	for i, c := range t.Steps {
		if n := len(t.Rows); len(c.Planned) != n || len(c.OK) != n || len(c.P95) != n {
			return fmt.Errorf("at /timeline/steps/%d: want a figure for each of %d rows", i, n)
		}
	}
	return nil
}
