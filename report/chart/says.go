package chart

import (
	"fmt"
	"math"
	"strings"
)

// nothingSaid is what a chart of no data says.
const nothingSaid = "Nothing was measured."

// mostSpoken is how many series a text alternative names.
const mostSpoken = 4

// says is a chart over time in words: the series that matters with its extremes, how high
// the others went, then the bands.
func (r rows) says(u Unit, bands []Band) string {
	first, others := -1, []string{}
	for i, s := range r.series {
		if _, hi, _ := extremes(s.Y); hi >= 0 && (first < 0 || s.Tone == Main && r.series[first].Tone != Main) {
			first = i
		}
	}
	if first < 0 {
		return nothingSaid
	}
	for i, s := range r.series {
		if _, hi, _ := extremes(s.Y); hi >= 0 && i != first {
			others = append(others, fmt.Sprintf("%s %s at %s", named(s.Name), u.Text(s.Y[hi]), elapsed(r.x[hi])))
		}
	}
	out := r.spoken(r.series[first], u) + "."
	if len(others) > 0 {
		out += " Highest: " + listing(others, mostSpoken) + "."
	}
	if marked := marked(bands); marked != "" {
		out += " " + marked
	}
	if r.folded > 1 {
		out += fmt.Sprintf(" Each point is the highest of %d.", r.folded)
	}
	return out
}

// listing joins the first of parts and says how many more there are.
func listing(parts []string, most int) string {
	if more := len(parts) - most; more > 0 {
		parts = append(parts[:most:most], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, "; ")
}

// extremes are the rows of the lowest, the highest and the last value; -1: there is none.
func extremes(y []float64) (lo, hi, last int) {
	lo, hi, last = -1, -1, -1
	for i, v := range y {
		if math.IsNaN(v) {
			continue
		}
		if lo < 0 || v < y[lo] {
			lo = i
		}
		if hi < 0 || v > y[hi] {
			hi = i
		}
		last = i
	}
	return lo, hi, last
}

// spoken is one series in words: it has a value.
func (r rows) spoken(s Series, u Unit) string {
	lo, hi, last := extremes(s.Y)
	switch {
	case lo == last && hi == last:
		return fmt.Sprintf("%s: %s at %s", named(s.Name), u.Text(s.Y[last]), elapsed(r.x[last]))
	case s.Y[lo] == s.Y[hi]:
		return fmt.Sprintf("%s: %s throughout", named(s.Name), u.Text(s.Y[lo]))
	}
	return fmt.Sprintf("%s: lowest %s at %s, highest %s at %s, last %s", named(s.Name),
		u.Text(s.Y[lo]), elapsed(r.x[lo]), u.Text(s.Y[hi]), elapsed(r.x[hi]), u.Text(s.Y[last]))
}

// marked is a sentence about the gaps and the breaches, or "".
func marked(bands []Band) string {
	var parts []string
	for _, kind := range []struct {
		of        BandKind
		one, more string
	}{{Breach, "breach", "breaches"}, {Gap, "gap", "gaps"}} {
		found := of(bands, kind.of)
		if len(found) == 0 {
			continue
		}
		span := fmt.Sprintf("%s to %s", elapsed(found[0].From), elapsed(found[0].To))
		if len(found) == 1 {
			parts = append(parts, fmt.Sprintf("1 %s, from %s", kind.one, span))
			continue
		}
		parts = append(parts, fmt.Sprintf("%d %s, the first from %s", len(found), kind.more, span))
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "; ") + "."
}
