package chart

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTicks(t *testing.T) {
	tests := []struct {
		name      string
		got, want []float64
	}{
		{"from zero to above the highest", linear(30, 412, 6, false).ticks, []float64{0, 100, 200, 300, 400, 500}},
		{"below zero", linear(-3, 4, 5, false).ticks, []float64{-4, -2, 0, 2, 4}},
		{"fractions stay clean", linear(0, 0.6, 6, false).ticks, []float64{0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6}},
		{"there is no half request", linear(0, 1, 6, true).ticks, []float64{0, 1}},
		{"all zero", linear(0, 0, 5, false).ticks, []float64{0, 0.2, 0.4, 0.6, 0.8, 1}},
		{"1, 2 and 5 on a log axis", logarithmic(30, 412, 12).ticks, []float64{20, 50, 100, 200, 500}},
		{"a flat line has room around it", logarithmic(100, 100, 12).ticks, []float64{100, 200}},
		{"decades where there are many", logarithmic(0.02, 900, 6).ticks, []float64{0.1, 1, 10, 100, 1000}},
		{"some decades where there are more", logarithmic(1e-6, 1e6, 7).ticks, []float64{1e-6, 1e-4, 1e-2, 1, 100, 1e4, 1e6}},
		{"nothing is above zero", logarithmic(-5, 0, 6).ticks, []float64{1e-9, 2e-9}},
		{"five minutes", timely(0, 300, 600, false), []float64{0, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300}},
		{"one second", timely(0, 1, 600, false), []float64{0, 1}},
		{"a day with the clock", timely(0, 86400, 600, true), []float64{0, 21600, 43200, 64800, 86400}},
		{"from the middle", timely(95, 130, 300, false), []float64{100, 110, 120, 130}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { require.InDeltaSlice(t, test.want, test.got, 1e-12) })
	}
}

func TestUnits(t *testing.T) {
	tests := []struct {
		unit       Unit
		v          float64
		text, tick string
	}{
		{Milliseconds, 1500, "1.50s", "1.5s"},
		{Milliseconds, 0.02, "20µs", "20µs"},
		{Milliseconds, 1e-6, "0ms", "1ns"},
		{Seconds, 90, "1m30s", "90s"},
		{PerSecond, 2000, "2,000/s", "2,000/s"},
		{PerSecond, 0.5, "0.50/s", "0.5/s"},
		{Percent, 99.95, "99.95%", "100%"},
		{Percent, 99.9999, ">99.99%", "100%"},
		{Percent, 100, "100%", "100%"},
		{Percent, 0.041, "0.041%", "0.041%"},
		{Percent, -2.5, "−2.5%", "−2.5%"},
		{Bytes, 1 << 21, "2.0 MiB", "2 MiB"},
		{Ratio, 1.25, "1.25×", "1.25×"},
		{Count, 12345, "12,345", "12,345"},
		{Number, 1e300, "1.0e+300", "1.0e+300"},
		{Number, math.Inf(-1), "−Inf", ""},
		{Number, math.NaN(), "-", "-"},
	}
	for _, test := range tests {
		require.Equal(t, test.text, test.unit.Text(test.v))
		if math.Abs(test.v) <= most {
			require.Equal(t, test.tick, test.unit.tick(test.v))
		}
	}
}

// A run of one second is a dot for each series, in the middle of its second.
func TestOneSecondIsADot(t *testing.T) {
	all := parse(t, Lines{ID: "a", X: []float64{0}, Series: []Series{{Name: "p95", Y: []float64{42}}}}.Figure().SVG)
	dots := slices.DeleteFunc(find(all, "path", "s1"), func(n *node) bool { return n.attrs["stroke-linecap"] != "round" })
	require.Len(t, dots, 1)
	at := walk(t, dots[0].attrs["d"])
	require.Equal(t, rowsOf(t, all)[0], at[0].x)
	require.Equal(t, at[0].x, at[1].x)
}

func TestNothingWasMeasured(t *testing.T) {
	for name, f := range map[string]Figure{
		"lines": Lines{}.Figure(), "small": Small{}.Figure(), "stack": Stack{}.Figure(), "curve": Curve{}.Figure(), "heat": Heat{}.Figure(),
		"bars": Bars{Bars: []Bar{{Name: "connect", Value: nan}}}.Figure(), "points": Points{}.Figure(),
		"all NaN":   Lines{X: []float64{0, 1}, Series: []Series{{Y: []float64{nan, nan}}}}.Figure(),
		"no counts": Heat{RowEdges: []float64{1, 2, 3}, Columns: []HeatColumn{{0, 1, []int64{0, 0}}}}.Figure(),
		"no time":   Lines{X: []float64{nan}, Series: []Series{{Y: []float64{4}}}}.Figure(),
	} {
		require.Equal(t, "Nothing was measured.", f.Says, name)
		require.Contains(t, string(f.SVG), ">nothing was measured</text>", name)
		lawful(t, f.SVG)
	}
}

// Names keep their distance, stay within the plot and move no further than they must.
func TestNamesMakeRoom(t *testing.T) {
	f := frame{y: 0, h: 100, ys: scale{lo: 0, hi: 100, a: 500, b: 0}}
	tests := []struct {
		name   string
		values []float64
		want   []float64
	}{
		{"far apart they stay", []float64{80, 20}, []float64{20, 80}},
		{"two that meet part around their middle", []float64{50, 50}, []float64{43.5, 56.5}},
		{"a third joins them", []float64{50, 50, 40}, []float64{40.3, 53.3, 66.3}},
		{"at the top they go down", []float64{100, 99}, []float64{0, 13}},
		{"at the bottom they go up", []float64{0, 1}, []float64{87, 100}},
	}
	for _, test := range tests {
		l := &labels{}
		for _, v := range test.values {
			l.add(v, "name", palette()[0])
		}
		l.place(f)
		var got []float64
		for _, one := range l.all {
			got = append(got, one.at)
		}
		require.InDeltaSlice(t, test.want, got, 0.05, test.name)
	}
	crowd := &labels{more: 3}
	for range 20 {
		crowd.add(50, "name", palette()[0])
	}
	crowd.place(f)
	require.Equal(t, "and 16 more", crowd.all[len(crowd.all)-1].text)
	require.LessOrEqual(t, crowd.all[len(crowd.all)-1].at, 100.0)
	require.GreaterOrEqual(t, crowd.all[0].at, 0.0)
}

// The curve, its quantiles and the place where it passes a limit.
func TestCurveIsDrawnAtItsQuantiles(t *testing.T) {
	c := Curve{ID: "c", Unit: Milliseconds, Series: []CurveSeries{{Name: "a", Q: []float64{0, 0.9, 0.99, 1}, V: []float64{0, 100, 300, 400}}}, Limits: []CurveLimit{{0.95, 200, "p95 < 200ms"}}}
	all := parse(t, c.Figure().SVG)
	plot := find(all, "svg", "plot")[0]
	var x, y, w, h float64
	_, err := fmt.Sscanf(plot.attrs["viewBox"], "%f %f %f %f", &x, &y, &w, &h)
	require.NoError(t, err)
	wide, tall := w+2*x, h+2*y
	line := walk(t, find(all, "path", "s1")[0].attrs["d"])
	require.Len(t, line, 4)
	for i, nine := range []float64{0, 1, 2, 2.35} {
		require.InDelta(t, nine/2.35, line[i].x/wide, 0.001)
		require.InDelta(t, c.Series[0].V[i]/400, 1-line[i].y/tall, 0.005)
	}
	require.Equal(t, []float64{line[1].x, line[2].x, line[3].x}, rowsOf(t, all))
	q, ok := c.Series[0].crosses(200)
	require.True(t, ok)
	require.InDelta(t, 1-math.Pow(10, -1.5), q, 1e-9, "half way in nines")
	corner := walk(t, find(all, "path", "sl")[0].attrs["d"])
	require.InDelta(t, nines(0.95)/2.35, corner[1].x/wide, 0.001)
	require.InDelta(t, 0.5, 1-corner[1].y/tall, 0.005)
	require.Len(t, find(all, "circle", "ring"), 1)
	_, ok = c.Series[0].crosses(400)
	require.False(t, ok, "exactly the limit is not above it")
}

// Each cell with counts is in a path of its level, at its place.
func TestHeatCells(t *testing.T) {
	h := Heat{ID: "h", RowEdges: []float64{1, 10, 100, 1000}, Columns: []HeatColumn{{0, 2, []int64{1, 1, 0}}, {2, 1, []int64{0, 0, 100}}}}
	all := parse(t, h.Figure().SVG)
	plot := find(all, "svg", "plot")[0]
	var x, y, w, tall float64
	_, err := fmt.Sscanf(plot.attrs["viewBox"], "%f %f %f %f", &x, &y, &w, &tall)
	require.NoError(t, err)
	wide, high := w+2*x, tall+2*y
	inPlot := func(class string) []*node {
		return slices.DeleteFunc(find(all, "path", class), func(n *node) bool { return !slices.Contains(n.within, plot) })
	}
	few, many := inPlot("h1"), inPlot("h8")
	require.Len(t, few, 1)
	require.Len(t, many, 1)
	require.InDelta(t, wide*2/3, few[0].number(t, "stroke-width"), 1)
	require.InDelta(t, wide/3, many[0].number(t, "stroke-width"), 1)
	cells := walk(t, few[0].attrs["d"])
	require.Len(t, cells, 2, "two cells of one level on top of each other are one piece")
	require.Equal(t, []float64{0, 0}, []float64{cells[0].x, cells[1].x})
	require.InDeltaSlice(t, []float64{high / 3, high}, []float64{cells[0].y, cells[1].y}, 1)
	top := walk(t, many[0].attrs["d"])
	require.InDeltaSlice(t, []float64{wide * 2 / 3, 0, high / 3}, []float64{top[0].x, top[0].y, top[1].y}, 1)
}

func TestBarsAreAsLongAsTheirValues(t *testing.T) {
	all := parse(t, Bars{ID: "b", Unit: Milliseconds, Bars: []Bar{{Name: "a", Value: 10}, {Name: "b", Value: 40}, {Name: "c", Value: -20}}}.Figure().SVG)
	bars := find(all, "rect", "f1")
	require.Len(t, bars, 3)
	a, b, c := bars[0], bars[1], bars[2]
	require.InDelta(t, 4, b.number(t, "width")/a.number(t, "width"), 0.01)
	require.InDelta(t, 2, c.number(t, "width")/a.number(t, "width"), 0.01)
	require.InDelta(t, a.number(t, "x"), c.number(t, "x")+c.number(t, "width"), 0.2, "they meet at zero")
}

// A breach of one second in a day is seen, and many that touch are one shape.
func TestBandsAreSeen(t *testing.T) {
	f := frame{w: 500, h: 100}
	f.across(0, 86400, 288)
	one := walk(t, boxes(f, []Band{{From: 100, To: 101}}, 0, 10).String())
	require.GreaterOrEqual(t, (one[1].x-one[0].x)*500/f.wide(), 1.5)
	var many []Band
	for i := range 1000 {
		many = append(many, Band{From: float64(i), To: float64(i) + 1})
	}
	require.Len(t, walk(t, boxes(f, many, 0, 10).String()), 5)
	two := walk(t, boxes(f, []Band{{From: 0, To: 8640}, {From: 43200, To: 51840}}, 0, 10).String())
	require.Len(t, two, 10)
	require.InDeltaSlice(t, []float64{0, 0, f.wide() / 2, 0}, []float64{two[0].x, two[0].y, two[5].x, two[5].y}, 1)
}

func TestSmallMultiplesShareAScale(t *testing.T) {
	low := step()
	low.Series = []Series{{Name: "p95", Y: course(60, 20, -99)}}
	for _, s := range []Small{step(), low} {
		boxes := boxesOf(t, parse(t, s.Figure().SVG))
		require.Equal(t, []string{"POST /v1/orders", "0", "1s", "0s", "5m"}, []string{boxes[0].text, boxes[1].text, boxes[2].text, boxes[3].text, boxes[4].text})
	}
}

func TestManyRowsBecomeFewerAndKeepTheirPeaks(t *testing.T) {
	y := make([]float64, 5000)
	y[3217] = 9
	f := Lines{X: seconds(5000, 1), Unit: Count, Series: []Series{{Name: "errors", Y: y}}}.Figure()
	require.Len(t, f.Table.Rows, 1000)
	require.Equal(t, "errors: lowest 0 at 0s, highest 9 at 53m35s, last 0. Each point is the highest of 5.", f.Says)
}
