package drift_test

import (
	"math"
	"math/rand/v2"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"gonogo/slo/drift"
)

// The worlds and their simulation need nothing but the package's public API.

// A world makes runs of which all is known. Equal seeds make equal runs.
type world interface {
	run(seed uint64) drift.Run
}

// latency is a target of which each minute costs a level, which drifts, jumps
// and follows the time of day, times noise that remembers the minute before.
type latency struct {
	hours  int
	block  time.Duration
	memory float64 // correlation of a minute's noise with the next
	noise  float64 // its standard deviation, a share of the level
	drift  float64 // from start to end, a share of the level
	jump   float64 // a share of the level
	lasted int     // hours at the end for which the jump is there
	rhythm float64 // amplitude of a sine of a day
	phase  float64 // of that sine at the start, in days
	quiet  float64 // noise of a reference that has the rhythm alone; 0: no reference
	spikes float64 // the chance of a minute to be ten times as slow
	rate   bool    // judged is what one user gets done: the reciprocal
}

func (w latency) run(seed uint64) drift.Run {
	random := rand.New(rand.NewPCG(seed, 1))
	s := drift.Series{Name: "p95", Values: w.values(random, w.noise, 1)}
	if w.quiet > 0 {
		s.Reference = w.values(random, w.quiet, 0)
	}
	if w.rate {
		s.Name, s.Worse = "throughput", drift.Down
		for i := range s.Values {
			s.Values[i] = 1 / s.Values[i]
		}
	}
	return drift.Run{Start: monday(), Block: w.block, Series: []drift.Series{s}}
}

func monday() time.Time { return time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC) }

// values are the block values, means of their minutes, with all of the
// degradation or none.
func (w latency) values(random *rand.Rand, noise, degradation float64) []float64 {
	minutes, per := w.hours*60, int(w.block/time.Minute)
	values := make([]float64, minutes/per)
	z, fresh := random.NormFloat64(), math.Sqrt(1-w.memory*w.memory)
	for m := range minutes {
		x := 100 * math.Exp(noise*z) * (1 + degradation*w.drift*(float64(m)+0.5)/float64(minutes))
		if m >= minutes-60*w.lasted {
			x *= 1 + degradation*w.jump
		}
		x *= 1 + w.rhythm*math.Sin(2*math.Pi*(float64(m)/1440+w.phase))
		if w.spikes > 0 && random.Float64() < w.spikes {
			x *= 10
		}
		values[m/per] += x / float64(per)
		z = w.memory*z + fresh*random.NormFloat64()
	}
	return values
}

// errors is a target that fails by chance.
type errors struct {
	requests int64   // in a block, of which a day has 72
	share    float64 // of them that fails at the start
	drift    float64 // by how much that is more at the end
	bursts   bool    // in the last quarter, two blocks of which 5 % fail
}

func (w errors) run(seed uint64) drift.Run {
	random := rand.New(rand.NewPCG(seed, 2))
	s := drift.Series{Name: "errors", Scale: drift.Share}
	for b := range 72 {
		share := w.share + w.drift*(float64(b)+0.5)/72
		if w.bursts && (b == 58 || b == 67) {
			share = 0.05
		}
		failed := 0.0
		if share > 0 {
			failed = distuv.Binomial{N: float64(w.requests), P: share, Src: random}.Rand()
		}
		s.Values = append(s.Values, failed/float64(w.requests))
		s.Samples = append(s.Samples, w.requests)
	}
	return drift.Run{Start: monday(), Block: 20 * time.Minute, Series: []drift.Series{s}}
}

// A tally is what many runs of a world came to.
type tally struct {
	runs, passed, failed int
	noted                int // runs that say that they are confounded with the time of day
}

// simulate judges that many runs of a world, with seeds from 1 on.
func simulate(w world, o drift.Options, runs int) (tally, error) {
	t := tally{runs: runs}
	for seed := range runs {
		d, err := drift.Judge(w.run(uint64(seed+1)), o)
		if err != nil {
			return t, err
		}
		switch d.Verdict {
		case drift.Pass:
			t.passed++
		case drift.Fail:
			t.failed++
		}
		if j := d.Judgements[0]; j.Confounded && len(j.Notes) > 0 {
			t.noted++
		}
	}
	return t, nil
}

// A claim is what the package promises of a world, in percent of its runs.
type claim struct {
	name                    string
	world                   world
	runs                    int // that the bounds were chosen for
	passAtLeast, passAtMost float64
	failAtLeast, failAtMost float64
	noted                   bool // every run says that it is confounded
}

// claims are all promises, for the default options.
func claims() []claim {
	day := latency{hours: 24, block: 20 * time.Minute, memory: 0.9, noise: 0.1}
	with := func(change func(*latency)) latency {
		w := day
		change(&w)
		return w
	}
	of := func(name string, w world, bounds func(*claim)) claim {
		c := claim{name: name, world: w, runs: 120, passAtMost: 100, failAtMost: 100}
		bounds(&c)
		return c
	}
	clean := func(pass float64) func(*claim) {
		return func(c *claim) { c.passAtLeast, c.failAtMost = pass, 5 }
	}
	found := func(c *claim) { c.failAtLeast, c.passAtMost = 80, 1 }
	atMargin := func(c *claim) { c.passAtMost, c.failAtMost = 6, 30 }
	all := []claim{
		of("a day without drift", day, clean(65)),
		of("a day with a drift of half the margin", with(func(w *latency) { w.drift = 0.05 }), func(c *claim) { c.failAtMost = 6 }),
		of("a day with a drift of the margin", with(func(w *latency) { w.drift = 0.1 }), atMargin),
		of("a day with a drift of twice the margin", with(func(w *latency) { w.drift = 0.2 }), found),
		of("a jump in the last three hours", with(func(w *latency) { w.jump, w.lasted = 0.2, 3 }), found),
		of("a jump at noon", with(func(w *latency) { w.jump, w.lasted = 0.2, 12 }), found),
		of("a throughput without drift", with(func(w *latency) { w.rate = true }), clean(60)),
		of("a throughput that falls by twice the margin", with(func(w *latency) { w.rate, w.drift = true, 0.25 }), found),
		of("spikes without drift", with(func(w *latency) { w.spikes = 0.002 }), clean(60)),
		of("spikes and a drift of twice the margin", with(func(w *latency) { w.spikes, w.drift = 0.002, 0.2 }), func(c *claim) { c.failAtLeast, c.passAtMost = 70, 1 }),
		of("noise far above the margin", with(func(w *latency) { w.noise = 0.5 }), func(c *claim) { c.failAtMost = 3 }),
		of("long memory without drift", with(func(w *latency) { w.memory = 0.97 }), clean(10)),
		of("long memory and a drift of the margin", with(func(w *latency) { w.memory, w.drift = 0.97, 0.1 }), atMargin),
		of("short memory without drift", with(func(w *latency) { w.memory = 0.5 }), clean(95)),
		of("two days with a rhythm", with(func(w *latency) { w.hours, w.rhythm = 48, 0.1 }), clean(65)),
		of("two days with a rhythm and a drift of the margin", with(func(w *latency) { w.hours, w.rhythm, w.drift = 48, 0.1, 0.1 }), atMargin),
		of("two days with a rhythm and a drift of twice the margin", with(func(w *latency) { w.hours, w.rhythm, w.drift = 48, 0.1, 0.2 }), found),
		of("a reference with the same rhythm", with(func(w *latency) { w.rhythm, w.quiet = 0.1, 0.03 }), clean(60)),
		of("a reference and a drift of the margin", with(func(w *latency) { w.rhythm, w.quiet, w.drift = 0.1, 0.03, 0.1 }), atMargin),
		of("a reference and a drift of twice the margin", with(func(w *latency) { w.rhythm, w.quiet, w.drift = 0.1, 0.03, 0.2 }), found),
		of("no error in many requests", errors{requests: 12_000}, clean(100)),
		of("hardly an error in many requests", errors{requests: 12_000, share: 1e-6}, clean(100)),
		of("no error in few requests", errors{requests: 100}, func(c *claim) { c.passAtMost, c.failAtMost = 0, 0 }),
		of("rare errors that grow by the margin", errors{requests: 200, drift: 0.001}, atMargin),
		of("errors that grow by the margin", errors{requests: 12_000, share: 0.002, drift: 0.001}, atMargin),
		of("errors that grow by three times the margin", errors{requests: 12_000, share: 0.002, drift: 0.003}, found),
		of("errors in two blocks at the end", errors{requests: 12_000, bursts: true}, func(c *claim) { c.passAtMost = 0 }),
	}
	for _, phase := range []float64{0, 0.25, 0.5, 0.75} {
		all = append(all, of("a day with a rhythm alone", with(func(w *latency) { w.rhythm, w.phase = 0.1, phase }), func(c *claim) {
			c.failAtMost, c.noted = 5, true
		}))
	}
	for i := range all[:5] { // those that matter most
		all[i].runs = 300
	}
	return all
}
