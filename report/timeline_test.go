package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// Whatever the length of a run, its rows are all that it counted, of one length, and few.
func TestTimelineRowsAddUp(t *testing.T) {
	for seconds, unit := range map[int]float64{20: 1, 300: 1, 301: 2, 700: 10, 9000: 60} {
		t.Run(fmt.Sprint(seconds, " seconds"), func(t *testing.T) {
			f := newFleet(t, 3, 1, seconds, 5000)
			r := f.report(t, 0, 10, f.outcomes)
			line := r.Timeline
			require.Equal(t, unit, line.Unit)
			sums, rows := map[string]*Accounting{}, map[string]int{}
			end := map[string]float64{}
			for _, row := range line.Rows {
				if sums[row.Phase] == nil {
					sums[row.Phase] = new(Accounting)
				}
				sum := sums[row.Phase]
				sum.Planned, sum.OK, sum.Censored = sum.Planned+row.Planned, sum.OK+row.OK, sum.Censored+row.Bad["censored"]
				bad := int64(0)
				for _, n := range row.Bad {
					bad += n
				}
				require.Equal(t, row.Planned, row.OK+bad)
				require.LessOrEqual(t, end[row.Phase], row.T, "in order")
				require.LessOrEqual(t, row.Length, unit)
				end[row.Phase] = row.T + row.Length
				rows[row.Phase]++
				h, err := row.Histogram()
				require.NoError(t, err)
				require.Equal(t, row.Planned, h.Count())
				require.InEpsilon(t, *row.P95, *quantile(h, 0.95), 0.016)
				require.LessOrEqual(t, *row.P99, *row.Max)
			}
			for _, p := range r.Phases[:2] {
				require.Equal(t, []int64{p.Accounting.Planned, p.Accounting.OK, p.Accounting.Censored}, []int64{sums[p.Name].Planned, sums[p.Name].OK, sums[p.Name].Censored})
				require.LessOrEqual(t, rows[p.Name], mostMoments)
				require.LessOrEqual(t, end[p.Name], p.Start+p.Length)
			}
			for i, c := range line.Steps {
				var planned, ok int64
				for j, row := range line.Rows {
					if row.Phase == measurePhase {
						planned, ok = planned+c.Planned[j], ok+c.OK[j]
					}
					require.Equal(t, c.Planned[j] == 0, c.P95[j] == nil)
				}
				require.Equal(t, []int64{r.Steps[i].Accounting.Planned, r.Steps[i].Accounting.OK}, []int64{planned, ok})
			}
		})
	}
}

// What the plan wanted is asked for in the middle of each row, but where a phase has no
// plan.
func TestTimelineTellsWhatThePlanWanted(t *testing.T) {
	in := small(t)
	users := func(at time.Duration) *float64 { return ptr(at.Seconds()) }
	tests := []struct {
		name   string
		wanted Wanted
		want   [2]string // of the row that begins after three seconds
	}{
		{"users", func(at time.Duration) (*float64, *float64) { return users(at), nil }, [2]string{"3.5", "null"}},
		{"arrivals", func(at time.Duration) (*float64, *float64) { return nil, users(2 * at) }, [2]string{"null", "7"}},
		{"both", func(at time.Duration) (*float64, *float64) { return users(at), users(at) }, [2]string{"3.5", "3.5"}},
		{"not known", nil, [2]string{"null", "null"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in.Wanted = test.wanted
			row := built(t, in).Timeline.Rows[3]
			require.Equal(t, 3.0, row.T)
			text, err := json.Marshal([]any{row.Users, row.Arrivals})
			require.NoError(t, err)
			require.Equal(t, fmt.Sprintf("[%s,%s]", test.want[0], test.want[1]), string(text))
		})
	}
	all := []measure.Outcome{{Phase: measure.Measure, Due: time.Second, Done: 2 * time.Second}, {Phase: measure.Teardown, Due: 9 * time.Second, Done: 10 * time.Second}}
	in = inputOf(t, measure.Config{Steps: []string{"look"}}, all)
	in.Wanted = tests[0].wanted
	rows := built(t, in).Timeline.Rows
	require.Equal(t, []string{"measure", "teardown"}, []string{rows[0].Phase, rows[1].Phase})
	require.NotNil(t, rows[0].Users)
	require.Nil(t, rows[1].Users, "the plan wants users to go then")
}

// Of many steps the busiest have a course, in the order of the scenario.
func TestTimelineHasCoursesOfTheBusiestSteps(t *testing.T) {
	config := measure.Config{}
	var all []measure.Outcome
	for step := range 25 {
		config.Steps = append(config.Steps, fmt.Sprint("step ", step))
		for i := range 1 + step*7%25 { // 1 to 25 requests, each number once
			due := time.Duration(i) * 300 * time.Millisecond
			all = append(all, measure.Outcome{Step: step, Phase: measure.Measure, Due: due, Sent: due, Done: due + time.Millisecond, Read: due + time.Millisecond})
		}
	}
	r := built(t, inputOf(t, config, all))
	require.Len(t, r.Timeline.Steps, 20)
	require.Equal(t, 5, r.Timeline.Other)
	var names []string
	for i, s := range r.Steps {
		if 1+i*7%25 > 5 {
			names = append(names, s.Name)
		}
	}
	for i, c := range r.Timeline.Steps {
		require.Equal(t, names[i], c.Step)
		require.Len(t, c.P95, len(r.Timeline.Rows))
		require.Nil(t, c.P95[0], "plans of more than twenty steps keep them in total only")
	}
	one := built(t, inputOf(t, measure.Config{Steps: []string{"look"}}, all[:1]))
	require.Empty(t, one.Timeline.Steps, "it is the run")
	require.NotNil(t, one.Timeline.Steps)
}

// A run of two steps in which nothing was due has a report that can be read.
func TestTimelineOfNothing(t *testing.T) {
	in := small(t)
	in.Summary = measure.NewSummary(measure.Config{Steps: []string{"look", "pay"}})
	r, err := Read(bytes.NewReader(encoded(t, built(t, in))))
	require.NoError(t, err)
	require.Empty(t, r.Timeline.Rows)
	require.Len(t, r.Timeline.Steps, 2)
}

// A run over time that is damaged is refused where it is damaged.
func TestReadRefusesADamagedTimeline(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*Timeline)
		want  string
	}{
		{"a histogram cut short", func(l *Timeline) { l.Rows[2].Response = l.Rows[2].Response[:5] }, "at /timeline/rows/2: the response times at 2 s: decode a histogram: "},
		{"a histogram of nothing", func(l *Timeline) { l.Rows[0].Response = nil }, "at /timeline/rows/0/response: "},
		{"a step with a row too few", func(l *Timeline) { l.Steps[1].Planned = l.Steps[1].Planned[1:] }, "at /timeline/steps/1: want a figure for each of 13 rows"},
		{"a step with a row too many", func(l *Timeline) { l.Steps[0].P95 = append(l.Steps[0].P95, nil) }, "at /timeline/steps/0: want a figure for each of 13 rows"},
		{"a step without what was OK", func(l *Timeline) { l.Steps[0].OK = []int64{} }, "at /timeline/steps/0: want a figure"},
		{"rows of no length", func(l *Timeline) { l.Unit = 0 }, "at /timeline/unit_s: "},
		{"rows without end", func(l *Timeline) { l.Rows = make([]Moment, 3001) }, "at /timeline/rows"},
		{"a phase that there is not", func(l *Timeline) { l.Rows[1].Phase = "lunch" }, "at /timeline/rows/1/phase: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := again(t, built(t, small(t)))
			test.spoil(r.Timeline)
			_, err := Read(bytes.NewReader(encoded(t, r)))
			require.ErrorContains(t, err, test.want)
		})
	}
}

// A row takes about as much room however many requests are in it: response times that
// spread over all that can be told apart are the worst.
func TestTimelineRowsAreSmall(t *testing.T) {
	size := func(n int, spread float64) int {
		var all []measure.Outcome
		for i := range n {
			took := time.Duration(math.Exp(spread*float64(i)/float64(n)) * float64(100*time.Microsecond))
			all = append(all, measure.Outcome{Phase: measure.Measure, Sent: 1, Done: took, Read: took, Class: measure.Class(i % 5)})
		}
		text, err := json.Marshal(built(t, inputOf(t, measure.Config{Steps: []string{"look"}}, all)).Timeline.Rows[0])
		require.NoError(t, err)
		return len(text)
	}
	require.Less(t, size(100, 2), 800)
	require.Less(t, size(100_000, 2), 1200)
	require.Less(t, size(100_000, math.Log(36e6)), 6000, "from 0.1 ms to an hour")
	f := newFleet(t, 20, 0, 3000, 20_000)
	text, err := json.Marshal(f.report(t, 0, 10, f.outcomes).Timeline)
	require.NoError(t, err)
	require.Less(t, len(text), 500_000, "of twenty steps")
	require.Equal(t, 1, strings.Count(string(text), `"unit_s"`))
}
