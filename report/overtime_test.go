package report

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// rowsOf is a timeline of rows of a second with these p95s, one in ten requests bad where
// it is above 100 ms.
func rowsOf(t *testing.T, unit float64, p95 ...float64) *Timeline {
	t.Helper()
	line := &Timeline{Unit: unit}
	for i, v := range p95 {
		var h measure.Histogram
		for range 100 {
			h.Record(time.Duration(v * float64(time.Millisecond)))
		}
		text, err := h.MarshalBinary()
		require.NoError(t, err)
		ok := int64(100)
		if v > 100 {
			ok = 90
		}
		line.Rows = append(line.Rows, Moment{T: float64(i) * unit, Length: unit, Phase: "measure", Planned: 100, OK: ok, P50: &v, P95: &v, P99: &v, Max: &v, Response: text})
	}
	return line
}

func TestBreaches(t *testing.T) {
	line := rowsOf(t, 1, 10, 250, 260, 10, 300)
	line.Rows[0].Phase, line.Rows[0].P95 = "ramp", ptr(900.0)
	tests := []struct {
		name, target string
		want         []Breach
	}{
		{"rows beside each other are one stretch", "p95 < 200ms", []Breach{{1, 3, "o", "ms"}, {4, 5, "o", "ms"}}},
		{"what the objective is not about is none", "p95 < 200ms during ramp", []Breach{{0, 1, "o", "ms"}}},
		{"errors", "success > 95%", []Breach{{1, 3, "o", "ms"}, {4, 5, "o", "ms"}}},
		{"errors, the other way round", "error_rate < 5%", []Breach{{1, 3, "o", "ms"}, {4, 5, "o", "ms"}}},
		{"the longest", "max < 280ms", []Breach{{4, 5, "o", "ms"}}},
		{"a limit that is kept", "p95 < 400ms", nil},
		{"a step", "p95{look} < 1ms", nil},
		{"a percentile that no row tells", "p99.9 < 1ms", nil},
		{"a rate", "rate > 1000000/s", nil},
		{"no objective at all", "odd", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := &Report{Timeline: line, Objectives: []Objective{{Name: "o", Target: test.target, Unit: "ms"}}}
			require.Equal(t, test.want, r.Breaches())
		})
	}
	require.Nil(t, (&Report{}).Breaches(), "an earlier gonogo kept no rows")
}

func TestHours(t *testing.T) {
	line := rowsOf(t, 1200, 10, 20, 200, 40)
	line.Rows = append(line.Rows, Moment{T: 4800, Length: 1, Phase: "drain"})
	hours, err := line.Hours()
	require.NoError(t, err)
	require.Len(t, hours, 2)
	first := hours[0]
	require.Equal(t, [4]float64{0, 3600, 300, 290}, [4]float64{first.From, first.Length, float64(first.Planned), float64(first.OK)})
	require.InDelta(t, 20, *first.P50, 0.5)
	require.InDelta(t, 200, *first.Max, 4)
	require.Equal(t, 3600.0, hours[1].From)
	require.InDelta(t, 40, *hours[1].P95, 1)
	line.Rows[0].Response = []byte{9, 9}
	_, err = line.Hours()
	require.ErrorContains(t, err, "the response times at 0 s")
}

func TestBudgets(t *testing.T) {
	r := &Report{Timeline: rowsOf(t, 1, 10, 200, 10, 200), Totals: Totals{Requests: 400}}
	r.Objectives = []Objective{{Name: "s", Target: "success > 90%"}, {Name: "e", Target: "error_rate < 5%"}, {Name: "p", Target: "p95 < 1s"}, {Name: "step", Target: "success{look} > 90%"}}
	got := r.Budgets()
	require.Len(t, got, 2)
	require.Equal(t, "s", got[0].Objective)
	require.EqualValues(t, 40, got[0].Allowed)
	require.Equal(t, []float64{1, 2, 3, 4}, got[0].T)
	require.InDeltaSlice(t, []float64{100, 75, 75, 50}, got[0].Left, 1e-9)
	require.InDeltaSlice(t, []float64{100, 50, 50, 0}, got[1].Left, 1e-9)
	require.InDelta(t, 0.05, r.AllowedBad(), 1e-9, "the strictest")
}

func TestUsed(t *testing.T) {
	tests := []struct {
		target string
		value  float64
		want   float64
		ok     bool
	}{
		{"p95 < 200ms", 100, 0.5, true},
		{"p95 < 200ms", 400, 2, true},
		{"success > 99%", 99.5, 0.5, true},
		{"success > 99%", 97, 3, true},
		{"error_rate < 1%", 2, 2, true},
		{"rate > 500/s", 1000, 0.5, true},
		{"rate > 500/s", 0, 0, false},
		{"success > 99%", math.NaN(), 0, false},
		{"status_429 == 0", 3, 0, false},
		{"odd", 1, 0, false},
	}
	for _, test := range tests {
		got, ok := (&Objective{Target: test.target}).Used(test.value)
		require.Equal(t, test.ok, ok, test.target)
		if ok {
			require.InDelta(t, test.want, got, 1e-9, test.target)
		}
	}
}

func TestMomentsOfAnOldReport(t *testing.T) {
	r := burst()
	unit, rows := r.Moments()
	require.Equal(t, 1.0, unit)
	require.Len(t, rows, len(r.Intervals))
	require.Equal(t, map[string]int64{"failed": 1}, rows[0].Bad)
	r.Timeline = rowsOf(t, 5, 10, 20)
	r.Timeline.Rows[0].Phase = "setup"
	unit, rows = r.Moments()
	require.Equal(t, 5.0, unit)
	require.Len(t, rows, 1, "setup lies beside the others")
}

func TestKinds(t *testing.T) {
	r := &Report{Errors: []Failure{
		{Class: "timeout", Count: 5, Example: "slow"}, {Class: "status", Status: 503, Step: "a", Count: 4}, {Class: "status", Status: 503, Step: "b", Count: 3, Example: "HTTP 503"},
	}}
	require.Equal(t, []FailureKind{{"status 503", 7, "a"}, {"timeout", 5, "slow"}}, r.Kinds(5))
	require.Len(t, r.Kinds(1), 1)
	r.Errors[1].Phase, r.Errors[2].Phase = "measure", "ramp"
	require.Equal(t, []FailureKind{{"status 503", 4, "a"}}, r.Kinds(5), "of the phase that is judged")
}

func TestHeat(t *testing.T) {
	line := rowsOf(t, 1, 1, 10, 100)
	m, err := line.Heat(20)
	require.NoError(t, err)
	require.Len(t, m.Edges, 21)
	for i, counts := range m.Counts {
		total := int64(0)
		for row, n := range counts {
			total += n
			if n > 0 {
				require.LessOrEqual(t, m.Edges[row], *line.Rows[i].P95*1.02)
				require.GreaterOrEqual(t, m.Edges[row+1], *line.Rows[i].P95*0.98)
			}
		}
		require.EqualValues(t, 100, total, "every request is somewhere")
	}
	one, err := rowsOf(t, 1, 5, 5).Heat(20)
	require.NoError(t, err)
	require.Len(t, one.Edges, 2, "rows are not thinner than can be told apart")
	none, err := (&Timeline{}).Heat(20)
	require.NoError(t, err)
	require.Nil(t, none)
	line.Rows[1].Response = []byte{7}
	_, err = line.Heat(20)
	require.ErrorContains(t, err, "the response times at 1 s")
}

func TestCurves(t *testing.T) {
	r := built(t, small(t))
	r.Generator = &Generator{KernelStamps: ptr(0.0)}
	curves, err := r.Curves()
	require.NoError(t, err)
	require.Len(t, curves, 2, "nothing is known of the client delay: the kernel stamped no answer")
	for _, c := range curves {
		for i := range c.Q {
			require.Less(t, c.Q[i], 1.0)
			if i > 0 {
				require.Greater(t, c.Q[i], c.Q[i-1])
				require.GreaterOrEqual(t, c.MS[i], c.MS[i-1])
			}
		}
	}
	require.Equal(t, "response time", curves[0].Name)
	require.InDelta(t, *r.Totals.Latency.Max, curves[0].MS[len(curves[0].MS)-1], *r.Totals.Latency.Max/500)
	for name, text := range map[string]string{"no base64": "!", "no histogram": "AAAA", "too long": string(make([]byte, 1<<20+1))} {
		r.Histograms.Latency = ptr(text)
		_, err = r.Curves()
		require.ErrorContains(t, err, "the histogram of the response time", name)
	}
}

func TestSettings(t *testing.T) {
	r := &Report{Run: Run{Effective: json.RawMessage(
		`{"origins":{"load.users":"flag --users","seed":"default","steps[0].path":"a.yaml:3"},"scenario":{"steps":[{"path":"/x","body":null}],"load":{"users":1000},"seed":18446744073709551615,"flow":true}}`)}}
	require.Equal(t, []Setting{
		{"flow", "true", ""}, {"load.users", "1000", "flag --users"}, {"seed", "18446744073709551615", "default"}, {"steps[0].body", "none", ""}, {"steps[0].path", "/x", "a.yaml:3"},
	}, r.Settings())
	require.True(t, r.Settings()[2].Default())
	for _, text := range []string{"", "{", "[]", `{"rate":{"value":100}}`} {
		require.Empty(t, (&Report{Run: Run{Effective: json.RawMessage(text)}}).Settings())
	}
}
