package compare

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/slo"
)

// seen is how rows of one metric fared in many runs of a world.
type seen struct {
	runs, told   int // all, and those without a doubt
	below, above int // the truth was beyond that bound, of those told
	pass, fail   int
	width        float64
}

func (s seen) String() string {
	n, k := float64(s.runs), float64(max(s.told, 1))
	return fmt.Sprintf("told %.3f  truth below lo %.3f above hi %.3f  pass %.3f fail %.3f  width %.3f",
		float64(s.told)/n, float64(s.below)/k, float64(s.above)/k, float64(s.pass)/n, float64(s.fail)/n, s.width/k)
}

// simulate compares the sides of many worlds. truth is the change of a percentile.
func simulate(w world, design Design, runs int, truth float64) map[string]*seen {
	all := map[string]*seen{}
	for run := range runs {
		b, c := w.sides(uint64(run))
		got := Sides(design, b, c, usualOptions())
		for _, r := range got.Rows {
			s := all[r.Metric.String()]
			if s == nil {
				s = &seen{}
				all[r.Metric.String()] = s
			}
			s.note(r, truth)
		}
	}
	return all
}

func (s *seen) note(r Row, truth float64) {
	if r.Metric.Kind == slo.Success {
		truth = 0
	}
	s.runs++
	if r.Verdict == slo.Pass || r.Verdict == slo.Conditional {
		s.pass++
	}
	if r.Verdict == slo.Fail {
		s.fail++
	}
	if r.Doubt != "" {
		return
	}
	s.told++
	s.width += r.Hi - r.Lo
	if truth < r.Lo {
		s.below++
	}
	if truth > r.Hi {
		s.above++
	}
}

// A nominal 5 % a bound: of 40 runs, more than 6 that miss have a chance of 0.3 %.
func TestBoundsHold(t *testing.T) {
	const runs, most = 40, 6
	if testing.Short() {
		t.Skip("makes many runs")
	}
	tests := []struct {
		name   string
		slower float64
		check  func(t *testing.T, all map[string]*seen)
	}{
		{"without a difference nothing fails", 1, func(t *testing.T, all map[string]*seen) {
			require.Zero(t, all["p50"].fail)
			require.LessOrEqual(t, all["p95"].fail, runs/20)
			require.LessOrEqual(t, all["p99"].fail, runs/20)
			require.Greater(t, all["p50"].pass, runs*8/10)
			require.Greater(t, all["p95"].pass, runs*6/10)
		}},
		{"on the margin hardly anything passes or fails", 1.1, func(t *testing.T, all map[string]*seen) {
			for _, name := range []string{"p50", "p95", "p99"} {
				require.LessOrEqual(t, all[name].pass, most, name)
				require.LessOrEqual(t, all[name].fail, most, name)
			}
		}},
		{"twice the margin is found", 1.2, func(t *testing.T, all map[string]*seen) {
			require.Greater(t, all["p95"].fail, runs*6/10)
			require.Zero(t, all["p50"].pass+all["p95"].pass+all["p99"].pass)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := calm()
			w.own, w.ownPhi, w.rate, w.seconds, w.slower = 0.05, 0.5, 60, 120, test.slower
			all := simulate(w, Concurrent, runs, test.slower-1)
			for name, s := range all {
				require.LessOrEqual(t, s.below, most, name)
				require.LessOrEqual(t, s.above, most, name)
			}
			test.check(t, all)
		})
	}
}

func TestSimulationReport(t *testing.T) {
	runs, _ := strconv.Atoi(os.Getenv("GONOGO_SIMULATE"))
	if runs == 0 {
		t.Skip("set GONOGO_SIMULATE to a number of runs to print what docs/decisions/0008-comparing-shares.md shows")
	}
	for _, w := range simWorlds() {
		for _, d := range []Design{Concurrent, Sequential} {
			fmt.Printf("%s %s\n", w.name, d)
			got := simulate(w.world, d, runs, w.world.slower-1)
			for _, m := range []string{"p50", "p95", "p99", "success"} {
				fmt.Printf("  %-8s %s\n", m, got[m])
			}
		}
	}
}

type named struct {
	name string
	world
}

func simWorlds() []named {
	with := func(name string, change func(*world)) named {
		w := calm()
		change(&w)
		return named{name, w}
	}
	return []named{
		with("common noise", func(*world) {}),
		with("own noise AR(0.5)", func(w *world) { w.own, w.ownPhi = 0.1, 0.5 }),
		with("own noise AR(0.8)", func(w *world) { w.own, w.ownPhi = 0.1, 0.8 }),
		with("own noise AR(0.5) 300 s, +10 %", func(w *world) { w.own, w.ownPhi, w.seconds, w.slower = 0.1, 0.5, 300, 1.1 }),
		with("own noise AR(0.5) 200/s, +20 %", func(w *world) { w.own, w.ownPhi, w.rate, w.slower = 0.1, 0.5, 200, 1.2 }),
		with("failures 0.2 %", func(w *world) { w.failing = [2]float64{0.002, 0.002} }),
		with("failures 0.2 % 300 s 200/s", func(w *world) { w.failing = [2]float64{0.002, 0.002}; w.seconds, w.rate = 300, 200 }),
		with("outages, 600 s", func(w *world) { w.seconds, w.outage, w.whole = 600, 0.02, 0.5 }),
		with("outages, shared", func(w *world) { w.seconds, w.outage, w.whole, w.shared = 300, 0.02, 0.5, true }),
		with("queues, load 0.8, 60 s", func(w *world) { w.load = 0.8 }),
		with("queues, load 0.8, 300 s", func(w *world) { w.load, w.seconds = 0.8, 300 }),
		with("queues, load 0.9, 60 s", func(w *world) { w.load = 0.9 }),
		with("queues, load 0.9, 600 s", func(w *world) { w.load, w.seconds = 0.9, 600 }),
		with("30 s, 20/s", func(w *world) { w.seconds, w.rate = 30, 20 }),
	}
}
