package report

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
	"gonogo/slo/validity"
)

// Facts are added up, and where they cannot be the worse of the two stays: whichever of
// them comes first.
func TestFactsOfTwoRuns(t *testing.T) {
	const ms = time.Millisecond
	whole := func(change func(*validity.Facts)) validity.Facts {
		f := validity.Facts{Measure: time.Minute, Measured: time.Minute}
		change(&f)
		return f
	}
	tests := []struct {
		name       string
		a, b, want func(*validity.Facts)
	}{
		{
			"arrivals and requests", func(f *validity.Facts) { f.Planned, f.Issued = 100, 120 },
			func(f *validity.Facts) { f.Planned, f.Issued = 50, 60 }, func(f *validity.Facts) { f.Planned, f.Issued = 150, 180 },
		},
		{
			"an engine that did not count", func(f *validity.Facts) { f.Issued = 120 },
			func(*validity.Facts) {}, func(*validity.Facts) {},
		},
		{
			"one that was stopped", func(f *validity.Facts) { f.StoppedEarly, f.Measured = true, time.Second },
			func(*validity.Facts) {}, func(f *validity.Facts) { f.StoppedEarly = true },
		},
		{
			"phases", func(f *validity.Facts) {
				f.Phases = []validity.PhasePlan{{Phase: measure.Ramp, Arrivals: 20}, {Phase: measure.WarmUp, Arrivals: 7}}
			},
			func(f *validity.Facts) { f.Phases = []validity.PhasePlan{{Phase: measure.WarmUp, Arrivals: 3}} },
			func(f *validity.Facts) {
				f.Phases = []validity.PhasePlan{{Phase: measure.Ramp, Arrivals: 20}, {Phase: measure.WarmUp, Arrivals: 10}}
			},
		},
		{
			"departures", func(f *validity.Facts) {
				f.Departures = &validity.Departures{
					Arrivals: 100, Late: 3 * ms, Gaps: 400, Left: 0.05, Drawn: 0.04, Scale: ms, Cells: 6, Worst: validity.Cell{Start: 10, Due: 100, Left: 97},
				}
			},
			func(f *validity.Facts) {
				f.Departures = &validity.Departures{
					Arrivals: 90, Late: 2 * ms, Gaps: 300, Left: 0.09, Drawn: 0.05, Scale: 2 * ms, Cells: 5, Worst: validity.Cell{Start: 20, Due: 100, Left: 98},
				}
			},
			func(f *validity.Facts) {
				f.Departures = &validity.Departures{
					Arrivals: 190, Late: 3 * ms, Gaps: 300, Left: 0.09, Drawn: 0.05, Scale: 2 * ms, Cells: 6, Worst: validity.Cell{Start: 10, Due: 100, Left: 97},
				}
			},
		},
		{
			"a law of too few gaps", func(f *validity.Facts) { f.Departures = &validity.Departures{Gaps: 99, Left: 0.5} },
			func(f *validity.Facts) { f.Departures = &validity.Departures{Gaps: 100, Left: 0.1, Drawn: 0.1} },
			func(f *validity.Facts) { f.Departures = &validity.Departures{Gaps: 100, Left: 0.1, Drawn: 0.1} },
		},
		{
			"health", func(f *validity.Facts) {
				f.Health = &validity.Health{CPU: 1, CPUs: 2, Scheduling: 3 * ms, GC: -1, Stalls: []validity.Jolt{{At: 9, Length: 1}}, Steps: []validity.Jolt{}, Sleeps: []validity.Jolt{}}
			},
			func(f *validity.Facts) {
				f.Health = &validity.Health{CPU: 3, CPUs: 8, Scheduling: 2 * ms, GC: ms, Stalls: []validity.Jolt{{At: 4, Length: 1}}, Steps: []validity.Jolt{{At: 1, Length: -1}}}
			},
			func(f *validity.Facts) {
				f.Health = &validity.Health{
					CPU: 1, CPUs: 2, Scheduling: 3 * ms, GC: ms,
					Stalls: []validity.Jolt{{At: 4, Length: 1}, {At: 9, Length: 1}}, Steps: []validity.Jolt{{At: 1, Length: -1}},
				}
			},
		},
		{
			"one that was not observed", func(f *validity.Facts) {
				f.Health = &validity.Health{CPU: 1, CPUs: 2}
				f.Departures = &validity.Departures{Arrivals: 3}
			},
			func(*validity.Facts) {}, func(f *validity.Facts) {
				f.Health = &validity.Health{CPU: 1, CPUs: 2}
				f.Departures = &validity.Departures{Arrivals: 3}
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, b := whole(test.a), whole(test.b)
			require.Equal(t, bothFacts(a, b), bothFacts(b, a))
			require.Equal(t, whole(test.want), bothFacts(a, b))
		})
	}
}

func TestSumsStayInBounds(t *testing.T) {
	require.Equal(t, int64(math.MaxInt64), plus(int64(math.MaxInt64), 1))
	require.Equal(t, 7, plus(3, 4))
}

// Of several spreads the percentiles are not known; of one they are.
func TestSpreadsOfWhatHasNoHistogram(t *testing.T) {
	var s spreads
	s.add(Spread{})
	require.Equal(t, Spread{}, s.spread())
	one := spreadOf(30, 20, 40, 60, 70, 80)
	s.add(one)
	require.Equal(t, one, s.spread())
	s.add(spreadOf(10, 8, 30, 40, 90, 99))
	require.Equal(t, Spread{Count: 40, Min: ptr(2.0), Mean: ptr(20.4), Max: ptr(99.0)}, s.spread())
}

// Connections that one machine did not count are not known of all.
func TestConnectionsOfSeveralMachines(t *testing.T) {
	with := func(all ...*Connections) *Connections {
		var c connected
		for _, o := range all {
			require.NoError(t, c.add(o))
		}
		return c.all()
	}
	a := &Connections{Opened: 3, Failed: 1, Lookups: 2, Addresses: []Address{{Address: "b:1", Opened: 3, Requests: 9, Errors: 1, Service: spreadOf(8, 2, 3, 4, 5, 6)}, {Address: "a:1", LeftOut: "refused"}}}
	b := &Connections{Opened: 4, Resumed: 2, Changes: 1, Ciphers: map[string]int64{"x": 4}, Addresses: []Address{{Address: "a:1", Opened: 4}}}
	sum := with(a, b)
	require.Equal(t, with(b, a), sum)
	require.Equal(t, &Connections{
		Opened: 7, Failed: 1, Lookups: 2, Resumed: 2, Changes: 1, Versions: map[string]int64{}, Ciphers: map[string]int64{"x": 4},
		Addresses: []Address{{Address: "a:1", Opened: 4}, {Address: "b:1", Opened: 3, Requests: 9, Errors: 1, Service: spreadOf(8, 2, 3, 4, 5, 6)}},
	}, sum)
	require.Nil(t, with(a, nil, b))
	require.Nil(t, with(nil, a))
	many := &Connections{}
	for i := range 1001 {
		many.Addresses = append(many.Addresses, Address{Address: string(rune('a' + i))})
	}
	require.ErrorContains(t, new(connected).add(many), "to more addresses than are kept")
}

// The generator of the whole is as good as the worst.
func TestTheWorseGenerator(t *testing.T) {
	a := &Generator{CPU: ptr(60.0), CPUs: 2, SchedP99: ptr(1.0), RSSMax: ptr(int64(9)), PortsFree: ptr(int64(5)), Stalls: 1, Jolts: []Jolt{{Kind: "stall", T: 4}}, Timer: plainTimer}
	b := &Generator{CPU: ptr(20.0), PeakCPU: ptr(99.0), CPUs: 4, SchedP99: ptr(2.0), PortsFree: ptr(int64(3)), Stalls: 2, Sleeps: 1, Jolts: []Jolt{{Kind: "sleep", T: 2}}, Timer: "a thread of its own"}
	require.Equal(t, &Generator{
		CPU: ptr(60.0), PeakCPU: ptr(99.0), CPUs: 6, SchedP99: ptr(2.0), RSSMax: ptr(int64(9)), PortsFree: ptr(int64(3)),
		Stalls: 3, Sleeps: 1, Jolts: []Jolt{{Kind: "sleep", T: 2}, {Kind: "stall", T: 4}}, Timer: plainTimer,
	}, worseGenerator(a, b))
	require.Equal(t, worseGenerator(b, a), worseGenerator(a, b))
	require.Equal(t, a, worseGenerator(nil, a))
}

// Parts that are not those of the report are found when it is read.
func TestReadRefusesPartsThatAreNotTheWhole(t *testing.T) {
	f := newFleet(t, 1, 0, 20, 300)
	parts, _ := f.parts(t, 2)
	for _, requests := range []int64{0, 1, math.MaxInt64} {
		m := merged(t, parts...)
		m.Merged[1].Requests = requests
		_, err := Read(bytes.NewReader(encoded(t, m)))
		require.ErrorContains(t, err, "at /merged: its parts have not as many requests as the whole")
	}
}
