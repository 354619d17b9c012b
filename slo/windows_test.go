package slo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// A moment is a request: in which second it was due, and how long it took.
type moment struct {
	second int
	took   time.Duration // or failed
}

// overTime records moments of the measure phase in a plan of one step.
func overTime(objectives []Objective, all []moment) *measure.Summary {
	c := measure.Config{Steps: []string{"only"}, Limits: Limits(objectives, []string{"only"}), Highest: time.Hour, Charge: 10 * time.Millisecond}
	r, s := measure.NewRecorder(c), measure.NewSummary(c)
	for _, m := range all {
		due := time.Duration(m.second) * time.Second
		o := measure.Outcome{Phase: measure.Measure, Due: due, Sent: due + 1, Done: due + m.took, Read: due + m.took}
		if m.took == failed {
			o.Class, o.Done, o.Read = measure.Timeout, due+10*time.Millisecond, due+10*time.Millisecond
		}
		r.Record(&o)
	}
	for _, i := range r.Seal() {
		s.Merge(i)
	}
	return s
}

// Every window of every length, judged by sorting what was due in it.
func TestWindowsAreThoseOfASort(t *testing.T) {
	const limit = 200 * time.Microsecond
	random := rand.New(rand.NewPCG(3, 4))
	for round := range 40 {
		seconds := 1 + random.IntN(40)
		var all []moment
		for s := range seconds {
			for range random.IntN(6) * random.IntN(2+round%2) {
				took := []time.Duration{1, limit - 1, limit, limit + 1, failed}[min(random.IntN(9), 4)]
				all = append(all, moment{s, took})
			}
		}
		for _, length := range []int{1, 2, 7, seconds} {
			requireWindows(t, all, seconds, length, limit)
		}
	}
}

func requireWindows(t *testing.T, all []moment, seconds, length int, limit time.Duration) {
	t.Helper()
	for _, q := range []int{50_000, 95_000} {
		for _, op := range []Op{Less, LessEqual} {
			target := Target{
				Metric: Percentile, Quantile: NewDecimal(int64(q), 3), Op: op, Limit: NewDecimal(int64(limit), 6),
				Scope: Scope{Window: time.Duration(length) * time.Second, Share: Decimal{100, 0}},
			}
			o := Objective{Go: target}
			held, empty := 0, 0
			for from := 0; from+length <= seconds; from++ {
				var times []time.Duration
				for _, m := range all {
					if m.second >= from && m.second < from+length {
						times = append(times, m.took)
					}
				}
				switch {
				case len(times) == 0:
					empty++
				case oracle(target, times, q):
					held++
				}
			}
			r := RunOf(overTime([]Objective{o}, all), 0)
			r.Spans[measure.Measure] = Span{0, time.Duration(seconds) * time.Second}
			j := r.Judge([]Objective{o})[0]
			windows := seconds - length + 1
			want := Fail
			switch {
			case len(all) == 0 || windows < 1 || empty > 0 && held+empty == windows:
				want = Inconclusive
			case held == windows:
				want = Pass
			}
			require.Equal(t, want, j.Verdict, "%s in %d s of %v: %s", target, seconds, all, j.Rule)
			if len(all) > 0 && held < windows && windows > 0 {
				require.Contains(t, j.Rule, fmt.Sprintf("it holds in %d of %d windows", held, windows))
			}
		}
	}
}

// The worst window is named, and it is the worst.
func TestTheWorstWindowIsNamed(t *testing.T) {
	var all []moment
	for s := range 100 {
		all = append(all, slices.Repeat([]moment{{s, 1}}, 10)...)
	}
	all = append(all, moment{30, failed}, moment{70, failed}, moment{71, failed})
	o := bandsOf(t, "success >= 99% every 10s", "", "")
	j := Judge([]Objective{o}, overTime([]Objective{o}, all), 100*time.Second)[0]
	require.Equal(t, &Window{Start: 62 * time.Second, Length: 10 * time.Second, Samples: 102, Bad: 2}, j.Worst)
	require.InDelta(t, 100*100.0/102, j.Measured, 1e-9)
	require.Equal(t, Fail, j.Verdict)
}

// Counters of a run that went on for longer than seconds are kept.
func TestWindowsNeedTheSecondsThatTheyAreMadeOf(t *testing.T) {
	o := []Objective{bandsOf(t, "p95 < 200ms every 10s", "", ""), bandsOf(t, "p95 < 200ms every 1m", "", "")}
	s := overTime(o, []moment{{0, 1}, {30, 1}, {59, 1}, {500_000, 1}})
	require.Equal(t, 4, s.Cells().Unit())
	r := RunOf(s, 0)
	r.Spans[measure.Measure] = Span{0, time.Minute}
	js := r.Judge(o)
	require.Equal(t, Inconclusive, js[0].Verdict)
	require.Equal(t, "it cannot be judged from what is kept: seconds are kept by 4, and windows are 10s", js[0].Rule)
	require.Equal(t, Inconclusive, js[1].Verdict)
	require.Contains(t, js[1].Rule, "windows; 124", "between the minute and the last request there is none")
}

func TestWindowsOfWhatIsNotKeptBySecond(t *testing.T) {
	o := []Objective{bandsOf(t, "p95 < 200ms every 10s", "", ""), bandsOf(t, "success{only} > 1% during ramp", "", "")}
	c := measure.Config{Steps: []string{"only"}, Limits: Limits(o, []string{"only"})}
	s, r := measure.NewSummary(c), measure.NewRecorder(c)
	for second := range 40 {
		due := time.Duration(second) * time.Second
		r.Record(&measure.Outcome{Phase: measure.Phase(2 * (second % 2)), Due: due, Sent: due + 1, Done: due + 1, Read: due + 1})
	}
	for _, i := range r.Seal() {
		cells := []measure.Cell{i.Cell()}
		if i.Second < 2 {
			cells = nil
		}
		s.MergeStretch(i, cells)
	}
	for i, want := range []string{"of 20 requests of the measure phase, 19 are kept by second", "of 20 requests of the ramp phase, 19 are kept by second"} {
		j := Judge(o, s, 40*time.Second)[i]
		require.Equal(t, Inconclusive, j.Verdict)
		require.Equal(t, "it cannot be judged from what is kept: "+want, j.Rule)
	}
}
