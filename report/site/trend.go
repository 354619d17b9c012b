package site

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"gonogo/report"
	"gonogo/report/chart"
	"gonogo/report/history"
	"gonogo/report/html"
	"gonogo/report/show"
)

// The sizes of the drawing of a trend, in the units of its viewBox.
const (
	trendLeft   = 64.0
	trendRight  = 16.0
	trendTop    = 26.0
	trendBottom = 34.0
)

// A figure is what is drawn of each run.
type figure struct {
	Name, Title   string
	width, height float64
	value, limit  func(*history.Row) *float64 // null: there is none
	text          func(*float64) string
	shifts        bool // the shifts of the trend are its
}

// figures are those of a scenario, the one that is mostly judged first.
func figures() []figure {
	return []figure{
		{
			"p95", "p95 of the response time, run by run", 960, 300,
			func(r *history.Row) *float64 { return r.P95 }, func(r *history.Row) *float64 { return r.P95Limit },
			show.Milliseconds, true,
		},
		{
			"bad", "Requests that were not answered well", 620, 210,
			func(r *history.Row) *float64 { return rest(r.SuccessRate) }, func(r *history.Row) *float64 { return rest(r.SuccessLimit) },
			share, false,
		},
		{
			"rate", "Good answers a second", 620, 210,
			func(r *history.Row) *float64 { return r.Rate }, func(*history.Row) *float64 { return nil },
			show.Rate, false,
		},
	}
}

// rest is what a percentage lacks of all.
func rest(percent *float64) *float64 {
	if percent == nil {
		return nil
	}
	return new(max(0, 100-*percent))
}

// share prints a share in percent with the digits that tell.
func share(v *float64) string {
	if v == nil {
		return show.None
	}
	return chart.Percent.Text(*v)
}

// A drawing is an SVG in the making. The classes are those of package chart, whose style
// they share; each run is a mark of its own with a link to its report, which is why it is
// drawn here.
type drawing struct {
	strings.Builder
	figure
	t    *history.Trend
	high float64 // of the axis
}

// draw draws a figure run by run: the level between shifts, the limit, and a mark for the
// verdict of each.
func (f figure) draw(t *history.Trend) template.HTML {
	d := &drawing{figure: f, t: t}
	for i := range t.Rows {
		for _, v := range []*float64{f.value(&t.Rows[i]), f.limit(&t.Rows[i])} {
			if v != nil {
				d.high = max(d.high, *v)
			}
		}
	}
	const most = 1e9
	if d.high = min(d.high, most); d.high == 0 {
		d.high = 1
	}
	fmt.Fprintf(d, `<svg xmlns="http://www.w3.org/2000/svg" class="chart trend" viewBox="0 0 %g %g" role="group" aria-label="%s, the oldest first">`, f.width, f.height, f.Title)
	d.axes()
	if f.shifts {
		d.levels()
	}
	d.plans()
	d.limits()
	d.line()
	for i := range t.Rows {
		d.run(i)
	}
	d.WriteString("</svg>")
	return template.HTML(d.String()) //nolint:gosec // texts of reports went through label
}

func (d *drawing) x(i float64) float64 {
	n := float64(len(d.t.Rows))
	return trendLeft + (d.width-trendLeft-trendRight)*(i+0.5)/n
}

func (d *drawing) y(v float64) float64 {
	return d.height - trendBottom - (d.height-trendTop-trendBottom)*min(v, d.high)/d.high
}

// label makes a text of unknown origin one that an attribute or an element can hold.
func label(text string) string { return template.HTMLEscapeString(show.Inert(text, 160)) }

// axes draws the grid: times on the left, days below.
func (d *drawing) axes() {
	step := math.Pow(10, math.Floor(math.Log10(d.high)))
	for _, part := range []float64{0.2, 0.5, 1} {
		if d.high/(step*part) <= 6 {
			step *= part
			break
		}
	}
	d.high = step * math.Ceil(d.high/step)
	for v := 0.0; v <= d.high*1.001; v += step {
		fmt.Fprintf(d, `<path class="gl" fill="none" stroke="#e3e6e9" d="M%g %.1fH%g"/>`, trendLeft, d.y(v), d.width-trendRight)
		fmt.Fprintf(d, `<text class="ft" fill="#4d5761" x="%g" y="%.1f" text-anchor="end">%s</text>`, trendLeft-8, d.y(v)+4, d.tick(v))
	}
	d.days()
}

// tick is a value of the axis.
func (d *drawing) tick(v float64) string {
	if v == 0 {
		return "0"
	}
	return d.text(&v)
}

// days writes when runs were, the year where it is another one.
func (d *drawing) days() {
	last, day, year := math.Inf(-1), "", 0
	for i := range d.t.Rows {
		const apart, half = 76, 30
		at := d.t.Rows[i].StartedAt.UTC()
		text := at.Format("2 Jan")
		x := min(max(d.x(float64(i)), trendLeft+half), d.width-half)
		if text == day || x < last+apart {
			continue
		}
		last, day = x, text
		if at.Year() != year {
			text += at.Format(" 2006")
			year = at.Year()
		}
		fmt.Fprintf(d, `<text class="ft" fill="#4d5761" x="%.1f" y="%g" text-anchor="middle">%s</text>`, x, d.height-12, text)
	}
}

// plans marks where the plan changed.
func (d *drawing) plans() {
	for i := range d.t.Rows {
		if d.t.Planned(i) {
			x := d.x(float64(i) - 0.5)
			fmt.Fprintf(d, `<path class="plan" fill="none" stroke="#4d5761" stroke-dasharray="1 3" d="M%.1f %gV%g"><title>another plan from here on</title></path>`, x, trendTop, d.height-trendBottom)
		}
	}
}

// levels draws the level of each stretch between shifts.
func (d *drawing) levels() {
	for k, s := range d.t.Shifts {
		x := d.x(float64(s.At) - 0.5)
		end := float64(len(d.t.Rows))
		if k+1 < len(d.t.Shifts) {
			end = float64(d.t.Shifts[k+1].At)
		}
		start := 0.0
		if k > 0 {
			start = float64(d.t.Shifts[k-1].At)
		}
		if k == 0 {
			d.level(start, float64(s.At), s.Before)
		}
		d.level(float64(s.At), end, s.After)
		anchor := "start"
		if x > d.width-140 {
			anchor = "end"
		}
		fmt.Fprintf(d, `<path class="shift" fill="none" stroke="#1c2126" stroke-dasharray="5 3" d="M%.1f %gV%g"/>`, x, trendTop-6, d.height-trendBottom)
		fmt.Fprintf(d, `<text class="fn" fill="#1c2126" x="%.1f" y="%g" text-anchor="%s">%+.0f%% to %s</text>`, x, trendTop-12, anchor, s.Change(), show.Milliseconds(&s.After))
	}
}

func (d *drawing) level(from, to, value float64) {
	fmt.Fprintf(d, `<path class="level" fill="none" stroke="#8b97a3" stroke-width="6" stroke-opacity=".35" d="M%.1f %.1fH%.1f"/>`, d.x(from-0.5), d.y(value), d.x(to-0.5))
}

// limits draws the limit that each run had.
func (d *drawing) limits() {
	var path strings.Builder
	was := math.NaN()
	for i := range d.t.Rows {
		limit := valueOf(d.limit(&d.t.Rows[i]))
		switch {
		case math.IsNaN(limit):
		case limit == was:
			fmt.Fprintf(&path, "H%.1f", d.x(float64(i)+0.5))
		default:
			fmt.Fprintf(&path, "M%.1f %.1fH%.1f", d.x(float64(i)-0.5), d.y(limit), d.x(float64(i)+0.5))
		}
		was = limit
	}
	if path.Len() > 0 {
		fmt.Fprintf(d, `<path class="sl" fill="none" stroke="#a3262a" stroke-width="1.2" stroke-dasharray="7 4" d="%s"/>`, &path)
	}
	if !math.IsNaN(was) {
		fmt.Fprintf(d, `<text class="fl" fill="#a3262a" x="%g" y="%.1f" text-anchor="end">limit %s</text>`, d.width-trendRight, d.y(was)-5, d.text(&was))
	}
}

// line joins the runs, but those that have no p95.
func (d *drawing) line() {
	var path strings.Builder
	verb := "M"
	for i := range d.t.Rows {
		v := d.value(&d.t.Rows[i])
		if v == nil {
			verb = "M"
			continue
		}
		fmt.Fprintf(&path, "%s%.1f %.1f", verb, d.x(float64(i)), d.y(*v))
		verb = "L"
	}
	if path.Len() > 0 {
		fmt.Fprintf(d, `<path class="joined" fill="none" stroke="#66707a" stroke-width="1.2" d="%s"/>`, &path)
	}
}

// run draws the mark of a run, in the form of its verdict's symbol.
func (d *drawing) run(i int) {
	r := &d.t.Rows[i]
	x, y := d.x(float64(i)), d.height-trendBottom
	if v := d.value(r); v != nil {
		y = d.y(*v)
	}
	form := map[string]string{
		"go":      "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
		"warn":    "m0-5l5 9h-10z",
		"stop":    "m-4.5-2.5l2-2 2.5 2.5 2.5-2.5 2 2-2.5 2.5 2.5 2.5-2 2-2.5-2.5-2.5 2.5-2-2 2.5-2.5z",
		"unknown": "m0-5l5 5-5 5-5-5z",
	}[html.Tone(r.Verdict)]
	const roomy = 9 // units from one run to the next
	size := min(1, max(0.5, (d.x(1)-d.x(0))/roomy))
	words := fmt.Sprintf("%s %s, p95 %s, success %s", r.Verdict, when(r.StartedAt), p95(r), report.Percent(r.SuccessRate))
	fmt.Fprintf(d, `<a href="%s" aria-label="%s"><path class="mark %s" transform="translate(%.1f %.1f) scale(%.2g)" d="M0 0%s"><title>%[2]s</title></path></a>`,
		template.HTMLEscapeString(reportURL(r.File)), label(words), html.Tone(r.Verdict), x, y, size, form)
}
