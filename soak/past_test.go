package soak

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
	"gonogo/measure/journal"
	"gonogo/slo"
)

// plan is a run of 2 s ramp and 100 s measure phase, whose requests may take 2 s.
func plan() journal.Header {
	return journal.Header{
		Run: "r", Started: time.Date(2025, 12, 13, 16, 0, 0, 0, time.UTC), SHA256: "x",
		Config: measure.Config{
			Steps: []string{"a"}, Charge: 2 * time.Second, Highest: 10 * time.Second,
			Limits: []measure.Limit{{Step: measure.AllSteps, Latency: 200 * time.Millisecond}},
		},
		Planned: 102 * time.Second,
		Phases:  [measure.Phases]time.Duration{measure.Ramp: 2 * time.Second, measure.Measure: 100 * time.Second},
	}
}

// second is what was due in one: ok requests of 20 ms, and failed ones.
func second(h *journal.Header, n, ok, failed int) []measure.Interval {
	r := measure.NewRecorder(h.Config)
	for i := range ok + failed {
		at := time.Duration(n) * time.Second
		o := measure.Outcome{Phase: measure.Measure, Due: at, Sent: at, Done: at + 20*time.Millisecond}
		if o.FirstByte, o.Read = o.Done, o.Done; i >= ok {
			o.Class, o.Err = measure.Reset, errors.New("reset")
		}
		r.Record(&o)
	}
	return r.Seal()
}

// A told is what a test's journal is told, in order.
type told func(t *testing.T, w *journal.Writer, h *journal.Header)

func begins(at, plan float64) told {
	return func(t *testing.T, w *journal.Writer, _ *journal.Header) {
		require.NoError(t, w.Note(Begin{Plan: seconds(plan), PID: 1}.Event(seconds(at))))
	}
}

// measures adds the seconds from one to before another, 10 requests each.
func measures(from, to, failed int) told {
	return func(t *testing.T, w *journal.Writer, h *journal.Header) {
		for n := from; n < to; n++ {
			require.NoError(t, w.Add(second(h, n, 10-failed, failed)))
		}
	}
}

func notes(e journal.Event) told {
	return func(t *testing.T, w *journal.Writer, _ *journal.Header) { require.NoError(t, w.Note(e)) }
}

func gaps(why Why, start, length float64) told {
	return notes(Gap{Why: why, Start: seconds(start), Length: seconds(length)}.Event())
}

// kept writes a journal in several processes, and returns what it says.
func kept(t *testing.T, processes ...[]told) *Past {
	t.Helper()
	dir, h := filepath.Join(t.TempDir(), "journal"), plan()
	for i, all := range processes {
		var w *journal.Writer
		var err error
		if i == 0 {
			w, err = journal.Create(dir, h)
		} else {
			w, _, err = journal.Open(dir, h)
		}
		require.NoError(t, err)
		for _, tell := range all {
			tell(t, w, &h)
		}
		require.NoError(t, w.Close())
	}
	p, err := Read(dir)
	require.NoError(t, err)
	return p
}

func TestARunWithoutGaps(t *testing.T) {
	p := kept(t, []told{begins(0, 0), measures(2, 102, 0), notes(journal.Event{Kind: journal.Ended, At: 102 * time.Second})})
	require.True(t, p.Ended)
	require.Empty(t, p.Gaps)
	require.Same(t, p.All, p.Judged)
	require.Equal(t, 100*time.Second, p.Measured)
	require.EqualValues(t, 1000, p.Judged.Total().OK())
	require.Len(t, p.Segments, 1)
	require.Equal(t, span(2, 102), p.Segments[0].Measured)
	require.Equal(t, "plan", p.Segments[0].End)
	require.Empty(t, p.Checks())
}

func TestSegmentsAndGaps(t *testing.T) {
	ended := notes(journal.Event{Kind: journal.Ended, At: 162 * time.Second})
	tests := []struct {
		name      string
		processes [][]told
		segments  []Span // of the measure phase
		gaps      []Gap
		made      float64 // seconds of the plan
		excluded  float64
		ok        int64 // good requests that are judged
	}{
		{
			"killed, and resumed after a minute",
			[][]told{{begins(0, 0), measures(2, 42, 0)}, {begins(100, 40), measures(102, 162, 0), ended}},
			[]Span{span(2, 42), span(102, 162)},
			[]Gap{{Interrupted, seconds(42), seconds(60), seconds(40)}},
			100, 4, 960,
		},
		{
			"stopped, and resumed twice",
			[][]told{
				{begins(0, 0), measures(2, 22, 0), notes(journal.Event{Kind: journal.Stopped, At: 22 * time.Second})},
				{begins(30, 20), measures(32, 42, 0)},
				{begins(50, 30), measures(52, 122, 0), notes(journal.Event{Kind: journal.Ended, At: 122 * time.Second})},
			},
			[]Span{span(2, 22), span(32, 42), span(52, 122)},
			[]Gap{{Interrupted, seconds(22), seconds(10), seconds(20)}, {Interrupted, seconds(42), seconds(10), seconds(30)}},
			100, 8, 920,
		},
		{
			"killed within the ramp: nothing was measured, so nothing is missing",
			[][]told{{begins(0, 0)}, {begins(60, 0), measures(62, 162, 0), ended}},
			[]Span{span(2, 2), span(62, 162)},
			nil, 100, 0, 1000,
		},
		{
			"the machine slept for a minute",
			[][]told{{begins(0, 0), measures(2, 42, 0), gaps(Slept, 42, 60), measures(102, 162, 0), ended}},
			[]Span{span(2, 162)},
			[]Gap{{Slept, seconds(42), seconds(60), seconds(40)}},
			100, 4, 960,
		},
		{
			"the process did not run for six seconds",
			[][]told{{begins(0, 0), measures(2, 102, 0), gaps(Stalled, 52, 6), notes(journal.Event{Kind: journal.Ended, At: 102 * time.Second})}},
			[]Span{span(2, 102)},
			[]Gap{{Stalled, seconds(52), seconds(6), seconds(50)}},
			100, 10, 900,
		},
		{
			"the clock was set",
			[][]told{{begins(0, 0), measures(2, 102, 0), gaps(ClockSet, 52, -3), notes(journal.Event{Kind: journal.Ended, At: 102 * time.Second})}},
			[]Span{span(2, 102)},
			[]Gap{{ClockSet, seconds(52), 0, seconds(50)}},
			100, 4, 960,
		},
		{
			"what comes before the measure phase is no gap",
			[][]told{{begins(0, 0), gaps(Slept, 0.5, 1), measures(2, 102, 0), notes(journal.Event{Kind: journal.Ended, At: 102 * time.Second})}},
			[]Span{span(2, 102)},
			nil, 100, 0, 1000,
		},
		{
			"died, or going on: the end is not decided yet",
			[][]told{{begins(0, 0), measures(2, 42, 0)}},
			[]Span{span(2, 42)},
			nil, 40, 2, 380,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := kept(t, tt.processes...)
			var segments []Span
			for _, s := range p.Segments {
				segments = append(segments, s.Measured)
			}
			require.Equal(t, tt.segments, segments)
			require.Equal(t, tt.gaps, p.Gaps)
			require.Equal(t, seconds(tt.made), p.Plan())
			require.Equal(t, seconds(tt.made), p.AllMade)
			require.Equal(t, seconds(tt.excluded), p.Excluded)
			require.Equal(t, seconds(tt.made-tt.excluded), p.Measured)
			require.Equal(t, tt.ok, p.Judged.Total().OK())
			require.EqualValues(t, 10*tt.made, p.All.Total().OK(), "all that was measured is still there")
			require.EqualValues(t, 10*tt.made, p.Judged.Total().OK()+p.Judged.Phase(measure.WarmUp).OK(), "and listed as not judged")
		})
	}
}

// A few gaps are marked and left out, more invalidate.
func TestHowMuchMayBeMissing(t *testing.T) {
	slept := func(length float64) *Past {
		return kept(t, []told{
			begins(0, 0), measures(2, 52, 0), gaps(Slept, 52, length), measures(52+int(length), 102+int(length), 0),
			notes(journal.Event{Kind: journal.Ended, At: seconds(102 + length)}),
		})
	}
	checks := slept(1).Checks()
	require.Len(t, checks, 1)
	require.False(t, checks[0].OK)
	require.True(t, checks[0].Warning, "%+v", checks[0])
	require.Equal(t, "1 gap, and with what lies around 5s or 5% of the time missing", checks[0].Measured)
	require.False(t, slept(2).Checks()[0].Warning)
}

// Whatever lies around a gap, leaving it out never makes a verdict better.
func TestAGapNeverImprovesAVerdict(t *testing.T) {
	target, err := slo.ParseTarget("error_rate < 5%")
	require.NoError(t, err)
	no, err := slo.ParseTarget("error_rate > 10%")
	require.NoError(t, err)
	objectives := []slo.Objective{{Name: "errors", Go: target}}
	bands := []slo.Objective{{Name: "errors", Go: target, NoGo: &no}}
	around := func(failed, elsewhere int) *Past {
		return kept(t, []told{
			begins(0, 0), measures(2, 40, elsewhere), measures(40, 44, failed), gaps(Slept, 42, 1), measures(44, 103, elsewhere),
			notes(journal.Event{Kind: journal.Ended, At: 103 * time.Second}),
		})
	}
	tests := []struct {
		name       string
		past       *Past
		objectives []slo.Objective
		want       slo.Verdict
	}{
		{"good with and without", around(0, 0), objectives, slo.Pass},
		{"good without alone: it may be our fault, and is no pass", around(10, 0).failing(12), objectives, slo.Inconclusive},
		{"conditional with, good without", around(10, 0).failing(8), bands, slo.Conditional},
		{"bad without: the target's fault", around(0, 1), objectives, slo.Fail},
		{"bad with and without", around(10, 1), objectives, slo.Fail},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := tt.past.Judge(tt.objectives)
			require.Equal(t, tt.want, j[0].Verdict, "%+v", j[0])
		})
	}
}

// failing makes so many percent of all requests fail around the gap alone.
func (p *Past) failing(percent int) *Past {
	h := plan()
	p.All = measure.NewSummary(h.Config)
	p.All.Merge(second(&h, 42, 100-percent, percent)[0])
	return p
}

// What the journal lost is a gap where its place is known, and invalidates where not.
func TestWhatAJournalLost(t *testing.T) {
	ended := notes(journal.Event{Kind: journal.Ended, At: 102 * time.Second})
	p := kept(t, []told{
		begins(0, 0), measures(2, 102, 0),
		notes(journal.Event{Kind: journal.Lost, At: 50 * time.Second, Length: time.Second, Requests: 3}), ended,
	})
	require.Equal(t, []Gap{{Lost, seconds(50), seconds(1), seconds(48)}}, p.Gaps)
	require.Equal(t, seconds(5), p.Excluded)

	p = kept(t, []told{
		begins(0, 0), measures(2, 102, 0),
		notes(journal.Event{Kind: journal.Damaged, Text: "x: something of the seconds 3 to 9 may be missing"}), ended,
	})
	checks := p.Checks()
	require.Len(t, checks, 1)
	require.Equal(t, "journal", checks[0].Name)
	require.False(t, checks[0].OK || checks[0].Warning)

	p = kept(t, []told{begins(0, 0), measures(2, 102, 0), notes(journal.Event{Kind: journal.Damaged, Text: "what was written of late may not be durable"}), ended})
	require.Empty(t, p.Checks(), "it was written again")
}

// A segment of the journal that is damaged is a gap where it was.
func TestDamageOnTheDisk(t *testing.T) {
	dir, h := filepath.Join(t.TempDir(), "journal"), plan()
	w, err := journal.Create(dir, h)
	require.NoError(t, err)
	for _, tell := range []told{begins(0, 0), measures(2, 102, 0), notes(journal.Event{Kind: journal.Ended, At: 102 * time.Second})} {
		tell(t, w, &h)
	}
	require.NoError(t, w.Close())
	names, err := filepath.Glob(filepath.Join(dir, "*.seg"))
	require.NoError(t, err)
	text, err := os.ReadFile(names[0])
	require.NoError(t, err)
	text[len(text)/2] ^= 1
	require.NoError(t, os.WriteFile(names[0], text, 0o600))
	p, err := Read(dir)
	require.NoError(t, err)
	require.Len(t, p.Gaps, 1)
	require.Equal(t, Lost, p.Gaps[0].Why)
	require.Less(t, p.Judged.Total().OK(), int64(970))
}

func TestReadingWhatIsNoRun(t *testing.T) {
	_, err := Read(t.TempDir())
	require.Error(t, err)
}
