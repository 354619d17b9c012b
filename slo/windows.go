package slo

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
	"time"

	"gonogo/measure"
)

// A Window is a stretch of a phase: of an objective that is judged in windows, the
// worst of them.
type Window struct {
	Start, Length time.Duration // since the start of the run
	Samples       int64         // scheduled requests
	Bad           int64         // of those: not OK or, for a response time, beyond Go's limit
}

// A windows is one band judged in every window.
type windows struct {
	all, held int
	empty     int // windows in which nothing was due, so that nothing is known of them
	firstGap  int // the unit at which the first of those begins
	firstMiss int // the unit at which the first begins in which the band does not hold; -1: none
}

// truth is whether a band holds, as far as that is known.
type truth int

const (
	unsure truth = iota
	no
	yes
)

func truthOf(holds bool) truth {
	if holds {
		return yes
	}
	return no
}

// inWindows judges each band of an objective in every window, and finds the worst.
func (e evidence) inWindows(o Objective) (held map[string]truth, note string, worst *Window, problem string) {
	var limits []measure.Limit
	for _, b := range o.bands() {
		limits = append(limits, b.counters(e.step)...)
	}
	t, problem := e.track(limits)
	if problem != "" {
		return nil, "", nil, problem
	}
	size := int(o.Go.Window / time.Second)
	first, end := t.bounds(e, o.Go.Metric)
	switch {
	case size%t.unit != 0:
		return nil, "", nil, fmt.Sprintf("it cannot be judged from what is kept: seconds are kept by %d, and windows are %s", t.unit, spanText(o.Go.Window))
	case end-first < size/t.unit:
		return nil, "", nil, fmt.Sprintf("it cannot be judged: the %s phase has no window of %s", e.phase, spanText(o.Go.Window))
	}
	size /= t.unit
	held = map[string]truth{}
	for _, b := range o.bands() {
		w := t.judge(b.Target, b.counters(e.step), first, end, size)
		held[b.name] = w.truth(b.Scope)
		if b.name == bandGo {
			note = w.words(&t)
		}
	}
	worst = t.worst(o.Go, o.Go.counters(e.step), first, end, size)
	return held, note, worst, ""
}

// bounds are the units that windows may take. A rate needs whole ones: in the second
// in which a phase begins fewer requests are due.
func (t *track) bounds(e evidence, m Metric) (first, end int) {
	first, end = 0, t.units()
	if m != Rate {
		return first, end
	}
	span, unit := e.run.Spans[e.phase], time.Duration(t.unit)*time.Second
	start := time.Duration(t.start) * time.Second
	if span.Start > start {
		first = int((span.Start - start + unit - 1) / unit)
	}
	return first, min(end, int((span.Start+span.Length-start)/unit))
}

// judge judges a target in every window of so many units.
func (t *track) judge(target Target, limits []measure.Limit, first, end, size int) windows {
	w := windows{firstMiss: -1}
	for i := first; i+size <= end; i++ {
		w.all++
		c := t.between(i, i+size, limits)
		switch {
		case c.samples == 0 && target.Metric != Rate:
			if w.empty == 0 {
				w.firstGap = i
			}
			w.empty++
		case target.holdsFor(c):
			w.held++
		case w.firstMiss < 0:
			w.firstMiss = i
		}
	}
	return w
}

// truth compares the share of the windows with the one that is asked for. What an
// empty window would have been is left open.
func (w windows) truth(s Scope) truth {
	if s.any() {
		switch {
		case w.held > 0:
			return yes
		case w.empty > 0:
			return unsure
		}
		return no
	}
	enough := func(held int) bool {
		return big.NewRat(int64(100*held), int64(w.all)).Cmp(s.Share.rat()) >= 0
	}
	switch {
	case enough(w.held):
		return yes
	case enough(w.held + w.empty):
		return unsure
	}
	return no
}

// words says in how many windows go holds, and where it first does not.
func (w windows) words(t *track) string {
	text := fmt.Sprintf("it holds in %d of %d windows", w.held, w.all)
	if w.held == w.all {
		text = fmt.Sprintf("it holds in all %d windows", w.all)
	}
	if w.firstMiss >= 0 {
		text += fmt.Sprintf(", first not in the one at %s", momentText(t.at(w.firstMiss)))
	}
	if w.empty > 0 {
		text += fmt.Sprintf("; %d are without requests, the first at %s", w.empty, momentText(t.at(w.firstGap)))
	}
	return text
}

// at returns when a unit begins, since the start of the run.
func (t *track) at(unit int) time.Duration {
	return time.Duration(t.start+unit*t.unit) * time.Second
}

// worst returns the window with the largest share of bad requests, or the lowest
// rate, the first of equals.
func (t *track) worst(target Target, limits []measure.Limit, first, end, size int) *Window {
	worst, at := counted{}, -1
	for i := first; i+size <= end; i++ {
		c := t.between(i, i+size, limits)
		if c.samples == 0 && target.Metric != Rate {
			continue
		}
		if at < 0 || target.worse(c, worst) {
			worst, at = c, i
		}
	}
	if at < 0 {
		return nil
	}
	return &Window{
		Start: t.at(at), Length: time.Duration(size*t.unit) * time.Second,
		Samples: worst.samples, Bad: target.bad(worst),
	}
}

// bad counts what is bad for a target.
func (t Target) bad(c counted) int64 {
	switch {
	case !t.isRank():
		return c.samples - c.ok
	case t.Op == LessEqual || t.Op == Greater:
		return c.above
	}
	return c.notBelow
}

func (t Target) worse(a, b counted) bool {
	if t.Metric == Rate {
		return a.ok < b.ok
	}
	return shareBelow(t.bad(b), b.samples, t.bad(a), a.samples)
}

// shareBelow tells whether a/b is below c/d, exactly. None of them is negative.
func shareBelow(a, b, c, d int64) bool {
	hi, lo := bits.Mul64(uint64(a), uint64(d))
	high, low := bits.Mul64(uint64(c), uint64(b))
	return hi < high || hi == high && lo < low
}

// text says where the window is and how bad it was.
func (w *Window) text(t Target) string {
	head := "the worst, at " + momentText(w.Start) + ": "
	switch {
	case t.Metric == Rate:
		return head + fmt.Sprintf("%.4g ok answers a second", float64(w.Samples-w.Bad)/w.Length.Seconds())
	case !t.isRank():
		return head + fmt.Sprintf("%d of %d requests not ok", w.Bad, w.Samples)
	}
	return head + fmt.Sprintf("%d of %d requests beyond %s or not ok", w.Bad, w.Samples, t.LimitText())
}

// shareText prints the share of bad requests in as many digits as it takes to tell
// it from nothing and from what a percentile allows.
func (w *Window) shareText(t Target) string {
	share, allowed := 100*float64(w.Bad)/float64(w.Samples), 0.0
	if t.Metric == Percentile {
		allowed = 100 - t.Quantile.Float()
	}
	for digits := 1; digits < 9; digits++ {
		text := strconv.FormatFloat(share, 'f', digits, 64)
		shown, _ := strconv.ParseFloat(text, 64)
		if (shown > 0) == (w.Bad > 0) && (shown > allowed) == (share > allowed) {
			return text + "% over"
		}
	}
	return strconv.FormatFloat(share, 'g', -1, 64) + "% over"
}

// value returns what was measured in the window, where the counters tell.
func (w *Window) value(t Target) float64 {
	switch t.Metric {
	case Success:
		return 100 * float64(w.Samples-w.Bad) / float64(w.Samples)
	case ErrorRate:
		return 100 * float64(w.Bad) / float64(w.Samples)
	case Rate:
		return float64(w.Samples-w.Bad) / w.Length.Seconds()
	}
	return math.NaN()
}

// momentText prints when something was: "12m10s".
func momentText(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
