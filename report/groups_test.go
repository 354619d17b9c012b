package report

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
	"gonogo/slo"
)

// visits is small with a group of both steps, "visit", and one that never runs. Every
// visit takes as long as its two steps. Users begin and end with a request of their own.
func visits(t *testing.T, objectives ...slo.Objective) Input {
	t.Helper()
	config := measure.Config{Steps: []string{"look", "pay"}, Groups: []string{"visit", "return"}}
	var all []measure.Outcome
	for i := range 1300 {
		o := outcome(i)
		if all = append(all, o); i%2 == 0 {
			continue
		}
		look, visit := outcome(i-1), measure.Outcome{Step: 2, Phase: o.Phase, Class: o.Class, Err: errors.New("told by its step")}
		visit.Due, visit.Sent = look.Due, look.Sent
		if visit.Done = look.Done; o.Class != measure.Dropped {
			visit.Done += o.Response()
		}
		if o.Class == measure.Dropped {
			visit.Class = measure.Status
		}
		all = append(all, visit)
	}
	for i, phase := range []measure.Phase{measure.Setup, measure.Setup, measure.Teardown} {
		due := time.Duration(6*i) * time.Second
		all = append(all, measure.Outcome{Phase: phase, Class: measure.Class(i / 2), Status: 200, Due: due, Sent: due, FirstByte: due + 1, Done: due + 5*time.Millisecond, Read: due + 5*time.Millisecond})
	}
	in := inputOf(t, config, all, objectives...)
	in.Phases = append(in.Phases, Span{measure.Setup, 0, 7 * time.Second}, Span{measure.Teardown, 12 * time.Second, time.Second})
	return in
}

func TestAReportTellsItsGroups(t *testing.T) {
	in := visits(t, objective(t, "visit", "p50{visit} < 120ms"))
	r, without := built(t, in), built(t, small(t))
	require.Equal(t, without.Totals, r.Totals, "a group is in no total")
	require.Equal(t, without.Steps, r.Steps)
	require.Equal(t, without.Histograms, r.Histograms)
	require.Len(t, r.Groups, 2)
	g := r.Groups[0]
	require.Equal(t, "visit", g.Name)
	require.Equal(t, Accounting{Planned: 600, Started: 600, OK: 575, Failed: 24, Censored: 1}, g.Accounting)
	require.Equal(t, int64(600), g.Requests)
	require.InDelta(t, 575./12, *g.Rate, 1e-9)
	require.InDelta(t, 100*575./600, *g.SuccessRate, 1e-9)
	require.Equal(t, int64(600), g.Latency.Count)
	require.Equal(t, []string{"p99", "p99_9", "max"}, g.Latency.Charged)
	require.Equal(t, Group{Name: "return", Rate: ptr(0.), Latency: Latency{Charged: []string{}}}, r.Groups[1])
	require.Equal(t, []Limit{{ptr("visit"), 120, false, 303, 600}}, r.Limits)
	for _, e := range r.Errors {
		require.NotEqual(t, "told by its step", e.Example)
	}
}

func TestSetupAndTeardownAreInTheBooks(t *testing.T) {
	r := built(t, visits(t))
	require.Equal(t, int64(1303), r.Accounting.Planned)
	require.True(t, r.Accounting.Closes())
	var all Accounting
	for _, p := range r.Phases {
		all = all.and(&Against{Accounting: p.Accounting})
	}
	require.Equal(t, r.Accounting, all, "the phases are the whole")
	require.Equal(t, "setup", r.Phases[3].Name)
	require.Equal(t, Accounting{Planned: 2, Started: 2, OK: 2}, r.Phases[3].Accounting)
	require.Equal(t, Accounting{Planned: 1, Started: 1, Failed: 1}, r.Phases[4].Accounting)
	require.Equal(t, "teardown", r.Errors[len(r.Errors)-1].Phase)
	text := printed(t, r, Style{})
	require.Contains(t, text, "setup 7s: 2 requests, p95 5.0ms")
	require.Contains(t, text, "teardown 1s: 1 request, p95 failed, 1 error")
}

// A report with groups that is judged by its own objectives again is the same.
func TestRejudgeWithGroupsGivesTheSameBytes(t *testing.T) {
	bands := objective(t, "bands", "p95{visit} < 100ms")
	conditional, noGo := objective(t, "", "p95{visit} < 400ms").Go, objective(t, "", "p95{visit} > 1s").Go
	bands.Conditional, bands.NoGo = &conditional, &noGo
	service := objective(t, "service", "success{visit} > 50%")
	service.Claim = slo.Inferred
	objectives := []slo.Objective{
		bands, service, objective(t, "all", "p95 < 500ms"), objective(t, "windows", "p90{visit} < 700ms every 3s"),
		objective(t, "ramp", "max{visit} < 1s during ramp"), objective(t, "mean", "mean{visit} < 900ms"), objective(t, "rate", "rate{visit} > 40/s"),
		objective(t, "never", "p95{return} < 1s"), objective(t, "statuses", "status_503{visit} == 0"),
	}
	in := visits(t, objectives...)
	run := slo.Run{Summary: in.Summary}
	for _, p := range in.Phases {
		run.Spans[p.Phase] = slo.Span{Start: p.Start, Length: p.Length}
	}
	in.Judgements = run.Judge(objectives)
	written := encoded(t, built(t, in))
	r, err := Read(bytes.NewReader(written))
	require.NoError(t, err)
	asked, err := r.Asked()
	require.NoError(t, err)
	again, err := r.Rejudge(asked)
	require.NoError(t, err)
	require.Equal(t, string(written), string(encoded(t, again)))
	var verdicts []string
	for _, o := range again.Objectives {
		verdicts = append(verdicts, o.Name+": "+o.Verdict)
	}
	require.Equal(t, "bands: conditional, service: inconclusive, all: pass, windows: fail, ramp: fail, mean: pass, rate: pass, never: inconclusive, statuses: inconclusive",
		strings.Join(verdicts, ", "))
}

func TestRejudgeRefusesGroupsThatAreNotThose(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*Report)
		want  string
	}{
		{"a group less", func(r *Report) { r.Groups = r.Groups[:1] }, "restore the figures of a run: want 1 groups, got 2"},
		{"other counts", func(r *Report) { r.Groups[0].Accounting.OK++ }, `the counters that it keeps of group "visit" are not those that it states`},
		{"another name", func(r *Report) { r.Groups[0].Name = "gone" }, `a limit is about the step or group "visit", which there is not`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := built(t, visits(t, objective(t, "p95", "p95{visit} < 500ms")))
			test.spoil(r)
			_, err := r.Rejudge(nil)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestABaselineMayBeAGroup(t *testing.T) {
	r := built(t, visits(t))
	r.Validity.Valid = true
	of, err := r.Quantile("visit", "50")
	require.NoError(t, err)
	require.InDelta(t, *r.Groups[0].Latency.P50, float64(of)/1e6, 1e-6)
	_, err = r.Quantile("gone", "50")
	require.ErrorContains(t, err, `has no step or group "gone"`)
}

func TestThereIsRoomForSomeGroups(t *testing.T) {
	r := grouped()
	for i := range 30 {
		r.Groups = append(r.Groups, Group{Name: fmt.Sprint("group ", i), Latency: Latency{Charged: []string{}}})
	}
	text := printed(t, r, Style{})
	require.Contains(t, text, "group 17 ")
	require.NotContains(t, text, "group 18 ")
	require.Contains(t, text, "and 12 more groups, in the report file")
}

// Both targets of a run have the same groups.
func TestTheGroupsOfAnotherTarget(t *testing.T) {
	in := visits(t, objective(t, "p95", "p95{visit} < 500ms"))
	in.Against, in.AgainstTarget = in.Summary, "http://127.0.0.1:8091"
	r := built(t, in)
	require.Equal(t, r.Groups, r.Against.Groups)
	other, err := r.OtherSide()
	require.NoError(t, err)
	require.Equal(t, int64(1200), other.Due)
}
