package chart

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// variants are charts with what is awkward to lay out.
func variants() []Figure {
	crowd := Lines{ID: "crowd", Title: "Many", X: seconds(30, 1), Step: 1, Unit: PerSecond, Start: start}
	for i := range 20 {
		crowd.Series = append(crowd.Series, Series{Name: fmt.Sprintf("step number %d with a long name", i), Y: course(30, 100+float64(i)/10, -99)})
		crowd.Bands = append(crowd.Bands, Band{From: float64(i), To: float64(i) + 1, Label: "phase of it"}, Band{From: float64(i), To: float64(i) + 0.5, Label: "p95 < 200ms", Kind: Breach})
	}
	wide := Lines{ID: "wide", Title: "Over many orders", X: seconds(10, 86400), Step: 86400, Start: start, Log: true, Unit: Milliseconds, Series: []Series{{Name: "p50", Y: []float64{1e-6, 1e-3, 1, 1e3, 1e6, 0, -1, 1e9, 1e12, 2}}}}
	flat := Lines{ID: "flat", Title: "Flat", X: seconds(3000, 1), Unit: Percent, Series: []Series{{Name: "ok", Y: slices.Repeat([]float64{99.5}, 3000)}}}
	below := Lines{ID: "below", Title: "Below zero", X: seconds(9, 60), Unit: Number, Series: []Series{{Name: "skew", Y: []float64{-3, -2, 4, 1e-9, -1e15, 0, math.Inf(1), math.Inf(-1), 3}}}}
	days := day()
	days.ID, days.X, days.Step = "days", seconds(288, 3600), 3600
	curve := percentiles()
	curve.ID, curve.Log = "linear", false
	return append(gallery(), crowd.Figure(), wide.Figure(), flat.Figure(), below.Figure(), days.Figure(), curve.Figure())
}

func TestNoLabelMeetsAnotherOrLeavesTheDrawing(t *testing.T) {
	for _, f := range variants() {
		t.Run(f.ID, func(t *testing.T) {
			all := parse(t, f.SVG)
			var width, height float64
			_, err := fmt.Sscanf(all[0].attrs["viewBox"], "0 0 %f %f", &width, &height)
			require.NoError(t, err)
			boxes := boxesOf(t, all)
			require.NotEmpty(t, boxes)
			for i, b := range boxes {
				require.True(t, b.left >= 0 && b.top >= 0 && b.right <= width && b.bottom <= height, "%q at %+v leaves %v × %v", b.text, b, width, height)
				for _, other := range boxes[:i] {
					require.False(t, b.left < other.right && other.left < b.right && b.top < other.bottom && other.top < b.bottom, "%+v meets %+v", b, other)
				}
			}
		})
	}
}

// What is drawn leads back to the values, to the fineness of the drawing.
func TestLinesAreDrawnAtTheirValues(t *testing.T) {
	l := latency()
	all := parse(t, l.Figure().SVG)
	plot := find(all, "svg", "plot")[0]
	var x, y, w, h float64
	_, err := fmt.Sscanf(plot.attrs["viewBox"], "%f %f %f %f", &x, &y, &w, &h)
	require.NoError(t, err)
	wide, tall := w+2*x, h+2*y // without the rim of the plot
	rows := rowsOf(t, all)
	require.Len(t, rows, 300)
	for i, class := range []string{"s2", "sm", "s3", "sq"} {
		paths := slices.DeleteFunc(find(all, "path", class), func(n *node) bool { return n.within[len(n.within)-1] != plot })
		require.Len(t, paths, 1)
		points := walk(t, paths[0].attrs["d"])
		require.Len(t, points, 300)
		for k, p := range points {
			require.Equal(t, k > 0, p.pen)
			require.Equal(t, rows[k], p.x)
			require.InDelta(t, l.X[k]+0.5, p.x/wide*300, 0.01)
			value := 20 * math.Pow(5000.0/20, 1-p.y/tall) // the axis goes from 20ms to 5s
			require.True(t, near(value, l.Series[i].Y[k], 0.005), "row %d: %v, drawn at %v", k, l.Series[i].Y[k], value)
		}
	}
}

func TestALineBreaksWhereRowsAreMissing(t *testing.T) {
	l := Lines{ID: "g", X: []float64{0, 1, 2, 5, 9, 10, 11}, Step: 1, Series: []Series{{Name: "a", Y: []float64{1, 2, 3, 4, 5, nan, 7}}}}
	all := parse(t, l.Figure().SVG)
	plot := find(all, "svg", "plot")[0]
	paths := slices.DeleteFunc(find(all, "path", "s1"), func(n *node) bool { return n.within[len(n.within)-1] != plot })
	require.Len(t, paths, 2, "one of strokes and one of dots")
	line, dots := walk(t, paths[0].attrs["d"]), walk(t, paths[1].attrs["d"])
	require.Equal(t, []bool{false, true, true}, pens(line), "rows 0 to 2")
	require.Equal(t, []bool{false, true, false, true, false, true}, pens(dots), "5, 9 and 11 stand alone")
	require.Equal(t, "round", paths[1].attrs["stroke-linecap"])
}

func pens(points []point) []bool {
	var out []bool
	for _, p := range points {
		out = append(out, p.pen)
	}
	return out
}

func TestStackedColumnsStandOnEachOther(t *testing.T) {
	s := Stack{ID: "s", X: seconds(3, 1), Step: 1, Unit: Count, Series: []Series{{Name: "a", Y: []float64{2, 0, 4}}, {Name: "b", Y: []float64{3, nan, -1}}}}
	all := parse(t, s.Figure().SVG)
	plot := find(all, "svg", "plot")[0]
	var areas [][]point
	for _, n := range find(all, "path", "") {
		if n.within[len(n.within)-1] == plot && (n.attrs["class"] == "f1" || strings.HasPrefix(n.attrs["fill"], "url(")) {
			areas = append(areas, walk(t, n.attrs["d"]))
		}
	}
	require.Len(t, areas, 2)
	var f frame
	f.h = DefaultHeight - 16 - 24
	f.vertical(linear(0, 5, int(f.h/30), true))
	a, b := areas[0], areas[1]
	require.Equal(t, []float64{float64(f.py(0)), float64(f.py(2))}, []float64{a[0].y, a[1].y})
	require.Equal(t, []float64{float64(f.py(2)), float64(f.py(5))}, []float64{b[0].y, b[1].y}, "b stands on a")
	require.Equal(t, float64(f.py(4)), slices.MinFunc(a, func(p, q point) int { return int(p.y - q.y) }).y)
	require.Len(t, b, 5, "nothing of b in the rows without it")
}

func TestTextAlternatives(t *testing.T) {
	l := Lines{
		X: seconds(4, 10), Unit: Milliseconds, Series: []Series{{Name: "p50", Y: []float64{40, 41, 60, 42}}, {Name: "p95", Y: []float64{120, 90, 310, 118}, Tone: Main}},
		Bands: []Band{{20, 30, "p95", Breach}, {35, 99, "", Breach}, {0, 10, "ramp", Phase}},
	}
	tests := []struct{ name, got, want string }{
		{"the main line has its extremes, the others their highest", l.Figure().Says, "p95: lowest 90ms at 10s, highest 310ms at 20s, last 118ms. Highest: p50 60ms at 20s. 2 breaches, the first from 20s to 30s."},
		{"no data", Lines{X: seconds(2, 1), Series: []Series{{Name: "p50", Y: []float64{nan, nan}}}}.Figure().Says, "Nothing was measured."},
		{"one point", Lines{X: []float64{3}, Unit: PerSecond, Series: []Series{{Name: "rate", Y: []float64{41.23}}}}.Figure().Says, "rate: 41.2/s at 3s."},
		{"a flat line", Lines{X: seconds(2, 1), Unit: Percent, Series: []Series{{Name: "ok", Y: []float64{100, 100}}}}.Figure().Says, "ok: 100% throughout."},
		{"counts are summed", Stack{X: seconds(3, 1), Unit: Count, Series: []Series{{Name: "timeout", Y: []float64{2, 0, 5}}, {Name: "reset", Y: []float64{0, 0, 0}}}}.Figure().Says, "timeout: 7 in all, most at 2s: 5."},
		{"no errors", Stack{X: seconds(3, 1), Unit: Count, Series: []Series{{Name: "reset", Y: []float64{0, 0, 0}}}}.Figure().Says, "None from 0s to 3s."},
		{
			"a curve passes a limit", Curve{Unit: Milliseconds, Series: []CurveSeries{{Name: "response time", Q: []float64{0, 0.5, 0.9, 0.99, 1}, V: []float64{10, 20, 100, 300, 900}}}, Limits: []CurveLimit{{0.95, 200, "p95 < 200ms"}}}.Figure().Says,
			"response time: p50 20ms, p99 300ms, max 900ms. response time passes 200ms at 96.8%.",
		},
		{
			"a map", Heat{Unit: Milliseconds, RowEdges: []float64{0, 10, 100, math.Inf(1)}, Columns: []HeatColumn{{0, 1, []int64{1, 5, 0}}, {1, 1, []int64{0, 3, 1}}}}.Figure().Says,
			"10 requests from 0s to 2s; most between 10ms and 100ms (80.00%); the highest up to 1.00s, first at 1s.",
		},
		{"intervals", drift().Figure().Says, "p50 1.2% (−0.4% to 2.9%); p95 8.4% (5.6% to 11.7%); p99 −3.1% (−9.9% to 4.2%)."},
		{
			"points", Points{Unit: Milliseconds, XUnit: PerSecond, Series: []PointSeries{{Name: "p95", X: []float64{100, 200}, Y: []float64{40, 90}}}, Marks: []Mark{{150, "holds"}}}.Figure().Says,
			"p95: lowest 40ms at 100/s, highest 90ms at 200/s, last 90ms at 200/s. holds: 150/s.",
		},
		{"a spark", spark1(t, Spark{Name: "p95", Y: []float64{3, nan, 1, 2}, Unit: Milliseconds}.HTML()), "p95: lowest 1.0ms, highest 3.0ms, last 2.0ms"},
		{"an empty spark", spark1(t, Spark{Name: "p95"}.HTML()), "p95: nothing was measured"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, test.got) })
	}
}

func spark1(t *testing.T, svg template.HTML) string { return parse(t, svg)[0].attrs["aria-label"] }

func TestTablesSayTheSame(t *testing.T) {
	l := Lines{X: []float64{1, 0}, Unit: Milliseconds, Series: []Series{{Name: "p\x1b50", Y: []float64{41, nan}}}, Bands: []Band{{0, 1, "ramp", Phase}}}
	require.Equal(t, Table{Head: []string{"time", `p\x1b50`, "in"}, Rows: [][]string{{"0s", "-", "ramp"}, {"1s", "41ms", ""}}}, l.Figure().Table)
	require.Equal(t, Table{Head: []string{"percentile", "a", "b"}, Rows: [][]string{{"50%", "2.0ms", "-"}, {"99.9%", "-", "7.0ms"}}}, Curve{
		Unit: Milliseconds, Series: []CurveSeries{{Name: "a", Q: []float64{0.5}, V: []float64{2}}, {Name: "b", Q: []float64{0.2, 0.999}, V: []float64{1, 7}}},
	}.Figure().Table)
	require.Equal(t, Table{Head: []string{"name", "value", "interval", "note"}, Rows: [][]string{{"p95", "8.4%", "5.6% to 11.7%", "slower"}}}, Bars{Unit: Percent, Bars: drift().Bars[1:2]}.Figure().Table)
	require.Equal(t, []string{"0s", "6", "10ms and 100ms", "100ms"}, Heat{Unit: Milliseconds, RowEdges: []float64{1, 10, 100}, Columns: []HeatColumn{{0, 1, []int64{1, 5}}}}.Figure().Table.Rows[0])
	require.Equal(t, [][]string{{"100/s", "40ms", "-"}, {"200/s", "-", "7.0ms"}}, Points{Unit: Milliseconds, XUnit: PerSecond, Series: []PointSeries{{X: []float64{100}, Y: []float64{40}}, {X: []float64{200}, Y: []float64{7}}}}.Figure().Table.Rows)
}

// hostile are names that would break out, if they could.
func hostile() []string {
	return []string{`</title><script>alert(1)</script>`, `" onload="alert(1)`, "a\x1b[31m\u202eb\x00\n", strings.Repeat("x", 10_000), "\xff\xfe", `&lt;`, "", "]]>"}
}

func TestHostileNamesAreInert(t *testing.T) {
	for _, name := range hostile() {
		series := []Series{{Name: name, Y: []float64{1, 2}}, {Name: name, Y: []float64{3, 1}}}
		bands := []Band{{0, 1, name, Phase}, {0, 1, name, Breach}, {1, 2, name, Gap}}
		limits, x := []Limit{{2, name}}, []float64{0, 1}
		figures := []Figure{
			Lines{ID: name, Title: name, X: x, Series: series, Bands: bands, Limits: limits}.Figure(),
			Small{ID: name, Title: name, X: x, Series: series, Bands: bands, Limits: limits}.Figure(),
			Stack{ID: name, Title: name, X: x, Series: series, Bands: bands}.Figure(),
			Curve{ID: name, Title: name, Series: []CurveSeries{{Name: name, Q: []float64{0, 1}, V: []float64{1, 3}}}, Limits: []CurveLimit{{0.5, 2, name}}}.Figure(),
			Heat{ID: name, Title: name, Noun: name, RowEdges: []float64{1, 2, 3}, Columns: []HeatColumn{{0, 1, []int64{1, 2}}}, Bands: bands, Limits: limits}.Figure(),
			Bars{ID: name, Title: name, Bars: []Bar{{Name: name, Value: 1, Hi: 2, Note: name}}, Margin: &Margin{0, 1, name}, Limits: limits}.Figure(),
			Points{ID: name, Title: name, XName: name, Series: []PointSeries{{Name: name, X: x, Y: x}}, Limits: limits, Marks: []Mark{{1, name}}}.Figure(),
		}
		svgs := []template.HTML{Spark{Name: name, Y: []float64{1, 2}}.HTML()}
		for _, f := range figures {
			svgs = append(svgs, f.SVG)
			require.Less(t, len(f.Says), 10*longest)
			for _, text := range append(f.Table.Head, f.Says, f.Title) {
				require.NotContains(t, text, "\x1b")
				require.NotContains(t, text, "\u202e")
			}
		}
		for _, svg := range svgs {
			lawful(t, svg)
			require.NotContains(t, string(svg), "\x1b")
			require.NotContains(t, string(svg), "\u202e")
			require.Less(t, len(svg), 12_000)
		}
	}
}

// lawful holds a drawing against the policy of the page: no script, no style, nothing from
// elsewhere, and ids that are its own.
func lawful(t *testing.T, svg template.HTML) {
	t.Helper()
	ids, all := map[string]bool{}, parse(t, svg)
	for _, n := range all {
		require.Contains(t, []string{"svg", "g", "path", "rect", "circle", "text", "title", "desc", "pattern"}, n.name)
		for name, v := range n.attrs {
			require.NotEqual(t, "style", name)
			require.False(t, strings.HasPrefix(name, "on"), "%s in %s", name, svg)
			require.NotContains(t, v, "NaN")
			require.NotContains(t, v, "%!")
			if name == "fill" || name == "stroke" {
				require.Regexp(t, `^(none|#[0-9a-f]{3}|#[0-9a-f]{6}|url\(#[A-Za-z0-9_-]+\))$`, v)
			}
			if name == "id" {
				require.Regexp(t, `^[A-Za-z_][A-Za-z0-9_-]*$`, v)
				require.False(t, ids[v], "the id %s is there twice", v)
				ids[v] = true
			}
		}
	}
	for _, n := range all {
		for _, v := range n.attrs {
			if at := strings.Index(v, "url("); at >= 0 {
				require.True(t, ids[strings.TrimSuffix(v[at+len("url(#"):], ")")], v)
			}
		}
		if href, ok := n.attrs["href"]; ok {
			require.True(t, ids[strings.TrimPrefix(href, "#")], href)
		}
	}
	for _, id := range strings.Fields(all[0].attrs["aria-labelledby"]) {
		require.True(t, ids[id], id)
	}
}

func TestDrawingsKeepThePolicyAndAreSmall(t *testing.T) {
	limit := map[string]int{"latency": 9_500, "heat": 60_000, "step": 2_500, "second": 2_500, "crowd": 20_000}
	for _, f := range variants() {
		lawful(t, f.SVG)
		most := limit[f.ID]
		if most == 0 {
			most = 12_000
		}
		require.Less(t, len(f.SVG), most, f.ID)
	}
	plain := latency()
	plain.Bands, plain.Limits = nil, nil
	require.Less(t, len(plain.Figure().SVG), 8<<10, "300 rows of four series")

	full := heat()
	for k := range full.Columns {
		for i := range full.Columns[k].Counts {
			full.Columns[k].Counts[i] = 1 << (uint(k*7+i*5) % 12)
		}
	}
	require.Less(t, len(full.Figure().SVG), 60_000, "120 columns of 50 rows, all full and no two alike")
}

func TestTheSameInputIsTheSameDrawing(t *testing.T) {
	require.Equal(t, variants(), variants())
}

func TestIDsAreValidAndStayApart(t *testing.T) {
	require.Equal(t, "latency-2", ident("latency-2"))
	seen := map[string]string{}
	for _, text := range []string{"a b", "a_b", "a_20_b", "a-b", "", " ", "_", "é", "1", "-"} {
		id := ident(text)
		require.Regexp(t, `^[A-Za-z_][A-Za-z0-9_-]*$`, id)
		require.NotContains(t, seen, id, "%q and %q", text, seen[id])
		seen[id] = text
	}
}

// Every class that is drawn has a rule, and every rule has a class that is drawn.
func TestStyleAndDrawingsAgree(t *testing.T) {
	drawn := map[string]bool{}
	styled := map[string]bool{}
	for _, f := range variants() {
		for _, n := range parse(t, f.SVG) {
			for _, class := range strings.Fields(n.attrs["class"]) {
				drawn[class] = true
			}
		}
	}
	drawn["spark"] = true
	for _, m := range regexp.MustCompile(`\.([a-z]+[0-9]?)`).FindAllStringSubmatch(Style(), -1) {
		styled[m[1]] = true
	}
	for class := range drawn {
		require.True(t, styled[class] || slices.Contains([]string{"plot", "xt", "names", "gap", "breach"}, class), "%s has no rule", class)
	}
	for _, class := range []string{"s1", "f1", "sm", "sq", "sa", "sl", "h1", "h8", "bg", "gl", "rim", "ring", "bp", "be", "bh", "mg", "sk", "fn"} {
		require.True(t, drawn[class] && styled[class], class)
	}
}

// Texts have 4.5 of contrast on their ground and lines 3, in both themes; and no two
// series have the same dash and nearly the same width.
func TestColoursAreReadable(t *testing.T) {
	for _, theme := range []theme{light(), dark()} {
		require.Len(t, theme, len(light()))
		ground := theme[0].colour
		for i, c := range theme {
			require.Equal(t, light()[i].name, c.name)
			switch {
			case slices.Contains([]string{"1", "2", "3", "4", "5", "6", "n", "t", "l", "q", "a"}, c.name):
				require.GreaterOrEqual(t, contrast(c.colour, ground), 4.5, c.name)
			case c.name == "b":
				require.GreaterOrEqual(t, contrast(c.colour, ground), 3.0, c.name)
			case strings.HasPrefix(c.name, "h") && c.name != "h1":
				require.Greater(t, contrast(c.colour, ground), contrast(theme[i-1].colour, ground)*1.12, "%s stands out from the level below", c.name)
			}
		}
	}
	inks := append(palette(), inksOf([]Tone{Main, Quiet, Alarm})...)
	for i, a := range inks {
		for _, b := range inks[:i] {
			require.False(t, a.dash == b.dash && math.Abs(a.width-b.width) < 0.1, "%v and %v", a, b)
		}
	}
}

// contrast is that of WCAG 2.
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(colour string) float64 {
	if len(colour) == 4 {
		colour = "#" + strings.Repeat(colour[1:2], 2) + strings.Repeat(colour[2:3], 2) + strings.Repeat(colour[3:], 2)
	}
	var c [3]int
	_, _ = fmt.Sscanf(colour, "#%02x%02x%02x", &c[0], &c[1], &c[2])
	sum := 0.0
	for i, share := range []float64{0.2126, 0.7152, 0.0722} {
		v := float64(c[i]) / 255
		if v <= 0.04045 {
			sum += share * v / 12.92
			continue
		}
		sum += share * math.Pow((v+0.055)/1.055, 2.4)
	}
	return sum
}

func FuzzDrawings(f *testing.F) {
	f.Add(0.0, 1.0, 2.0, "p95", []byte{1, 2, 3})
	f.Add(-1e300, math.Inf(1), math.NaN(), `<"&>`, []byte{255, 0})
	f.Add(1e15, 1e15+1, 1e-300, "\xff", bytes.Repeat([]byte{7}, 300))
	f.Fuzz(func(t *testing.T, a, b, c float64, name string, more []byte) {
		x, y := []float64{a, b, c}, []float64{b, c, a}
		for i, v := range more[:min(len(more), 300)] {
			x, y = append(x, a+float64(i)*float64(v)), append(y, c*float64(v))
		}
		counts := make([]int64, len(more))
		for i, v := range more {
			counts[i] = int64(v) << (v % 60)
		}
		for _, log := range []bool{false, true} {
			l := Lines{
				ID: name, Title: name, X: x, Step: c, Start: start, Log: log, Unit: Unit(len(more) % 8), Low: a, High: b,
				Series: []Series{{Name: name, Y: y}, {Name: name, Y: x, Tone: Main}}, Limits: []Limit{{a, name}, {b, name}},
				Bands: []Band{{a, b, name, Phase}, {b, c, name, Gap}, {a, c, name, Breach}, {c, a, name, Breach}},
			}
			for _, f := range []Figure{
				l.Figure(), Small(l).Figure(), Stack{ID: name, X: x, Step: b, Series: l.Series, Bands: l.Bands}.Figure(),
				Curve{ID: name, Log: log, Series: []CurveSeries{{Name: name, Q: y, V: x}, {Q: []float64{a, b, 0.5}, V: x}}, Limits: []CurveLimit{{a, b, name}, {0.9, c, name}}}.Figure(),
				Heat{ID: name, RowEdges: x, Columns: []HeatColumn{{a, b, counts}, {b, c, counts}, {a, 1, counts}}, Bands: l.Bands, Limits: l.Limits}.Figure(),
				Heat{ID: name, RowEdges: seconds(len(more)+1, 1), Columns: []HeatColumn{{a, b, counts}, {b, c, counts}, {a, 1, counts}}, Limits: l.Limits}.Figure(),
				Bars{ID: name, Dots: log, Bars: []Bar{{Name: name, Value: a, Lo: b, Hi: c}, {Value: b}}, Margin: &Margin{a, c, name}, Limits: l.Limits}.Figure(),
				Points{ID: name, Log: log, Series: []PointSeries{{Name: name, X: x, Y: y, Join: true}}, Marks: []Mark{{a, name}, {b, name}}, Limits: l.Limits}.Figure(),
			} {
				lawful(t, f.SVG)
				require.Less(t, len(f.SVG), 100_000)
				require.NotEmpty(t, f.Says)
			}
			lawful(t, Spark{Name: name, Y: y, Limit: a}.HTML())
		}
	})
}
