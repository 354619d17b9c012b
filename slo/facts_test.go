package slo

import (
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// observed reads a fact about the generator.
func (w *world) observed(name, value string) {
	switch name {
	case "phase":
		phase, n, _ := strings.Cut(value, " ")
		p := PhasePlan{map[string]measure.Phase{"ramp": measure.Ramp, "warm-up": measure.WarmUp}[phase], w.float(n)}
		w.facts.Phases = append(w.facts.Phases, p)
	case "departures":
		w.facts.Departures = w.departures(value)
	default:
		w.health(name, value)
	}
}

// departures reads "arrivals=1000 late=1ms gaps=800 left=0.05 drawn=0.04 scale=10ms worst=40s:930/1000".
func (w *world) departures(value string) *Departures {
	d := &Departures{}
	for _, word := range strings.Fields(value) {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "arrivals":
			d.Arrivals = w.number(value)
		case "late":
			d.Late = w.duration(value)
		case "gaps":
			d.Gaps = w.number(value)
		case "left":
			d.Left = w.float(value)
		case "drawn":
			d.Drawn = w.float(value)
		case "scale":
			d.Scale = w.duration(value)
		case "worst":
			start, counts, _ := strings.Cut(value, ":")
			left, due, _ := strings.Cut(counts, "/")
			d.Cells, d.Worst = 1, Cell{w.duration(start), w.number(due), w.number(left)}
		default:
			require.Fail(w.t, "unknown word", word)
		}
	}
	return d
}

// health reads "cpu=1.9 cpus=2 scheduling=1ms gc=1ms", or "1.8s at 5s" of a jolt.
func (w *world) health(name, value string) {
	if w.facts.Health == nil {
		w.facts.Health = &Health{CPU: -1, Scheduling: -1, GC: -1}
	}
	h := w.facts.Health
	if jolts := map[string]*[]Jolt{"stall": &h.Stalls, "sleep": &h.Sleeps, "step": &h.Steps}[name]; jolts != nil {
		length, at, _ := strings.Cut(value, " at ")
		*jolts = append(*jolts, Jolt{At: w.duration(at), Length: w.duration(length)})
		return
	}
	for _, word := range strings.Fields(value) {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "cpu":
			h.CPU = w.float(value)
		case "cpus":
			h.CPUs = w.float(value)
		default:
			*map[string]*time.Duration{"scheduling": &h.Scheduling, "gc": &h.GC}[name] = w.duration(value)
		}
	}
}

func (w *world) float(text string) float64 {
	f, err := strconv.ParseFloat(text, 64)
	require.NoError(w.t, err)
	return f
}
