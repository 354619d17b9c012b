package loadgen

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// depart lets all arrivals of a plan leave when the test says, from when they are
// due; a wait that is not ours is the second result.
func depart(p *Plan, limits []measure.Limit, when func(due time.Duration) (left, free time.Duration)) *Departures {
	d := newDepartures(p, p.Open, limits)
	for _, due := range dues(p) {
		left, free := when(due)
		d.leave(due, free, left)
	}
	d.end(func() bool { return false })
	return d.sofar()
}

func punctually(due time.Duration) (left, free time.Duration) { return due, 0 }

func poissonPlan(rate float64, length time.Duration) *Plan {
	p := openPlan(Open{Poisson: true, Stages: []Stage{{length, rate, rate}}})
	p.Seed = 1
	return p
}

// The limit of the check is 0.02 more than as drawn.
func TestTheLawOfDeparturesShowsWhatTouchesIt(t *testing.T) {
	const ms = time.Millisecond
	random := poissonPlan(1, 0).random(99)
	jitter := func(most time.Duration) func(due time.Duration) (left, free time.Duration) {
		last := time.Duration(0)
		return func(due time.Duration) (time.Duration, time.Duration) {
			last = max(last, due+time.Duration(random.Float64()*float64(most)))
			return last, 0
		}
	}
	grid := func(every time.Duration) func(due time.Duration) (left, free time.Duration) {
		return func(due time.Duration) (time.Duration, time.Duration) { return (due/every + 1) * every, 0 }
	}
	at200 := []measure.Limit{{Step: measure.AllSteps, Latency: 200 * ms}, {Step: measure.AllSteps, Latency: 500 * ms}}
	tests := []struct {
		name   string
		plan   *Plan
		limits []measure.Limit
		when   func(due time.Duration) (left, free time.Duration)
		wrong  bool
	}{
		{"as drawn", poissonPlan(1000, 20*time.Second), nil, punctually, false},
		{"all of them equally late", poissonPlan(1000, 20*time.Second), nil, func(due time.Duration) (time.Duration, time.Duration) { return due + 50*ms, 0 }, false},
		{"a few microseconds apart at least", poissonPlan(20_000, 10*time.Second), nil, jitter(20 * time.Microsecond), false},
		{"up to a millisecond late", poissonPlan(1000, 60*time.Second), nil, jitter(ms), false},
		{"up to 3 ms late, beside 200 ms", poissonPlan(1000, 60*time.Second), at200, jitter(3 * ms), false},
		{"in bunches of 20 ms", poissonPlan(1000, 20*time.Second), nil, grid(20 * ms), true},
		{"in bunches of 100 ms, beside 200 ms", poissonPlan(1000, 60*time.Second), at200, grid(100 * ms), true},
		{"a low rate on a grid", poissonPlan(20, 200*time.Second), nil, grid(50 * ms), true},
		{"a rate that rises", openPlan(Open{Poisson: true, Stages: []Stage{{30 * time.Second, 0, 2000}}}), nil, punctually, false},
		{"a rate that rises, in bunches", openPlan(Open{Poisson: true, Stages: []Stage{{30 * time.Second, 0, 2000}}}), nil, grid(20 * ms), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := depart(test.plan, test.limits, test.when)
			require.Greater(t, d.Gaps, int64(100))
			require.Equal(t, test.wrong, d.Left-d.Drawn > 0.02, "%.4f left, %.4f drawn, %d gaps", d.Left, d.Drawn, d.Gaps)
			require.Less(t, d.Drawn, 2.7/sqrt(d.Gaps), "what is drawn is exponential")
		})
	}
}

func TestGapsAcrossAWaitAreNotCounted(t *testing.T) {
	waited := func(due time.Duration) (left, free time.Duration) { return due + time.Second, due + time.Second }
	d := depart(poissonPlan(1000, 10*time.Second), nil, waited)
	require.Zero(t, d.Gaps)
	require.Zero(t, d.Late.Max(), "the wait is the target's")
	require.EqualValues(t, d.Worst.Due, d.Worst.Left)

	n := 0
	every := func(due time.Duration) (left, free time.Duration) {
		if n++; n%2 == 0 {
			return waited(due)
		}
		return due, 0
	}
	require.Zero(t, depart(poissonPlan(50, 10*time.Second), nil, every).Gaps)
}

func TestCellsShowWhatWasHeldBack(t *testing.T) {
	held := func(from, to time.Duration) func(due time.Duration) (left, free time.Duration) {
		return func(due time.Duration) (time.Duration, time.Duration) {
			if due >= from && due < to {
				return to, 0
			}
			return due, 0
		}
	}
	tests := []struct {
		name   string
		length time.Duration
		when   func(due time.Duration) (left, free time.Duration)
		cells  int
		want   Cell
	}{
		{"nothing", 30 * time.Second, punctually, 3, Cell{5 * time.Second, 1000, 1000}},
		{"within a cell", 30 * time.Second, held(7*time.Second, 14*time.Second), 3, Cell{5 * time.Second, 1000, 1000}},
		{"into the next cell", 30 * time.Second, held(24*time.Second, 25*time.Second), 3, Cell{15 * time.Second, 1000, 900}},
		{"over a whole cell", 60 * time.Second, held(24*time.Second, 36*time.Second), 6, Cell{35 * time.Second, 1000, 2100}},
		{"beyond the end", 30 * time.Second, held(34*time.Second, 40*time.Second), 3, Cell{25 * time.Second, 1000, 900}},
		{"at the end of a longer last cell", 38 * time.Second, held(42*time.Second, 44*time.Second), 3, Cell{25 * time.Second, 1800, 1700}},
		{"in less than a cell", 9 * time.Second, held(6*time.Second, 7*time.Second), 0, Cell{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := openPlan(Open{Stages: []Stage{{test.length, 100, 100}}})
			p.WarmUp = 5 * time.Second
			d := depart(p, nil, test.when)
			require.Equal(t, test.cells, d.Cells)
			require.Equal(t, test.want, d.Worst)
		})
	}
}

func TestARunThatIsStoppedHasNoLastCell(t *testing.T) {
	p := openPlan(Open{Stages: []Stage{{30 * time.Second, 100, 100}}})
	d := newDepartures(p, p.Open, nil)
	for _, due := range dues(p)[:1500] {
		d.leave(due, 0, due)
	}
	d.end(func() bool { return true })
	r := d.sofar()
	require.Equal(t, 1, r.Cells)
	require.EqualValues(t, 1500, r.Late.Count())
}

func TestADroppedArrivalIsLateWhereItDidNotWait(t *testing.T) {
	p := poissonPlan(1000, 10*time.Second)
	for waited, want := range map[bool]time.Duration{false: time.Second, true: 0} {
		d := newDepartures(p, p.Open, nil)
		for _, due := range dues(p) {
			d.drop(due, due+time.Second, waited)
		}
		d.end(func() bool { return false })
		r := d.sofar()
		require.Zero(t, r.Gaps)
		require.Equal(t, want, r.Late.Max())
		require.Equal(t, waited, r.Worst.Due == r.Worst.Left)
	}
}

func TestObservingDeparturesDoesNotAllocate(t *testing.T) {
	p := poissonPlan(1000, time.Hour)
	d, arrivals := newDepartures(p, p.Open, nil), p.Arrivals()
	next := func() {
		due, _ := arrivals.Next()
		d.leave(due, 0, due+3*time.Microsecond)
	}
	for range 50_000 {
		next()
	}
	require.Zero(t, testing.AllocsPerRun(10_000, next))
}

func BenchmarkDepartures(b *testing.B) {
	p := poissonPlan(1000, 1000*time.Hour)
	d := newDepartures(p, p.Open, nil)
	b.ReportAllocs()
	due := time.Duration(0)
	for b.Loop() {
		due += time.Millisecond
		d.leave(due, 0, due+3*time.Microsecond)
	}
}

func TestACurveIsTheAreaUnderTheRate(t *testing.T) {
	p := openPlan(Open{Stages: []Stage{{10 * time.Second, 100, 300}, {10 * time.Second, 50, 50}}})
	p.Ramp, p.WarmUp = 2*time.Second, time.Second
	c := curve{stretches: p.stretches(p.Open)}
	tests := []struct {
		at         time.Duration
		rate, area float64
	}{
		{0, 0, 0},
		{time.Second, 50, 25},
		{2 * time.Second, 100, 100},
		{3 * time.Second, 100, 200},
		{8 * time.Second, 200, 950},
		{13 * time.Second, 50, 2200},
		{12 * time.Second, 280, 1910}, // back again
		{23 * time.Second, 50, 2700},
		{25 * time.Second, 50, 2800}, // after the end
	}
	for _, test := range tests {
		require.InDelta(t, test.rate, c.rate(test.at), 1e-9, test.at)
		require.InDelta(t, test.area, c.area(test.at), 1e-6, test.at)
	}
}
