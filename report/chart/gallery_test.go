package chart

import (
	"flag"
	"html/template"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files")

var nan = math.NaN()

// start is when the runs of the gallery began.
var start = time.Date(2025, 12, 14, 9, 2, 12, 0, time.UTC)

// course is n values about base that swing and jitter, and are ten times as high around peak.
func course(n int, base float64, peak int) []float64 {
	random := rand.New(rand.NewPCG(1, uint64(base)))
	out := make([]float64, n)
	for i := range out {
		v := base * (1 + 0.15*math.Sin(float64(i)/17) + 0.12*random.Float64())
		if d := math.Abs(float64(i - peak)); d < 12 {
			v *= 1 + 3*math.Exp(-d*d/30)
		}
		out[i] = math.Round(v*10) / 10
	}
	return out
}

// seconds are n rows of step from 0.
func seconds(n int, step float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(i) * step
	}
	return out
}

// latency is the chart that a report opens with: 300 rows, four series.
func latency() Lines {
	return Lines{
		ID: "latency", Title: "Response time over time", X: seconds(300, 1), Step: 1, Start: start, Unit: Milliseconds, Log: true,
		Series: []Series{
			{Name: "p50", Y: course(300, 38, -99)},
			{Name: "p95", Y: course(300, 121, 190), Tone: Main},
			{Name: "p99", Y: course(300, 240, 190)},
			{Name: "max", Y: course(300, 610, 190), Tone: Quiet},
		},
		Bands: []Band{
			{From: 0, To: 30, Label: "ramp"},
			{From: 30, To: 270, Label: "hold"},
			{From: 270, To: 300, Label: "down"},
			{From: 183, To: 198, Label: "p95 < 200ms broken", Kind: Breach},
		},
		Limits: []Limit{{200, "p95 < 200ms"}},
	}
}

// day is a soak of 24 hours with a gap.
func day() Lines {
	x, rate, wanted := seconds(288, 300), course(288, 412, -99), make([]float64, 288)
	for i := range wanted {
		wanted[i] = 450
	}
	x = append(x[:120:120], x[132:]...)
	rate = append(rate[:120:120], rate[132:]...)
	return Lines{
		ID: "day", Title: "Planned against achieved rate", X: x, Step: 300, Start: start, Unit: PerSecond,
		Series: []Series{{Name: "achieved", Y: rate, Tone: Main}, {Name: "planned", Y: wanted[:len(x)], Tone: Quiet}},
		Bands:  []Band{{From: 36000, To: 39600, Label: "no data", Kind: Gap}},
	}
}

func errorsByClass() Stack {
	timeout, status, reset := make([]float64, 300), make([]float64, 300), make([]float64, 300)
	random := rand.New(rand.NewPCG(3, 4))
	for i := 100; i < 220; i++ {
		status[i] = float64(random.IntN(6))
		if i > 180 && i < 200 {
			timeout[i] = 4 + float64(random.IntN(14))
		}
	}
	reset[40], reset[250] = 1, 2
	return Stack{
		ID: "errors", Title: "Errors by class", X: seconds(300, 1), Step: 1, Unit: Count,
		Series: []Series{{Name: "HTTP 503", Y: status, Tone: Alarm}, {Name: "timeout", Y: timeout}, {Name: "reset", Y: reset}},
		Bands:  latency().Bands[:3],
	}
}

// percentiles is a curve of two lines and the objectives they are judged by.
func percentiles() Curve {
	var q, response, service, delay []float64
	for n := 0.0; n <= 5.3; n += 0.02 {
		q = append(q, 1-math.Pow(10, -n))
		response = append(response, 20+45*n*n+4*math.Pow(n, 3.9))
		service = append(service, 18+30*n*n)
		delay = append(delay, 0.4+0.8*n*n)
	}
	for _, at := range []float64{0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999, 0.99999, 1} {
		n := min(nines(at), 5.4)
		q, response = append(q, at), append(response, 20+45*n*n+4*math.Pow(n, 3.9))
		service, delay = append(service, 18+30*n*n), append(delay, 0.4+0.8*n*n)
	}
	return Curve{
		ID: "curve", Title: "Response time by percentile", Unit: Milliseconds, Log: true, Height: 260,
		Series: []CurveSeries{
			{Name: "response time", Q: q, V: response, Tone: Main},
			{Name: "service time", Q: q, V: service},
			{Name: "client delay", Q: q, V: delay, Tone: Quiet},
		},
		Limits: []CurveLimit{{0.95, 200, "p95 < 200ms"}, {0.99, 500, "p99 < 500ms"}},
	}
}

// heat is 120 columns of 50 rows from 1 ms to 10 s.
func heat() Heat {
	edges := make([]float64, 51)
	for i := range edges {
		edges[i] = math.Pow(10, float64(i)*4/50)
	}
	random := rand.New(rand.NewPCG(5, 6))
	h := Heat{
		ID: "heat", Title: "Response times over time", RowEdges: edges, Start: start, Unit: Milliseconds, Height: 260,
		Limits: []Limit{{200, "200ms"}}, Bands: latency().Bands[:3],
	}
	for k := range 120 {
		col := HeatColumn{T: float64(k) * 2.5, Length: 2.5, Counts: make([]int64, 50)}
		for range 2000 {
			v := 35 * math.Exp(random.NormFloat64()*0.35)
			if k > 70 && k < 80 && random.IntN(3) == 0 {
				v *= 12
			}
			if random.IntN(400) == 0 {
				v *= 20
			}
			if i := int(math.Log10(v) * 50 / 4); i >= 0 && i < 50 {
				col.Counts[i]++
			}
		}
		h.Columns = append(h.Columns, col)
	}
	return h
}

func phases() Bars {
	return Bars{
		ID: "phases", Title: "Connection phases, p95", Unit: Milliseconds,
		Bars: []Bar{
			{Name: "connect", Value: 1.8, Lo: 0.6, Hi: 4.1},
			{Name: "TLS handshake", Value: 12, Lo: 9, Hi: 31},
			{Name: "first byte", Value: 88, Lo: 36, Hi: 171},
			{Name: "body", Value: 7, Note: "of 2.1 KiB"},
		},
	}
}

func drift() Bars {
	return Bars{
		ID: "drift", Title: "Change against the baseline", Unit: Percent, Dots: true, Margin: &Margin{-5, 5, "no difference that matters"},
		Bars: []Bar{
			{Name: "p50", Value: 1.2, Lo: -0.4, Hi: 2.9},
			{Name: "p95", Value: 8.4, Lo: 5.6, Hi: 11.7, Note: "slower", Tone: Alarm},
			{Name: "p99", Value: -3.1, Lo: -9.9, Hi: 4.2},
		},
	}
}

func capacity() Points {
	return Points{
		ID: "capacity", Title: "p95 by level", XName: "arrivals a second", XUnit: PerSecond, Unit: Milliseconds,
		Series: []PointSeries{
			{Name: "p95", X: []float64{100, 200, 400, 600, 800, 900, 1000}, Y: []float64{41, 43, 52, 77, 140, 210, 480}, Join: true, Tone: Main},
			{Name: "probes", X: []float64{850, 870, 860, 865}, Y: []float64{170, 196, 182, 205}},
		},
		Limits: []Limit{{200, "p95 < 200ms"}}, Marks: []Mark{{865, "holds up to 865/s"}},
	}
}

func step() Small {
	return Small{
		ID: "step", Title: "POST /v1/orders", X: seconds(60, 5), Step: 5, Unit: Milliseconds, Series: []Series{{Name: "p95", Y: course(60, 180, 30)}},
		Limits: []Limit{{200, "200ms"}}, High: 1000,
	}
}

// gallery is one chart of each kind.
func gallery() []Figure {
	second := Lines{ID: "second", Title: "A run of one second", X: []float64{0}, Step: 1, Unit: Milliseconds, Series: []Series{{Name: "p95", Y: []float64{42}}, {Name: "p50", Y: []float64{40}}}}
	return []Figure{
		latency().Figure(), day().Figure(), errorsByClass().Figure(), percentiles().Figure(), heat().Figure(), phases().Figure(), drift().Figure(),
		capacity().Figure(), step().Figure(), second.Figure(), Lines{ID: "none", Title: "Nothing"}.Figure(),
	}
}

func spark() template.HTML {
	return Spark{Name: "p95 of POST /v1/orders", Y: course(60, 180, 30), Unit: Milliseconds, Limit: 400}.HTML()
}

// The drawings are the same, byte by byte, and looked at by people when they change.
func TestGolden(t *testing.T) {
	got := map[string]template.HTML{"spark": spark()}
	for _, f := range gallery() {
		got[f.ID] = f.SVG
		t.Logf("%s: %d bytes", f.ID, len(f.SVG))
	}
	for name, svg := range got {
		path := filepath.Join("testdata", name+".svg")
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(svg), 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, string(want) == string(svg), "%s is drawn in another way: look at it, then run the test with -update", path)
	}
}
