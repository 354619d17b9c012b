package validity

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
	"gonogo/slo/slotest"
)

var update = flag.Bool("update", false, "write what was judged into testdata/verdicts")

// TestVerdicts runs the cases of testdata/verdicts; the README of those of slo says
// how to write one.
func TestVerdicts(t *testing.T) {
	slotest.Run(t, *update, func(w *slotest.World) slotest.More {
		o := &world{World: w}
		return slotest.More{Fact: o.fact, Answer: o.answer}
	})
}

// A world is one with facts about the generator.
type world struct {
	*slotest.World
	facts Facts
}

func (w *world) fact(name, value string) {
	switch name {
	case "measure":
		w.facts.Measure = w.Duration(value)
	case "planned":
		w.facts.Planned = w.float(value)
	case "issued":
		w.facts.Issued = w.Number(value)
	case "poisson":
		w.facts.Poisson = true
	case "stopped-early":
		w.facts.StoppedEarly = true
	case "phase":
		phase, n, _ := strings.Cut(value, " ")
		p := PhasePlan{map[string]measure.Phase{"ramp": measure.Ramp, "warm-up": measure.WarmUp}[phase], w.float(n)}
		w.facts.Phases = append(w.facts.Phases, p)
	case "departures":
		w.facts.Departures = w.departures(value)
	case "health", "stall", "sleep", "step":
		w.health(name, value)
	default:
		require.Fail(w.T, "unknown fact", name)
	}
}

// departures reads "arrivals=1000 late=1ms gaps=800 left=0.05 drawn=0.04 scale=10ms worst=40s:930/1000".
func (w *world) departures(value string) *Departures {
	d := &Departures{}
	for _, word := range strings.Fields(value) {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "arrivals":
			d.Arrivals = w.Number(value)
		case "late":
			d.Late = w.Duration(value)
		case "gaps":
			d.Gaps = w.Number(value)
		case "left":
			d.Left = w.float(value)
		case "drawn":
			d.Drawn = w.float(value)
		case "scale":
			d.Scale = w.Duration(value)
		case "worst":
			start, counts, _ := strings.Cut(value, ":")
			left, due, _ := strings.Cut(counts, "/")
			d.Cells, d.Worst = 1, Cell{w.Duration(start), w.Number(due), w.Number(left)}
		default:
			require.Fail(w.T, "unknown word", word)
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
		*jolts = append(*jolts, Jolt{At: w.Duration(at), Length: w.Duration(length)})
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
			*map[string]*time.Duration{"scheduling": &h.Scheduling, "gc": &h.GC}[name] = w.Duration(value)
		}
	}
}

func (w *world) float(text string) float64 {
	f, err := strconv.ParseFloat(text, 64)
	require.NoError(w.T, err)
	return f
}

// answer says what Of must say.
func (w *world) answer(section string) []string {
	require.Equal(w.T, "validity", section, "unknown section")
	w.facts.Measured = w.Measured
	v := Of(w.Run(), w.facts, w.Objectives)
	out := []string{"valid"}
	if !v.Valid {
		out[0] = "INVALID"
	}
	for _, c := range v.Checks {
		state := map[[2]bool]string{{true, false}: "ok", {false, true}: "warning", {false, false}: "INVALID"}[[2]bool{c.OK, c.Warning}]
		require.NotEmpty(w.T, state)
		require.Equal(w.T, c.OK, c.Reason == "" && c.Remedy == "")
		line := fmt.Sprintf("%s: %s: %s, limit %s", c.Name, state, c.Measured, c.Limit)
		if !c.OK {
			line += ": " + c.Reason
		}
		out = append(out, line)
	}
	return out
}
