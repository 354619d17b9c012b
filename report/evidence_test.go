package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/decision"
	"gonogo/measure"
	"gonogo/slo"
	"gonogo/slo/validity"
)

// kept is a report of small, read back from its file.
func kept(t *testing.T, objectives ...slo.Objective) (written []byte, r *Report) {
	t.Helper()
	in := small(t, objectives...)
	run := slo.Run{Summary: in.Summary}
	for _, p := range in.Phases {
		run.Spans[p.Phase] = slo.Span{Start: p.Start, Length: p.Length}
	}
	in.Judgements = run.Judge(objectives)
	written = encoded(t, built(t, in))
	r, err := Read(bytes.NewReader(written))
	require.NoError(t, err)
	return written, r
}

func someObjectives(t *testing.T) []slo.Objective {
	t.Helper()
	bands := objective(t, "bands", "p95{look} < 100ms")
	conditional, noGo := objective(t, "", "p95{look} < 400ms").Go, objective(t, "", "p95{look} > 1s").Go
	bands.Conditional, bands.NoGo, bands.Source = &conditional, &noGo, "burst.yaml:7"
	service := objective(t, "service", "success > 90%")
	service.Claim = slo.Inferred
	return []slo.Objective{
		objective(t, "p95", "p95 < 500ms"), objective(t, "pay", "success{pay} > 99%"), bands, service,
		objective(t, "windows", "p95 < 120ms every 3s"), objective(t, "ramp", "p95 < 1s during ramp"),
		objective(t, "mean", "mean{pay} < 90ms"), objective(t, "rate", "rate > 97/s"), objective(t, "busy", "status_503 < 12"),
		objective(t, "max", "max{look} < 401.5ms"),
	}
}

// A report that is judged by its own objectives again is the same, to the byte.
func TestRejudgeGivesTheSameBytes(t *testing.T) {
	written, r := kept(t, someObjectives(t)...)
	asked, err := r.Asked()
	require.NoError(t, err)
	require.Len(t, asked, 10)
	again, err := r.Rejudge(asked)
	require.NoError(t, err)
	require.Equal(t, string(written), string(encoded(t, again)))
	require.Equal(t, string(written), string(encoded(t, r)), "the report itself stays")
}

// So is that of a sustained run that goes on, with what its journal said of it.
func TestRejudgeOfASustainedRun(t *testing.T) {
	in := small(t, objective(t, "p95", "p95 < 500ms every 5s"))
	judged := slo.RunOf(in.Summary, 12*time.Second)
	in.Judged, in.Unfinished = &judged, "the run goes on"
	in.Checks = []validity.Check{{Name: "gaps", OK: true, Measured: "none", Limit: "5%"}, {Name: "instrument", Measured: "not known", Limit: "known", Reason: "lost", Remedy: "keep it"}}
	in.Judgements = judged.Judge(objectivesIn(in.Judgements))
	in.Validity = validity.Of(judged, in.Facts, objectivesIn(in.Judgements)).With(in.Checks)
	in.Decision = decision.OfRun(in.Judgements, in.Validity, false, "").Unfinished(in.Unfinished)
	r := built(t, in)
	r.Kind = KindSoak
	require.False(t, r.Validity.Valid)
	asked, err := r.Asked()
	require.NoError(t, err)
	again, err := r.Rejudge(asked)
	require.NoError(t, err)
	require.Equal(t, string(encoded(t, r)), string(encoded(t, again)))
	require.Contains(t, again.Reasons, "the run goes on")
}

func objectivesIn(judgements []slo.Judgement) []slo.Objective {
	var all []slo.Objective
	for _, j := range judgements {
		all = append(all, j.Objective)
	}
	return all
}

// Other objectives are judged as if the run had been asked for them, but for limits
// that it did not count.
func TestRejudgeByOtherObjectives(t *testing.T) {
	_, r := kept(t, objective(t, "p95", "p95 < 500ms"))
	tests := []struct{ target, verdict, rule string }{
		{"p95 < 500ms", "pass", "p95 < 500ms holds"},
		{"p95 < 500ms every 2s", "pass", "it holds in all 11 windows"},
		{"p96 < 500ms every 2s", "pass", "it holds in all 11 windows"},
		{"success > 98% every 4s", "fail", "it holds in 0 of 9 windows"},
		{"success{look} == 100%", "pass", "holds"},
		{"p50{look} < 54ms", "fail", "p50{look} < 54ms does not hold; p50{look} < 54ms was not counted, and is judged by the histogram: the limit's bucket is 53.983ms to 54.015ms"},
		{"p95{pay} < 200ms", "fail", "was not counted, and is judged by the histogram"},
		{"p95 < 100ms every 2s", "inconclusive", "it cannot be judged from what is kept: 100ms was not counted by second in this run (a run counts the limits of its own objectives: give it this one)"},
		{"p95 < 1s during ramp", "pass", "p95 < 1s during ramp was not counted, and is judged by the histogram"},
		{"p95{look} < 1s during ramp", "inconclusive", "was not counted in this run"},
		{"success{look} > 99% during ramp", "pass", "holds"},
	}
	for _, test := range tests {
		t.Run(test.target, func(t *testing.T) {
			again, err := r.Rejudge([]slo.Objective{objective(t, test.target, test.target)})
			require.NoError(t, err)
			require.Equal(t, test.verdict, again.Objectives[0].Verdict, again.Objectives[0].Rule)
			require.Contains(t, again.Objectives[0].Rule, test.rule)
			require.NoError(t, conforms(encoded(t, again)))
		})
	}
}

// The validity of a run depends on what it is judged by.
func TestRejudgeValidatesAnew(t *testing.T) {
	in := small(t, objective(t, "p95", "p95 < 500ms"))
	in.Facts = validity.Facts{Measure: 12 * time.Second, Measured: 12 * time.Second, Departures: &validity.Departures{Arrivals: 5000, Late: 20 * time.Millisecond}}
	r := built(t, in)
	arrivals := func(target string) string {
		again, err := r.Rejudge([]slo.Objective{objective(t, "p95", target)})
		require.NoError(t, err)
		for _, c := range again.Validity.Checks {
			if c.Name == "arrivals" {
				return fmt.Sprint(c.OK, ", limit ", c.Limit)
			}
		}
		return "none"
	}
	require.Equal(t, "true, limit p99 <= 25ms", arrivals("p95 < 500ms"))
	require.Equal(t, "false, limit p99 <= 15ms", arrivals("p95 < 300ms"))
}

func TestRejudgeOfAStoppedRunSaysSo(t *testing.T) {
	_, r := kept(t, objective(t, "p95", "p95 < 500ms"))
	r.Run.StoppedEarly = true
	again, err := r.Rejudge([]slo.Objective{objective(t, "p95", "p95 < 500ms")})
	require.NoError(t, err)
	require.Equal(t, 12, again.ExitCode)
	require.Contains(t, again.Reasons, "stopped early: the rest of the plan was not run")
}

func TestRejudgeRefuses(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*Report)
		want  string
	}{
		{"a report without evidence", func(r *Report) { r.Evidence = nil }, "an earlier gonogo wrote it"},
		{"a search", func(r *Report) { r.Kind = KindCapacity }, `it is a report of kind "capacity": only that of a run can be judged again`},
		{"a run with gaps", func(r *Report) { r.Soak = &Soak{Excluded: 3} }, "the run had gaps, and what lies around them is not in its report: its own verdict stands, and another run has to tell more"},
		{"other limits", func(r *Report) { r.Limits = nil }, "restore the figures of a run: want 2 steps and 0 limits, got 2 and 1"},
		{"another step", func(r *Report) { r.Limits[0].Step = ptr("gone") }, `a limit is about the step or group "gone", which there is not`},
		{"spoilt figures", func(r *Report) { r.Evidence.Figures = r.Evidence.Figures[:9] }, "restore the figures of a run: "},
		{"spoilt cells", func(r *Report) { r.Evidence.Cells = r.Evidence.Cells[:9] }, "restore the counters of a run: "},
		{"a phase before the run", func(r *Report) { r.Evidence.Spans[0].Start = -1 }, "the ramp phase makes no sense"},
		{"counters that are not those it states", func(r *Report) { r.Steps[0].Accounting.OK++ }, `the counters that it keeps of step "look" are not those that it states`},
		{"no facts", func(r *Report) { r.Evidence.Facts = []byte(`{}`) }, "it keeps 0s of measuring as a fact and 12s as a phase: damaged"},
		{"a measure phase of another length", func(r *Report) {
			r.Phases[slices.IndexFunc(r.Phases, func(p Phase) bool { return p.Name == "measure" })].Length++
		}, "it keeps a measure phase of 12s and states one of 13 s: damaged"},
		{"facts of tomorrow", func(r *Report) { r.Evidence.Facts = []byte(`{"Moon":1}`) }, `read the facts of the run: json: unknown field "Moon"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, r := kept(t, objective(t, "p95", "p95 < 500ms"))
			test.spoil(r)
			_, err := r.Rejudge(nil)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestAskedNamesTheObjectiveThatItCannotRead(t *testing.T) {
	_, r := kept(t, objective(t, "p95", "p95 < 500ms"))
	r.Objectives[0].NoGo = ptr("p95 >")
	_, err := r.Asked()
	require.ErrorContains(t, err, `read objective "p95" of the report: read target "p95 >": column 6`)
}

// Distances of a law that nothing was compared with are no numbers.
func TestEvidenceOfNoGaps(t *testing.T) {
	in := small(t)
	nan := 0.0
	nan /= nan
	in.Facts.Departures = &validity.Departures{Left: nan, Drawn: nan}
	require.Contains(t, string(built(t, in).Evidence.Facts), `"Left":0`)
}

// A day of one step takes less than 2 MB of the report.
func TestEvidenceOfADayIsSmall(t *testing.T) {
	in := small(t, objective(t, "a", "p95 < 90ms"), objective(t, "b", "p99 < 500ms"), objective(t, "c", "p99.9 < 2s"), objective(t, "d", "max < 5s"))
	in.Summary = dayOf(in.Limits)
	r := built(t, in)
	require.Equal(t, 1, r.Evidence.Unit)
	require.Less(t, strings.Count(string(encoded(t, r)), "")-1, 2<<20)
}

func dayOf(limits []measure.Limit) *measure.Summary {
	var cells []measure.Cell
	for second := range 86_400 {
		c := measure.Cell{Second: second, Phase: measure.Measure, Over: []int64{int64(second % 20), int64(second % 7), 1, 0}, Steps: make([]measure.StepCounts, 1)}
		c.Steps[0].Class[measure.OK] = 400 + int64(second%50)
		cells = append(cells, c)
	}
	s := measure.NewSummary(measure.Config{Steps: []string{"look"}, Limits: limits})
	s.MergeStretch(measure.Interval{Phase: measure.Measure, Over: make([]int64, 4)}, cells)
	return s
}

// Whatever a file claims to keep, judging it again ends, and says something that
// can be written down.
func FuzzRejudge(f *testing.F) {
	t := new(testing.T)
	in := small(t, someObjectives(t)...)
	r, err := Build(in)
	if err != nil {
		f.Fatal(err)
	}
	for _, target := range []string{"p95 < 500ms", "success > 99% every 2s", "p95{look} < 100ms in 50% of 3s", "rate > 97/s every 1s", "max < 1s during ramp", "mean{pay} < 90ms"} {
		f.Add(r.Evidence.Figures, r.Evidence.Cells, string(r.Evidence.Facts), target, int64(time.Second), int64(12*time.Second))
	}
	f.Fuzz(func(t *testing.T, figures, cells []byte, facts, target string, start, length int64) {
		goTarget, err := slo.ParseTarget(target)
		if err != nil {
			return
		}
		changed := *r
		changed.Evidence = &Evidence{Spans: []EvidenceSpan{{"measure", start, length}}, Unit: 1, Facts: []byte(facts), Figures: figures, Cells: cells}
		for _, claim := range []slo.Claim{slo.Observed, slo.Inferred} {
			again, err := changed.Rejudge(slo.Claimed([]slo.Objective{{Name: "x", Go: goTarget}}, claim))
			if err != nil {
				return
			}
			require.NotEmpty(t, printed(t, again, Style{}))
			require.NotEmpty(t, again.Objectives[0].Rule)
		}
	})
}
