package measure

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// traffic returns outcomes as a healthy target gives them, due within the first
// second, and a Config for them.
func traffic(steps, n int) (Config, []Outcome) {
	w := newWorld(1, steps, 1)
	w.config.Limits, w.config.Groups = w.config.Limits[:steps], nil
	all := make([]Outcome, n)
	for i := range all {
		o := w.outcome()
		for o.Class != OK {
			o = w.outcome()
		}
		o.Phase = Measure
		all[i] = o
	}
	return w.config, all
}

// BenchmarkRecord is the hot path alone: about 10 ns, 0 allocations.
func BenchmarkRecord(b *testing.B) {
	for _, steps := range []int{1, 500} {
		b.Run(fmt.Sprint("steps=", steps), func(b *testing.B) {
			config, all := traffic(steps, 1<<13)
			r := NewRecorder(config)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%len(all) == 0 {
					r.Recycle(r.Detach())
				}
				r.Record(&all[i%len(all)])
			}
		})
	}
}

// BenchmarkSeal is all that recording costs a request, in the sizes in which an
// engine seals: hot path, Intervals, Summary.
func BenchmarkSeal(b *testing.B) {
	for _, steps := range []int{1, 20, 500} {
		for _, n := range []int{500, 7500} {
			b.Run(fmt.Sprintf("steps=%d/requests=%d", steps, n), func(b *testing.B) {
				benchmarkSeal(b, steps, n)
			})
		}
	}
}

func benchmarkSeal(b *testing.B, steps, n int) {
	config, all := traffic(steps, n)
	r, s := NewRecorder(config), NewSummary(config)
	var record, seal, merge time.Duration
	rounds := 0
	for b.Loop() {
		rounds++
		t0 := time.Now()
		for i := range all {
			r.Record(&all[i])
		}
		t1 := time.Now()
		intervals := r.Seal()
		t2 := time.Now()
		for _, i := range intervals {
			s.Merge(i)
		}
		record, seal, merge = record+t1.Sub(t0), seal+t2.Sub(t1), merge+time.Since(t2)
	}
	per := func(d time.Duration) float64 { return float64(d) / float64(rounds*n) }
	b.ReportMetric(per(record), "ns/record")
	b.ReportMetric(per(seal), "ns/seal")
	b.ReportMetric(per(merge), "ns/merge")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkMemory reports what two Recorders and a Summary hold after half a
// minute of 100,000 requests a second over 500 steps, each with a Limit.
func BenchmarkMemory(b *testing.B) {
	for _, seals := range []int{1, 10} {
		b.Run(fmt.Sprint("seals/s=", seals), func(b *testing.B) {
			for b.Loop() {
				held, peak := largePlan(30, 100_000, seals)
				b.ReportMetric(held, "MB-held")
				b.ReportMetric(peak, "MB-peak")
			}
		})
	}
}

// largePlan runs 500 steps for some seconds and returns how many MB are in use
// at the end, and the most that was in use including garbage.
func largePlan(seconds, rate, seals int) (held, peak float64) {
	config, _ := traffic(500, 0)
	before := heap()
	s, shards := NewSummary(config), []*Recorder{NewRecorder(config), NewRecorder(config)}
	source := rand.New(rand.NewPCG(1, 1))
	for i := range seconds * rate {
		o := healthy(source, time.Duration(i)*time.Second/time.Duration(rate))
		shards[i%2].Record(&o)
		if i%(rate/seals) == rate/seals-1 {
			for _, r := range shards {
				for _, sealed := range r.Seal() {
					s.Merge(sealed)
				}
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, float64(m.HeapAlloc)/1e6)
		}
	}
	held = heap() - before
	runtime.KeepAlive(s)
	runtime.KeepAlive(shards)
	return held, peak - before
}

// healthy is an OK outcome of one of 500 steps, whose medians differ.
func healthy(source *rand.Rand, due time.Duration) Outcome {
	spread := math.Exp(.5 * source.NormFloat64())
	step := source.IntN(500)
	sent := due + time.Duration(20_000*spread)
	first := sent + time.Duration(float64(step+5)*spread*float64(time.Millisecond)/10)
	return Outcome{
		Step: step, Phase: Measure, Status: 200, Due: due, Sent: sent, FirstByte: first,
		Done: first + time.Duration(30_000*spread), Read: first + time.Duration(40_000*spread), BytesIn: 1500, BytesOut: 200,
	}
}

// heap returns how many MB are in use.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}

// BenchmarkCells adds second after second and reports what the exact counters
// take: of a plan with one step and four limits, and of one with 20 steps and 21.
func BenchmarkCells(b *testing.B) {
	for _, steps := range []int{1, 20} {
		b.Run(fmt.Sprint("steps=", steps), func(b *testing.B) {
			config := Config{Steps: make([]string, steps), Limits: make([]Limit, max(4, steps+1))}
			for k := range config.Limits {
				config.Limits[k] = Limit{Step: min(k, steps) - 1, Latency: time.Duration(k)}
			}
			source := rand.New(rand.NewPCG(1, 1))
			var intervals [500]*Interval
			for i := range intervals {
				intervals[i] = busySecond(source, &config)
			}
			c, second := newCells(&config), 0
			for b.Loop() {
				if second == 86_400 {
					c, second = newCells(&config), 0
				}
				i := intervals[second%len(intervals)]
				i.Second = second
				c.addInterval(i)
				second++
			}
			b.ReportMetric(float64(c.Size())/float64(second), "B/row")
		})
	}
}

// busySecond is one of about 100 requests a step, of which some are slow and few
// fail.
func busySecond(source *rand.Rand, c *Config) *Interval {
	i := &Interval{Phase: Measure, Over: make([]int64, len(c.Limits))}
	for s := range c.Steps {
		p := Part{Step: s}
		p.Class[OK] = 100 + source.Int64N(100)
		p.Class[Status] = source.Int64N(3)
		i.Steps = append(i.Steps, p)
		for k, l := range c.Limits {
			if c.isOver(l, s) {
				i.Over[k] += p.Class[Status] + source.Int64N(20)
			}
		}
	}
	return i
}
