package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"gonogo/decision"
	"gonogo/measure"
	"gonogo/slo"
	"gonogo/slo/validity"
)

// A fleet is several generators that make one load for so many seconds, the first tenth
// of which is ramp.
type fleet struct {
	*rand.Rand
	config     measure.Config
	seconds    int
	objectives []slo.Objective
	outcomes   []measure.Outcome
}

func newFleet(t *testing.T, steps, groups, seconds, n int) *fleet {
	t.Helper()
	f := &fleet{Rand: rand.New(rand.NewPCG(uint64(steps*1000+groups), uint64(seconds))), seconds: seconds}
	for i := range steps {
		f.config.Steps = append(f.config.Steps, fmt.Sprint("step ", i))
	}
	for i := range groups {
		f.config.Groups = append(f.config.Groups, fmt.Sprint("group ", i))
	}
	for _, target := range []string{
		"p95 < 60ms", "p99{step 0} <= 120ms", "success > 95%", "error_rate < 20%", "rate > 10/s", "p95 < 90ms every 10s",
		"success > 50% in 90% of 5s", "mean < 200ms", "max < 10s", "p90 < 80ms during ramp", "status_503 < 3", "p50 < 25ms",
	} {
		f.objectives = append(f.objectives, objective(t, target, target))
	}
	f.objectives[11].Claim = slo.Inferred
	f.config.Charge, f.config.Limits = timeout, slo.Limits(f.objectives, f.config.Names())
	for range n {
		f.outcomes = append(f.outcomes, f.outcome())
	}
	return f
}

func (f *fleet) measured() Span {
	ramp := time.Duration(f.seconds/10) * time.Second
	return Span{measure.Measure, ramp, time.Duration(f.seconds)*time.Second - ramp}
}

// outcome is of any step or group; every fifteenth is not OK.
func (f *fleet) outcome() measure.Outcome {
	due := time.Duration(f.Int64N(int64(f.seconds) * int64(time.Second)))
	o := measure.Outcome{
		Step: f.IntN(len(f.config.Names())), Phase: measure.Measure, Status: 200, Due: due, BytesIn: 500 + f.Int64N(1000), BytesOut: 90,
		Sent: due + time.Duration(f.Int64N(int64(time.Millisecond))),
	}
	if due < f.measured().Start {
		o.Phase = measure.Ramp
	}
	o.FirstByte = o.Sent + time.Duration(20*math.Exp(f.NormFloat64()/2)*float64(time.Millisecond))
	o.Done = o.FirstByte + time.Duration(f.Int64N(int64(time.Millisecond)))
	o.Read = o.Done + time.Duration(f.Int64N(int64(time.Millisecond)))
	if f.IntN(9) == 0 {
		o.Connect, o.TLS = time.Duration(1+f.Int64N(int64(time.Millisecond))), time.Duration(1+f.Int64N(int64(time.Millisecond)))
	}
	if f.IntN(15) == 0 {
		o.Class = []measure.Class{measure.Status, measure.Reset, measure.Timeout, measure.Censored}[f.IntN(4)]
		o.Status, o.Err = 0, errors.New([]string{"broken pipe", "still open"}[f.IntN(2)])
		if o.Class == measure.Status {
			o.Status = 500 + f.IntN(4)
		}
	}
	if o.Step >= len(f.config.Steps) { // as a flow measures it
		o = measure.Outcome{Step: o.Step, Phase: o.Phase, Class: o.Class, Due: o.Due, Sent: o.Sent, Done: o.Done}
	}
	return o
}

// report is that of one that recorded these.
func (f *fleet) report(t *testing.T, number, users int, all []measure.Outcome) *Report {
	t.Helper()
	recorder, summary := measure.NewRecorder(f.config), measure.NewSummary(f.config)
	facts := validity.Facts{Measure: f.measured().Length, Measured: f.measured().Length}
	for i := range all {
		recorder.Record(&all[i])
		if all[i].Step < len(f.config.Steps) {
			facts.Issued++
		}
	}
	for _, i := range recorder.Seal() {
		summary.Merge(i)
	}
	started := time.Date(2025, 12, 14, 9, 2, 12, 345_678_901, time.UTC)
	in := Input{
		Run: Run{
			ID: "20251214_090212", Scenario: "fleet", Target: "http://127.0.0.1:8090", Load: "1000 users, hold 1m",
			StartedAt: started, EndedAt: started.Add(time.Duration(f.seconds+1) * time.Second), Seed: uint64(number), SHA256: sha,
			Tool: Tool{Version: "0.1.0"}, Host: Host{OS: "linux", Arch: "amd64", CPUs: 2, Memory: 1 << 30, Hostname: fmt.Sprint("web-", number)},
		},
		Summary: summary, Limits: f.config.Limits, Facts: facts,
		Phases: []Span{{measure.Ramp, 0, f.measured().Start}, f.measured(), {measure.Drain, f.measured().Start + f.measured().Length, time.Second}},
		Wanted: func(at time.Duration) (*float64, *float64) {
			return ptr(float64(users) * math.Min(1, at.Seconds()/10)), ptr(0.1 * float64(users))
		},
		Generator: &Generator{CPU: ptr(10.0 + float64(number)), CPUs: 2, Timer: "a thread of its own", PortsFree: ptr(int64(1000 - number))},
	}
	run := slo.Run{Summary: summary}
	for _, p := range in.Phases {
		run.Spans[p.Phase] = slo.Span{Start: p.Start, Length: p.Length}
	}
	in.Judgements = run.Judge(f.objectives)
	in.Validity = validity.Of(run, facts, f.objectives)
	in.Decision = decision.OfRun(in.Judgements, in.Validity, false, "")
	r, err := Build(in)
	require.NoError(t, err)
	r.Connections = &Connections{
		Opened: int64(len(all)), Versions: map[string]int64{"1.3": 2}, Ciphers: map[string]int64{},
		Addresses: []Address{{Address: "10.0.0.1:443", Opened: int64(number)}, {Address: fmt.Sprintf("10.0.1.%d:443", number), LeftOut: "it did not answer"}},
	}
	return r
}

const sha = "0f343b0931126a20f133d67c2b018a3b1c2b0a3a5f4d9b8a7c6d5e4f3a2b1c0d"

// parts are the reports of k that share the outcomes, and the one of all of them.
func (f *fleet) parts(t *testing.T, k int) (parts []*Report, whole *Report) {
	t.Helper()
	shares := make([][]measure.Outcome, k)
	for _, o := range f.outcomes {
		to := f.IntN(k)
		shares[to] = append(shares[to], o)
	}
	for i := range shares { // each sends from the first second to the last: what is kept of long runs is cut from there
		for _, due := range []time.Duration{0, time.Duration(f.seconds)*time.Second - 1} {
			o := f.outcome()
			for o.Step > 0 || o.Class != measure.OK {
				o = f.outcome()
			}
			o.Phase, o.Done, o.Sent, o.FirstByte = measure.Measure, o.Done-o.Due+due, o.Sent-o.Due+due, o.FirstByte-o.Due+due
			if due == 0 {
				o.Phase = measure.Ramp
			}
			o.Due, o.Read = due, o.Done
			shares[i], f.outcomes = append(shares[i], o), append(f.outcomes, o)
		}
	}
	for i, share := range shares {
		parts = append(parts, f.report(t, i, 10, share))
	}
	return parts, f.report(t, 0, 10*k, f.outcomes)
}

func fileOf(r *Report) string { return r.Run.Host.Hostname + ".json" }

// again is a report as it comes from its file, unless that is looked at.
func again(t *testing.T, r *Report) *Report {
	t.Helper()
	read := new(Report)
	require.NoError(t, json.Unmarshal(encoded(t, r), read))
	return read
}

// merge merges reports.
func merge(t *testing.T, parts ...*Report) (*Report, error) {
	t.Helper()
	var m Merge
	for _, p := range parts {
		if err := m.Add(fileOf(p), again(t, p)); err != nil {
			return nil, err
		}
	}
	return m.Report(Tool{Version: "0.2.0"})
}

func merged(t *testing.T, parts ...*Report) *Report {
	t.Helper()
	r, err := merge(t, parts...)
	require.NoError(t, err)
	return r
}

// Several that made the load together measured what one would have that made it alone.
func TestAMergeIsTheReportOfTheWhole(t *testing.T) {
	tests := []struct{ steps, groups, seconds, n, k int }{
		{1, 0, 20, 3000, 2},
		{2, 1, 20, 4000, 3},
		{3, 0, 60, 6000, 7},
		{25, 2, 60, 6000, 2},
		{2, 0, 700, 6000, 3},
		{1, 0, 4000, 9000, 2},
		{3, 1, 9000, 9000, 4},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%+v", test), func(t *testing.T) {
			f := newFleet(t, test.steps, test.groups, test.seconds, test.n)
			parts, whole := f.parts(t, test.k)
			m := merged(t, parts...)
			require.Equal(t, whole.Accounting, m.Accounting)
			require.Equal(t, whole.Totals, m.Totals)
			require.Equal(t, whole.Groups, m.Groups)
			require.Equal(t, whole.Errors, m.Errors)
			require.Equal(t, whole.Objectives, m.Objectives)
			require.Equal(t, whole.Phases, m.Phases)
			require.Equal(t, whole.Limits, m.Limits)
			require.True(t, whole.Histograms.equal(m.Histograms))
			require.True(t, bytes.Equal(whole.Evidence.Figures, m.Evidence.Figures))
			require.True(t, bytes.Equal(whole.Evidence.Cells, m.Evidence.Cells))
			require.Equal(t, whole.Evidence.Spans, m.Evidence.Spans)
			requireBlocks(t, whole.Evidence.Blocks, m.Evidence.Blocks)
			require.JSONEq(t, string(whole.Evidence.Facts), string(m.Evidence.Facts))
			requireSteps(t, whole.Steps, m.Steps)
			requireTimeline(t, whole, m)
			require.Equal(t, whole.Verdict, m.Verdict)
			_, err := m.Side()
			require.NoError(t, err)
		})
	}
}

// equal is without the difference, which is long.
func (h Histograms) equal(o Histograms) bool { return reflect.DeepEqual(h, o) }

func requireBlocks(t *testing.T, whole, merged []Block) {
	t.Helper()
	require.Len(t, merged, len(whole))
	for i, w := range whole {
		m := merged[i]
		require.True(t, bytes.Equal(w.Latency, m.Latency), "block %d", i)
		w.Latency, m.Latency = nil, nil
		require.Equal(t, w, m)
	}
}

// requireSteps compares steps: what no histogram is kept of has no percentiles.
func requireSteps(t *testing.T, whole, merged []Step) {
	t.Helper()
	require.Len(t, merged, len(whole))
	for i := range whole {
		w, m := whole[i], merged[i]
		if len(whole) > 1 {
			theirs := timesOf(&m.Totals)
			for j, s := range timesOf(&w.Totals) {
				o := theirs[j]
				require.Equal(t, []any{s.Count, s.Min, s.Max}, []any{o.Count, o.Min, o.Max})
				if s.Mean != nil {
					require.InDelta(t, *s.Mean, *o.Mean, 2e-6)
				}
				if s.Count > 9 {
					require.Nil(t, o.P95)
				}
				*s, *o = Spread{}, Spread{}
			}
		}
		require.Equal(t, w, m)
	}
}

// requireTimeline compares the run over time: counts exactly, response times to 1.6 %.
func requireTimeline(t *testing.T, whole, merged *Report) {
	t.Helper()
	near := func(a, b *float64) {
		t.Helper()
		require.Equal(t, a == nil, b == nil)
		if a != nil {
			require.InEpsilon(t, *a, *b, 0.016)
		}
	}
	w, m := whole.Timeline, merged.Timeline
	require.Equal(t, w.Unit, m.Unit)
	require.Len(t, m.Rows, len(w.Rows))
	for i := range w.Rows {
		a, b := w.Rows[i], m.Rows[i]
		near(a.P50, b.P50)
		near(a.P95, b.P95)
		near(a.P99, b.P99)
		same := func(r *Moment) Moment {
			return Moment{T: r.T, Length: r.Length, Phase: r.Phase, Users: r.Users, Arrivals: r.Arrivals, Planned: r.Planned, OK: r.OK, Bad: r.Bad, Max: r.Max, Response: r.Response}
		}
		require.Equal(t, same(&a), same(&b))
		if a.Lag != nil {
			require.LessOrEqual(t, *a.Lag, *b.Lag*1.016)
		}
	}
	courses := map[string]Course{}
	for _, c := range w.Steps {
		courses[c.Step] = c
	}
	for _, c := range m.Steps {
		require.Equal(t, courses[c.Step].Planned, c.Planned)
		require.Equal(t, courses[c.Step].OK, c.OK)
	}
	require.Equal(t, len(whole.Steps)-len(m.Steps), m.Other)
	if len(whole.Steps) <= mostCourses {
		require.Len(t, m.Steps, len(w.Steps))
	}
	requireIntervals(t, whole, merged)
	near(ptr(whole.WorstWindow.P95), ptr(merged.WorstWindow.P95))
}

// requireIntervals compares them where the whole has them in the same stretches.
func requireIntervals(t *testing.T, whole, merged *Report) {
	t.Helper()
	over := func(r *Report, phase string) []int64 {
		sums := make([]int64, len(r.Limits)+1)
		for _, i := range r.Intervals {
			if i.Phase == phase {
				sums[len(r.Limits)] += i.Planned
				for k, n := range i.Over {
					sums[k] += n
				}
			}
		}
		return sums
	}
	for _, phase := range []string{"ramp", "measure"} {
		require.Equal(t, over(whole, phase), over(merged, phase))
	}
	if whole.Timeline.Unit == 1 {
		for i := range whole.Intervals {
			a, b := whole.Intervals[i], merged.Intervals[i]
			for _, r := range []*Interval{&a, &b} {
				r.P50, r.P95, r.P99 = nil, nil, nil
			}
			require.Equal(t, a, b)
		}
	}
}

// It is a report like any other: it is read again, printed again, judged again, and the
// order in which its parts were given does not matter.
func TestAMergeIsAReport(t *testing.T) {
	f := newFleet(t, 3, 1, 40, 5000)
	parts, _ := f.parts(t, 4)
	m := merged(t, parts...)
	written := encoded(t, m)
	require.NoError(t, conforms(written))
	read, err := Read(bytes.NewReader(written))
	require.NoError(t, err)
	require.Equal(t, string(written), string(encoded(t, read)))
	require.Equal(t, printed(t, m, Style{}), printed(t, read, Style{}))
	asked, err := read.Asked()
	require.NoError(t, err)
	rejudged, err := read.Rejudge(asked)
	require.NoError(t, err)
	require.Equal(t, string(written), string(encoded(t, rejudged)))
	for range 5 {
		f.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		require.Equal(t, string(written), string(encoded(t, merged(t, parts...))))
	}
}

func TestAMergeSaysWhatItWasMadeOf(t *testing.T) {
	f := newFleet(t, 1, 0, 20, 3000)
	parts, _ := f.parts(t, 3)
	parts[1].Run.EndedAt = parts[1].Run.EndedAt.Add(time.Second)
	parts[2].Run.StartedAt = parts[2].Run.StartedAt.Add(-500 * time.Millisecond)
	m := merged(t, parts...)
	require.Equal(t, "20251214_090212_merged", m.Run.ID)
	require.Equal(t, parts[2].Run.StartedAt, m.Run.StartedAt)
	require.Equal(t, parts[1].Run.EndedAt, m.Run.EndedAt)
	require.Equal(t, "3 × 1000 users, hold 1m", m.Run.Load)
	require.Equal(t, Host{OS: "linux", Arch: "amd64", CPUs: 6, Memory: 3 << 30, Hostname: "web-0, web-1, web-2"}, m.Run.Host)
	require.Equal(t, uint64(2), m.Run.Seed, "of the first")
	require.Equal(t, "0.2.0", m.Run.Tool.Version)
	require.Equal(t, 12.0, *m.Generator.CPU)
	require.Equal(t, 6.0, m.Generator.CPUs)
	require.Equal(t, int64(998), *m.Generator.PortsFree)
	require.Equal(t, int64(len(f.outcomes)), m.Connections.Opened)
	require.Equal(t, map[string]int64{"1.3": 6}, m.Connections.Versions)
	require.Len(t, m.Connections.Addresses, 4)
	require.Equal(t, Address{Address: "10.0.0.1:443", Opened: 3}, m.Connections.Addresses[0])
	for _, e := range m.Errors {
		var first time.Time
		for _, p := range parts {
			for _, o := range p.Errors {
				if o.Class == e.Class && o.Status == e.Status && o.Phase == e.Phase && (first.IsZero() || o.FirstAt.Before(first)) {
					first = o.FirstAt
				}
			}
		}
		require.Equal(t, first, e.FirstAt, "by the clock, whenever a run started")
	}
	require.Len(t, m.Merged, 3)
	first := m.Merged[0]
	require.Equal(t, MergedPart{
		File: "web-2.json", ID: "20251214_090212", Host: "web-2", StartedAt: parts[2].Run.StartedAt, EndedAt: parts[2].Run.EndedAt, Seed: 2,
		Version: "0.1.0", Verdict: parts[2].Verdict, Valid: true, Requests: parts[2].Totals.Requests,
		SuccessRate: parts[2].Totals.SuccessRate, Rate: parts[2].Totals.Rate, P95: parts[2].Totals.Latency.P95, Charged: true,
	}, first)
	text := printed(t, m, Style{})
	require.Contains(t, text, "MERGED  3 reports of one plan, each by the time since its own start")
	require.Regexp(t, `web-2 +\+0s .* failed  ✖ NO-GO`, text)
	require.Regexp(t, `web-0 +\+0\.5s `, text)
	_, err := Save(t.TempDir(), m)
	require.NoError(t, err)
	require.Equal(t, []string{"load_test_merged_20251214_090211.json"}, m.Files)
}

func TestMergeRefuses(t *testing.T) {
	f := newFleet(t, 2, 0, 20, 1000)
	parts, _ := f.parts(t, 2)
	tests := []struct {
		name  string
		spoil func(*Report)
		want  string
	}{
		{"another plan", func(r *Report) { r.Run.SHA256 = "ff" + sha[2:] }, "merge web-1.json: its run had another plan"},
		{"other files", func(r *Report) { r.Run.Bodies = sha }, "its run had another plan"},
		{"another target", func(r *Report) { r.Run.Target = "http://b.test" }, "its target was http://b.test, and that of web-0.json http://127.0.0.1:8090"},
		{"other objectives", func(r *Report) { r.Objectives[0].Target = "p95 < 61ms" }, "it was judged by other objectives than web-0.json, after its run"},
		{"another kind of run", func(r *Report) { r.Kind = KindSoak }, `it is a report of kind "soak", and web-0.json of kind "load"`},
		{"a search", func(r *Report) { *r = *OfCapacity(r, Capacity{Unit: "/s", Trials: []Trial{}}) }, `it is a report of kind "capacity": only those of runs can be merged`},
		{"two targets", func(r *Report) { r.Against = &Against{Steps: []Step{}, Blocks: []Block{}} }, "its load was shared by two targets: compare it alone"},
		{"no evidence", func(r *Report) { r.Evidence = nil }, "an earlier gonogo wrote it; measure it again"},
		{"no run over time", func(r *Report) { r.Timeline = nil }, "an earlier gonogo wrote it; measure it again"},
		{"a run with gaps", func(r *Report) { r.Soak = &Soak{Excluded: 3} }, "the run had gaps"},
		{"a run that comes twice", func(r *Report) { r.Run.Host.Hostname = "web-0" }, "it is the run of web-0.json once more: give each report once"},
		{"a name without end", func(r *Report) { r.Run.Host.OS = string(bytes.Repeat([]byte("x"), 70_000)) }, "its names or checks are longer than those of any run"},
		{"spoilt figures", func(r *Report) { r.Evidence.Figures = r.Evidence.Figures[:9] }, "restore the figures of a run"},
		{"an error too many", func(r *Report) { r.Errors[0].Count++ }, "its errors are not all that was not answered well"},
		{"an error too few", func(r *Report) { r.Errors = r.Errors[1:] }, "its errors are not all that was not answered well"},
		{"an error beyond counting", func(r *Report) { r.Errors[0].Count = math.MaxInt64 }, "its errors are not all that was not answered well"},
		{"an error of no step", func(r *Report) { r.Errors[0].Step = "gone" }, "its errors name a step or phase that there is not"},
		{"a row too few", func(r *Report) { cutRows(r.Timeline) }, "its run over time: it is not that of its requests: damaged"},
		{"a row of other requests", func(r *Report) { r.Timeline.Rows[3].OK++ }, "its run over time: it is not that of its requests"},
		{"rows of an odd length", func(r *Report) { r.Timeline.Unit = 3 }, "its run over time: it is in stretches of 3 s, which none is cut into"},
		{"rows of no end", func(r *Report) { r.Timeline.Unit = 1e300 }, "its run over time: it is in stretches of 1e+300 s"},
		{"a step of more than all", func(r *Report) { r.Timeline.Steps[0].Planned[2] += 1000 }, "its run over time: it is not that of its requests"},
		{"a block too few", func(r *Report) { r.Evidence.Blocks = r.Evidence.Blocks[1:] }, "its response times by block are not those of all its requests"},
		{"a broken block", func(r *Report) { r.Evidence.Blocks[2].Latency = []byte{1, 2} }, "block 3: decode a histogram"},
		{"times of more than all", func(r *Report) { r.Steps[0].Service.Count += 100_000 }, `the times of step "step 0" are of more requests than it had`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			spoilt := again(t, parts[1])
			test.spoil(spoilt)
			var m Merge
			require.NoError(t, m.Add("web-0.json", parts[0]))
			err := m.Add("web-1.json", spoilt)
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, "merge web-1.json: ")
			_, err = m.Report(Tool{})
			require.EqualError(t, err, "merge reports: one of them was refused")
		})
	}
	_, err := merge(t, parts[0])
	require.EqualError(t, err, "merge reports: want two or more, got 1")
	_, err = merge(t, parts[0], merged(t, parts...))
	require.ErrorContains(t, err, "it is a merge itself: merge the 2 reports that it was made of, with the others")
}

func cutRows(t *Timeline) {
	t.Rows = t.Rows[1:]
	for i := range t.Steps {
		c := &t.Steps[i]
		c.Planned, c.OK, c.P95 = c.Planned[1:], c.OK[1:], c.P95[1:]
	}
}

// All that is in the way is said at once.
func TestMergeSaysAllThatIsInTheWay(t *testing.T) {
	f := newFleet(t, 1, 0, 20, 500)
	parts, _ := f.parts(t, 2)
	parts[1].Run.SHA256, parts[1].Run.Target = "ff"+sha[2:], "http://b.test"
	var m Merge
	require.NoError(t, m.Add("a.json", parts[0]))
	err := m.Add("b.json", parts[1])
	require.ErrorIs(t, err, ErrOtherPlan)
	require.EqualError(t, err, "merge b.json: its run had another plan\nmerge b.json: its target was http://b.test, and that of a.json http://127.0.0.1:8090")
}

func checkNamed(r *Report, name string) *Check {
	i := slices.IndexFunc(r.Validity.Checks, func(c Check) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &r.Validity.Checks[i]
}

// Runs that did not measure at the same time are no load together.
func TestMergeOfRunsThatLieApart(t *testing.T) {
	tests := []struct {
		name    string
		later   time.Duration
		warning bool
		err     string
	}{
		{"at once", 0, false, ""},
		{"within a second", time.Second, false, ""},
		{"by more than a second", 1100 * time.Millisecond, true, ""},
		{"hardly overlapping", 18*time.Second - 1, true, ""},
		{"one after the other", 18 * time.Second, true, "merge reports: web-1.json began to measure at 2025-12-14T09:02:32Z, when web-0.json had ended, at 2025-12-14T09:02:32Z: these are not one load; compare the runs instead (gonogo compare)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFleet(t, 1, 0, 20, 500)
			parts, _ := f.parts(t, 3)
			parts[1].Run.StartedAt = parts[1].Run.StartedAt.Add(test.later)
			parts[1].Run.EndedAt = parts[1].Run.EndedAt.Add(test.later)
			m, err := merge(t, parts...)
			if test.err != "" {
				require.EqualError(t, err, test.err)
				return
			}
			require.NoError(t, err)
			c := checkNamed(m, "simultaneous")
			require.Equal(t, test.warning, c.Warning)
			require.Equal(t, !test.warning, c.OK)
			require.True(t, m.Validity.Valid)
		})
	}
}

// A merge is no better than its worst part where that is about the instrument, and says
// which one that is.
func TestMergeOfPartsThatAreNotWhole(t *testing.T) {
	lag := Check{Name: "lag", Measured: "p99 210ms", Limit: "p99 <= 10ms", Reason: "late", Remedy: "more processors"}
	busy := Check{Name: "cpu", Warning: true, Measured: "93% of 2 processors", Limit: "80%", Reason: "busy", Remedy: "more"}
	tests := []struct {
		name    string
		spoil   func([]*Report)
		verdict string
		reason  string
		check   string // its name, and what it measured
	}{
		{"nothing is amiss", func([]*Report) {}, "GO", "", ""},
		{"one is not valid", func(p []*Report) {
			p[1].Validity = Validity{Checks: []Check{lag}}
			p[1].Verdict = "INVALID"
			p[1].ExitCode = 12
		}, "INVALID", "the measurement is not valid: lag on web-1: p99 210ms, limit p99 <= 10ms: late", "lag on web-1: p99 210ms"},
		{"one does not say why", func(p []*Report) { p[1].Validity = Validity{Checks: []Check{busy}} }, "INVALID", "validity on web-1", "validity on web-1: not valid"},
		{"three have a warning", func(p []*Report) {
			for _, r := range p {
				r.Validity.Checks = append(r.Validity.Checks, busy)
			}
		}, "GO", "", "cpu on web-0, web-1, web-2: 93% of 2 processors, 93% of 2 processors, 93% of 2 processors"},
		{"hosts of one name", func(p []*Report) {
			p[0].Run.Host.Hostname, p[0].Run.ID = "web-1", "20251214_090212_2"
			p[1].Validity.Checks = append(p[1].Validity.Checks, busy)
		}, "GO", "", "cpu on web-1 (1.json): 93% of 2 processors"},
		{"one was stopped", func(p []*Report) { p[2].Run.StoppedEarly = true }, "INCONCLUSIVE", "stopped early: the rest of the plan was not run", ""},
		{"a rule stopped one", func(p []*Report) {
			p[2].Run.StoppedEarly, p[2].Run.Stop = true, &Stop{Kind: StopAbort, At: 3, Rule: "p95 > 1s", Why: "measured 2s"}
		}, "NO-GO", "stopped early: p95 > 1s: on web-2: measured 2s", ""},
		{"one goes on", func(p []*Report) { p[0].Evidence.Why = "the run goes on" }, "INCONCLUSIVE", "web-0: the run goes on", ""},
		{"drift was judged", func(p []*Report) { p[0].Drift = &Drift{Verdict: "pass"} }, "GO", "", "drift: judged by each run alone"},
		{"one drifted", func(p []*Report) { p[0].Drift = &Drift{Verdict: "fail"} }, "INCONCLUSIVE", "web-0: drift is fail, and is not judged in a merge", "drift: judged by each run alone"},
		{"two of one seed", func(p []*Report) {
			for _, r := range p {
				r.Evidence.Facts = json.RawMessage(`{"Measure":18000000000,"Measured":18000000000,"Poisson":true}`)
			}
			p[2].Run.Seed = 0
		}, "GO", "", "seeds: 2 of 3 runs"},
		{"two versions", func(p []*Report) { p[1].Run.Tool.Version = "0.3.0" }, "GO", "", "versions: 0.1.0, 0.3.0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFleet(t, 1, 0, 20, 3000)
			f.objectives = []slo.Objective{objective(t, "success", "success > 50%")}
			parts, _ := f.parts(t, 3)
			test.spoil(parts)
			var m Merge
			for i, p := range parts {
				require.NoError(t, m.Add(fmt.Sprint(i, ".json"), p))
			}
			r, err := m.Report(Tool{})
			require.NoError(t, err)
			require.Equal(t, test.verdict, r.Verdict, r.Reasons)
			if test.reason != "" {
				require.Contains(t, fmt.Sprint(r.Reasons), test.reason)
			}
			if name, measured, some := cutCheck(test.check); some {
				require.NotNil(t, checkNamed(r, name), r.Validity.Checks)
				require.Equal(t, measured, checkNamed(r, name).Measured)
			}
			asked, err := r.Asked()
			require.NoError(t, err)
			rejudged, err := r.Rejudge(asked)
			require.NoError(t, err)
			require.Equal(t, string(encoded(t, r)), string(encoded(t, rejudged)))
		})
	}
}

func cutCheck(text string) (name, measured string, some bool) {
	if i := bytes.LastIndex([]byte(text), []byte(": ")); i >= 0 {
		return text[:i], text[i+2:], true
	}
	return "", "", false
}

// A machine that went on alone made less load: the phases are those of the longest.
func TestMergeOfRunsOfUnequalLength(t *testing.T) {
	long, short := newFleet(t, 2, 0, 700, 6000), newFleet(t, 2, 0, 700, 6000)
	short.seconds = 200
	short.outcomes = nil
	for range 1000 {
		short.outcomes = append(short.outcomes, short.outcome())
	}
	a, b := long.report(t, 0, 10, long.outcomes), short.report(t, 1, 10, short.outcomes)
	require.Equal(t, []float64{10, 1}, []float64{a.Timeline.Unit, b.Timeline.Unit})
	m := merged(t, a, b)
	require.Equal(t, 10.0, m.Timeline.Unit)
	require.Equal(t, a.Totals.Requests+b.Totals.Requests, m.Totals.Requests)
	var rows int64
	for _, row := range m.Timeline.Rows {
		rows += row.Planned
	}
	require.Equal(t, m.Accounting.Planned, rows)
	at := slices.IndexFunc(m.Phases, func(p Phase) bool { return p.Name == measurePhase })
	require.Equal(t, []float64{20, 680}, []float64{m.Phases[at].Start, m.Phases[at].Length})
	require.Equal(t, []float64{700, 1}, []float64{m.Phases[at+1].Start, m.Phases[at+1].Length}, "nothing drains while one goes on")
	require.LessOrEqual(t, len(m.Evidence.Blocks), 40)
	last := m.Timeline.Rows[len(m.Timeline.Rows)-1]
	require.Equal(t, a.Timeline.Rows[len(a.Timeline.Rows)-1].Service, last.Service, "of one run alone there is nothing to merge")
	require.InDelta(t, 20, *last.Users, 1e-9, "the plan of both wanted more")
}

// Whatever a file claims to keep: what is merged conforms to the schema, and can be
// printed and judged again.
func FuzzMerge(f *testing.F) {
	t := new(testing.T)
	parts, _ := newFleet(t, 2, 1, 20, 300).parts(t, 2)
	schema, err := compile() // once: it takes long
	if err != nil {
		f.Fatal(err)
	}
	row, block := parts[1].Timeline.Rows[4], parts[1].Evidence.Blocks[4]
	f.Add(parts[1].Evidence.Figures, parts[1].Evidence.Cells, string(parts[1].Evidence.Facts), row.Response, block.Latency, row.T, 1.0, int64(1))
	f.Add([]byte{1}, []byte{}, `{"Measured":1}`, []byte{0}, []byte{0}, 1e9, 5.0, int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, figures, cells []byte, facts string, response, latency []byte, at, unit float64, n int64) {
		r, evidence, line, connections, generator := *parts[1], *parts[1].Evidence, *parts[1].Timeline, *parts[1].Connections, *parts[1].Generator
		evidence.Figures, evidence.Cells, evidence.Facts = figures, cells, json.RawMessage(facts)
		evidence.Blocks, line.Rows = slices.Clone(evidence.Blocks), slices.Clone(line.Rows)
		line.Rows[4].Response, line.Rows[4].T, line.Unit = response, at, unit
		evidence.Blocks[4].Latency, connections.Opened, generator.Stalls = latency, n, int(n)
		r.Evidence, r.Timeline, r.Connections, r.Generator = &evidence, &line, &connections, &generator
		if n < 0 || !(at >= 0) || !(unit > 0) || r.consistent() != nil { // as the schema has it
			return
		}
		var m Merge
		if m.Add("a", parts[0]) != nil || m.Add("b", &r) != nil {
			return
		}
		whole, err := m.Report(Tool{})
		if err != nil {
			return
		}
		text := encoded(t, whole)
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		require.NoError(t, err)
		require.NoError(t, firstBreach(schema.Validate(value)))
		kept, err := decode(text)
		require.NoError(t, err)
		require.NoError(t, kept.consistent())
		require.NotEmpty(t, printed(t, kept, Style{}))
		asked, err := kept.Asked()
		require.NoError(t, err)
		_, err = kept.Rejudge(asked)
		require.NoError(t, err)
	})
}
