package report

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"

	"gonogo/measure"
)

// A Curve is one of the run's durations by percentile.
type Curve struct {
	Name string
	Q    []float64 // rising, below 1
	MS   []float64 // at each of Q; the last one is the longest
}

// Curves are the durations of the measure phase that are read by percentile: response
// time, service time and client delay, as far as they were measured. The points of each
// lie evenly where every nine has the same room.
func (r *Report) Curves() ([]Curve, error) {
	if r.curves != nil {
		return r.curves, nil
	}
	var all []Curve
	delay := r.Histograms.ClientDelay
	if r.Generator.unstamped() { // unknown, and not nothing
		delay = nil
	}
	for _, one := range []struct {
		name string
		text *string
	}{
		{"response time", r.Histograms.Latency},
		{"service time", r.Histograms.Service},
		{"client delay", delay},
	} {
		if one.text == nil {
			continue
		}
		h, err := decodeHistogram(*one.text)
		if err != nil {
			return nil, fmt.Errorf("the histogram of the %s: %w", one.name, err)
		}
		if h.Count() > 0 {
			all = append(all, curveOf(one.name, h))
		}
	}
	return all, nil
}

// curvesOf are the same of figures, which need not be encoded for it.
func curvesOf(f *measure.Figures, g *Generator) []Curve {
	all := []Curve{}
	add := func(name string, h *measure.Histogram) {
		if h.Count() > 0 {
			all = append(all, curveOf(name, h))
		}
	}
	add("response time", f.Response())
	add("service time", &f.Service)
	if !g.unstamped() {
		add("client delay", &f.ClientDelay)
	}
	return all
}

// decodeHistogram reads what encodeHistograms wrote.
func decodeHistogram(text string) (*measure.Histogram, error) {
	const longest = 1 << 20 // a histogram of all that can be told apart is far shorter
	if len(text) > longest {
		return nil, errors.New("it is longer than any")
	}
	x, err := hdrhistogram.Decode([]byte(text))
	if err != nil {
		return nil, err
	}
	return measure.Import(x, measure.Exact{})
}

// perNine is how many points a Curve has for each nine of the percentile.
const perNine = 12

// curveOf takes even steps of the nines, and the percentiles that people ask for.
func curveOf(name string, h *measure.Histogram) Curve {
	c := Curve{Name: name}
	n := float64(h.Count())
	at := []float64{0.5, 0.75, 0.95, 0.995}
	for i := 0; ; i++ {
		q := 1 - math.Pow(10, -float64(i)/perNine)
		if q > 1-1/n {
			break
		}
		at = append(at, q)
	}
	slices.Sort(at)
	for _, q := range at {
		if q <= 1-1/n {
			c.Q, c.MS = append(c.Q, q), append(c.MS, *inMilliseconds(h.Quantile(q)))
		}
	}
	c.Q, c.MS = append(c.Q, 1-1/(2*n)), append(c.MS, *inMilliseconds(h.Max())) // in the middle of the last one's share
	return c
}
