package report

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gonogo/report/show"
	"gonogo/slo"
)

// judgedAs is an objective as it stands.
func judgedAs(t *testing.T, name, target string, v slo.Verdict, measured float64) slo.Judgement {
	t.Helper()
	goTarget, err := slo.ParseTarget(target)
	require.NoError(t, err)
	return slo.Judgement{Objective: slo.Objective{Name: name, Go: goTarget}, Verdict: v, Measured: measured, Unit: goTarget.Unit()}
}

// aView is a run in the middle of its measure phase.
func aView(t *testing.T) *View {
	return &View{
		Progress: Progress{
			Elapsed: 12 * time.Second, Total: 30 * time.Second, Phase: "measure", Users: 1000, Rate: ptr(2183.0),
			OK: ptr(99.92), P50: ptr(38.0), P95: ptr(187.0), P99: ptr(311.0), Errors: 577, InFlight: 37, Lag: ptr(1.2), Width: 79,
		},
		Scenario: "api-burst", Target: "https://staging.example.test", Load: "1000 users, hold 30s",
		Span: 3 * time.Second, Max: ptr(2410.0), Bad: map[string]int64{"status": 402, "timeout": 170, "reset": 4, "tls": 1}, CPU: ptr(61.0),
		Judgements: []slo.Judgement{
			judgedAs(t, "success-rate", "success > 99.5%", slo.Pass, 99.92),
			judgedAs(t, "p95", "p95 < 200ms", slo.Pass, 187),
			judgedAs(t, "p95-orders", "p95{orders} < 200ms", slo.Conditional, 231),
		},
		P95s:  []float64{90, 120, 118, 119, 231, 180, 170, 160, -1, 190, 187, 186},
		Rates: []float64{900, 1800, 2100, 2200, 2240, 2100, 2200, 2100, 0, 2200, 2190, 2183},
		Bads:  []float64{0, 0, 0, 0, 1.5, 0.5, 0, 0, -1, 0, 0, 0},
	}
}

func TestTheViewOfARun(t *testing.T) {
	tests := []struct {
		name          string
		width, height int
		turn          func(*View)
		want          string
	}{
		{"all of it", 99, 30, nil, `
api-burst   https://staging.example.test   1000 users, hold 30s
measure    00:12 of 00:30  40%  [#######################-----------------------------------]
now (3s)   2,183/s   1,000 users   ok 99.92%   37 in flight
response   p50 38ms   p95 187ms   p99 311ms   max 2.41s
p95        ▃▃▃▃▆▅▅▄.▅▅▅                                     worst 231ms
rate       ▂▄▄▅▅▄▅▄▁▅▅▅                                     best 2,240/s
errors     ▁▁▁▁█▃▁▁.▁▁▁                                     577: 402 status, 170 timeout, 4 reset
✔ success-rate  99.92%  success > 99.5%
✔ p95            187ms  < 200ms
▲ p95-orders     231ms  p95{orders} < 200ms
generator  start lag p99 1.2ms   cpu 61%   0 dropped`},
		{"80 columns", 79, 24, nil, `
api-burst   https://staging.example.test   1000 users, hold 30s
measure    00:12 of 00:30  40%  [##################---------------------------]
now (3s)   2,183/s   1,000 users   ok 99.92%   37 in flight
response   p50 38ms   p95 187ms   p99 311ms   max 2.41s
p95        ▃▃▃▃▆▅▅▄.▅▅▅                         worst 231ms
rate       ▂▄▄▅▅▄▅▄▁▅▅▅                         best 2,240/s
errors     ▁▁▁▁█▃▁▁.▁▁▁                         577: 402 status, 170 timeout
✔ success-rate  99.92%  success > 99.5%
✔ p95            187ms  < 200ms
▲ p95-orders     231ms  p95{orders} < 200ms
generator  start lag p99 1.2ms   cpu 61%   0 dropped`},
		{"40 columns, 10 lines: the worst objective stays", 39, 10, nil, `
api-burst   https://staging.example.te…
measure    00:12 of 00:30  40%
now (3s)   2,183/s   1,000 users
response   p50 38ms   p95 187ms
p95        ▃▃▃▃▆▅▅▄.▅▅  worst 231ms
errors     ▁▁▁▁█▃▁▁.▁▁  577: 402 status
✔ success-rate  99.92%  success > 99.5%
▲ p95-orders     231ms  p95{orders} < …
generator  start lag p99 1.2ms`},
		{"7 lines: the worst objective stays, and the run over time goes", 79, 7, nil, `
api-burst   https://staging.example.test   1000 users, hold 30s
measure    00:12 of 00:30  40%  [##################---------------------------]
now (3s)   2,183/s   1,000 users   ok 99.92%   37 in flight
response   p50 38ms   p95 187ms   p99 311ms   max 2.41s
errors     ▁▁▁▁█▃▁▁.▁▁▁                         577: 402 status, 170 timeout
▲ p95-orders     231ms  p95{orders} < 200ms`},
		{"4 lines", 79, 4, nil, `
measure    00:12 of 00:30  40%  [##################---------------------------]
now (3s)   2,183/s   1,000 users   ok 99.92%   37 in flight
response   p50 38ms   p95 187ms   p99 311ms   max 2.41s`},
		{"too low", 79, 3, nil, `
00:12 of 00:30  measure  2,183/s  ok 99.92%  p95 187ms  err 577  lag 1.2ms`},
		{"too narrow", 38, 24, nil, `
00:12 of 00:30  2,183/s  p95 187ms`},
		{"the first second of an open model, of which nothing is known", 79, 24, func(v *View) {
			*v = View{Progress: Progress{Total: 26 * time.Hour, Phase: "ramp", Planned: ptr(1000.0)}, Scenario: "a", Target: "b"}
		}, `
a   b
ramp       00:00:00 of 26:00:00  0%  [----------------------------------------]
now        -   1,000 arrivals/s planned   ok -   0 in flight
response   p50 -   p95 -   p99 -   max -
p95                                             worst -
rate                                            best -
errors                                          0
generator  start lag p99 -   0 dropped`},
		{"more objectives than there is room for: the worst come first", 79, 24, func(v *View) {
			v.P95s, v.Total = nil, 0
			v.Judgements = nil
			for _, verdict := range []slo.Verdict{slo.Pass, slo.Conditional, slo.Pass, slo.Fail, slo.Pass, slo.Inconclusive, slo.Fail} {
				v.Judgements = append(v.Judgements, judgedAs(t, string(verdict), "p95 < 200ms", verdict, 100))
			}
		}, `
api-burst   https://staging.example.test   1000 users, hold 30s
measure    00:12
now (3s)   2,183/s   1,000 users   ok 99.92%   37 in flight
response   p50 38ms   p95 187ms   p99 311ms   max 2.41s
p95                                             worst -
rate       ▂▄▄▅▅▄▅▄▁▅▅▅                         best 2,240/s
errors     ▁▁▁▁█▃▁▁.▁▁▁                         577: 402 status, 170 timeout
✖ fail          100ms  p95 < 200ms
✖ fail          100ms  p95 < 200ms
? inconclusive  100ms  p95 < 200ms
▲ conditional   100ms  p95 < 200ms
✔ pass          100ms  p95 < 200ms
  and 2 more, none worse
generator  start lag p99 1.2ms   cpu 61%   0 dropped`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := aView(t)
			if tt.turn != nil {
				tt.turn(v)
			}
			v.Width = tt.width
			require.Equal(t, strings.TrimPrefix(tt.want, "\n"), strings.Join(v.Lines(tt.height, false), "\n"))
		})
	}
}

func TestTheViewIsColoured(t *testing.T) {
	lines := aView(t).Lines(24, true)
	require.Equal(t, "\x1b[1mapi-burst\x1b[0m   https://staging.example.test\x1b[2m   1000 users, hold 30s\x1b[0m", lines[0])
	require.Contains(t, lines[6], "\x1b[31m577: 402 status, 170 timeout\x1b[0m")
	require.True(t, strings.HasPrefix(lines[7], "\x1b[32m✔\x1b[0m success-rate"))
}

// Whatever the size of the screen and whatever names there are, the view fits, and
// nothing in it is a command to the terminal.
func TestTheViewFitsEveryScreen(t *testing.T) {
	v := aView(t)
	evil := "\x1b[2J\x07 \u202eevil\r\n" + strings.Repeat("世", 5000) + "\xff"
	v.Scenario, v.Target, v.Load, v.Phase = evil, evil, evil, evil
	v.Bad[evil] = 1 << 40
	v.Judgements[0].Objective.Name = evil
	for width := range 140 {
		for _, height := range []int{0, 1, 3, 4, 5, 9, 12, 15, 100} {
			v.Width = max(1, width)
			lines := v.Lines(height, false)
			require.LessOrEqual(t, len(lines), max(1, height-1))
			for _, line := range lines {
				require.LessOrEqual(t, show.Columns(line), max(1, width), "%q", line)
				require.False(t, strings.ContainsAny(line, "\x1b\x07\r\n\u202e"), "%q", line)
			}
		}
	}
}

func TestSqueezed(t *testing.T) {
	worst := func(of []float64) float64 { return of[len(of)-1] }
	v := &View{Progress: Progress{Width: 39}}
	require.Equal(t, 11, v.sparkRoom())
	long := make([]float64, 22)
	for i := range long {
		long[i] = float64(i)
	}
	require.Equal(t, []float64{1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21}, v.squeezed(long, worst), "several in one")
	long[0], long[1], long[3] = -1, -1, -1
	require.Equal(t, []float64{-1, 2, 5}, v.squeezed(long, worst)[:3], "what is known of them counts")
	require.Equal(t, []float64{1, 2}, v.squeezed([]float64{1, 2}, worst), "one for each where the length is not known")
	v.Total = 5 * time.Second
	require.Equal(t, []float64{1, 1, 2, 2}, v.squeezed([]float64{1, 2}, worst), "several for each of a short run")
	require.Len(t, v.squeezed(long[:9], worst), 9, "a run that takes longer than planned")
	require.Empty(t, v.squeezed(nil, worst))
}

func TestBar(t *testing.T) {
	for done, want := range map[float64]string{0: "[----------]", 0.5: "[#####-----]", 1: "[##########]", -3: "[----------]", 7: "[##########]"} {
		require.Equal(t, want, Bar(done, 12))
	}
	require.Empty(t, Bar(0.5, 9), "there is nothing to see in so little")
}
