package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/report"
	"gonogo/slo/validity"
	"gonogo/soak"
)

func TestWhatIsLeftOfAPlan(t *testing.T) {
	stages := []loadgen.Stage{{For: 10 * time.Second, From: 100, To: 200}, {For: 20 * time.Second, From: 50, To: 50}}
	p := loadgen.Plan{Seed: 7, Ramp: time.Second, Measure: 30 * time.Second, Open: &loadgen.Open{Stages: stages}}
	tests := []struct {
		from time.Duration
		want []loadgen.Stage
	}{
		{0, stages},
		{5 * time.Second, []loadgen.Stage{{For: 5 * time.Second, From: 150, To: 200}, stages[1]}},
		{10 * time.Second, stages[1:]},
		{25 * time.Second, []loadgen.Stage{{For: 5 * time.Second, From: 50, To: 50}}},
		{30 * time.Second, nil},
	}
	for _, tt := range tests {
		left := remaining(p, tt.from, 2)
		require.Equal(t, tt.want, left.Open.Stages)
		require.Equal(t, 30*time.Second-tt.from, left.Measure)
		require.Equal(t, time.Second, left.Ramp, "a ramp again")
		require.EqualValues(t, 9, left.Seed, "another segment draws other numbers")
	}
	require.Equal(t, stages, p.Open.Stages, "the plan itself stays")
	require.InDelta(t, 1500, arrivalsIn(&p, 10*time.Second), 1e-9)
	require.InDelta(t, 625, arrivalsIn(&p, 5*time.Second), 1e-9)
	require.InDelta(t, 2500, arrivalsIn(&p, 30*time.Second), 1e-9)
	require.Zero(t, arrivalsIn(&p, 0))
	require.Zero(t, arrivalsIn(&loadgen.Plan{Closed: &loadgen.Closed{}}, time.Second))
}

// What the journal keeps of a plan is enough to report from, and holds nothing that
// is sent.
func TestTheOutlineOfAPlan(t *testing.T) {
	a := soaking(t, t.TempDir(), &fakeTarget{}, map[string]string{"rate": "10", "duration": "60", "ramp": "5", "slo": "p95 < 200ms", "bearer": "s3cr3t-t0ken"})
	about, err := runOf(a.c, a.client, time.Unix(0, 0))
	require.NoError(t, err)
	h, err := headerOf(a.c, about, "mine.yaml")
	require.NoError(t, err)
	text, err := json.Marshal(h)
	require.NoError(t, err)
	require.NotContains(t, string(text), "s3cr3t")
	o, err := outlineOf(&h)
	require.NoError(t, err)
	require.Equal(t, "mine.yaml", o.Source)
	require.Equal(t, a.c.Objectives, o.Objectives)
	require.Equal(t, a.c.Plan.Open, o.Plan.Open)
	require.Equal(t, about, o.Run)
	require.Equal(t, 5*time.Second, h.Phases[measure.Ramp])

	h.Meta = []byte("{}")
	_, err = outlineOf(&h)
	require.ErrorContains(t, err, "it holds no plan")
	h.Meta = nil
	_, err = outlineOf(&h)
	require.ErrorContains(t, err, "read the header of run 19700101_000000")
}

func TestInstrumentsTogether(t *testing.T) {
	segments := []soak.Segment{
		{Measured: soak.Span{To: 30 * time.Second}},
		{Start: time.Minute, Measured: soak.Span{From: time.Minute, To: 70 * time.Second}},
	}
	first := instrument{
		Arrivals: 100, Departures: &validity.Departures{Arrivals: 99, Late: 2, Gaps: 50, Left: 0.03, Drawn: 0.01, Cells: 3, Worst: validity.Cell{Due: 10, Left: 9}},
		Health:      &loadgen.Health{CPU: 0.5, PeakCPU: 1, CPUs: 2, MaxRSS: 10, FreePorts: 5, Scheduling: 3, GC: 1},
		Connections: &report.Connections{Opened: 1},
	}
	second := instrument{
		Ended: true, Issued: 7, Arrivals: 50, Timer: "t",
		Departures: &validity.Departures{Arrivals: 50, Late: 5, Gaps: 70, Left: 0.02, Drawn: 0.01, Cells: 1, Worst: validity.Cell{Due: 10, Left: 5}},
		Health: &loadgen.Health{
			CPU: 1.5, PeakCPU: 2, CPUs: 2, MaxRSS: 20, FreePorts: 4, Scheduling: 2, GC: 4,
			Jolts: []loadgen.Jolt{{Kind: loadgen.Stalled, At: time.Second}}, Jolted: [loadgen.JoltKinds]int{1, 0, 0},
		},
	}
	sum := together([]instrument{first, second}, segments)
	require.Equal(t, instrument{
		Arrivals: 150, Timer: "t",
		Departures: &validity.Departures{Arrivals: 149, Late: 5, Gaps: 50, Left: 0.03, Drawn: 0.01, Cells: 4, Worst: validity.Cell{Due: 10, Left: 5}},
		Health: &loadgen.Health{
			CPU: 0.75, PeakCPU: 2, CPUs: 2, MaxRSS: 20, FreePorts: 4, Scheduling: 3, GC: 4,
			Jolts: []loadgen.Jolt{{Kind: loadgen.Stalled, At: 61 * time.Second}}, Jolted: [loadgen.JoltKinds]int{1, 0, 0},
		},
	}, sum, "how many requests were issued is not known of the one that died")

	alone := together([]instrument{second}, segments[1:])
	require.EqualValues(t, 7, alone.Issued)
	require.Equal(t, time.Second, second.Health.Jolts[0].At, "nothing was changed")
	require.Nil(t, together([]instrument{{}, {}}, segments).Health)
}

func TestDifferences(t *testing.T) {
	was := map[string]any{"load": map[string]any{"users": 2, "seed": 1}, "steps": []any{map[string]any{"path": "/a"}}}
	is := map[string]any{"load": map[string]any{"users": 3, "seed": 2}, "steps": []any{map[string]any{"path": "/a"}, map[string]any{"path": "/b"}}}
	require.Equal(t, "load.users was 2, is 3; steps[1].path was not set, is /b", differences(was, is))
	require.Equal(t, "the files that it sends", differences(was, was))
	many := map[string]any{"a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1, "g": 1}
	require.Equal(t, "a was 1, is not set; b was 1, is not set; c was 1, is not set; d was 1, is not set; e was 1, is not set; and 2 more", differences(many, nil))
}
