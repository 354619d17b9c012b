package trigger

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/slo"
)

// A queue is a single server with FIFO order, Poisson arrivals and exponential
// service (M/M/1). Its response times are exponential with rate 100-arrivals, so
// the share beyond any limit is known.
type queue struct {
	rand     *rand.Rand
	arrivals float64 // a second; 100 are served
	free     float64 // when the server is
	next     float64 // the next arrival
}

const served = 100

// newQueue returns one in its stationary state.
func newQueue(seed int, load float64) *queue {
	q := &queue{rand: rand.New(rand.NewPCG(uint64(seed), 1)), arrivals: load * served}
	if q.rand.Float64() < load {
		q.free = q.rand.ExpFloat64() / (served - q.arrivals)
	}
	q.next = q.rand.ExpFloat64() / q.arrivals
	return q
}

// limit returns the response time beyond which a share of all requests is.
func (q *queue) limit(share float64) float64 { return -math.Log(share) / (served - q.arrivals) }

// cell plays one second.
func (q *queue) cell(second int, limit float64) Cell {
	c := Cell{Second: second}
	for ; q.next < float64(second+1); q.next += q.rand.ExpFloat64() / q.arrivals {
		q.free = max(q.free, q.next) + q.rand.ExpFloat64()/served
		c.Due++
		if q.free-q.next > limit {
			c.Bad++
		}
	}
	return c
}

// An hour is what a trigger did in one.
type hour struct {
	fires   int
	first   time.Duration // the first time that it fired
	unknown int           // seconds
	acts    int           // because it was unknown
}

// play plays an hour of which some seconds are missing.
func play(t *testing.T, tr *Trigger, cell func(second int) (c Cell, known bool)) (h hour) {
	for second := range 3600 {
		if c, known := cell(second); known {
			require.NoError(t, tr.Add(c))
		}
		for _, transition := range tr.Decide(time.Duration(second+1) * time.Second) {
			switch transition.Act {
			case Fire:
				h.fires++
				if h.fires == 1 {
					h.first = transition.At
				}
			case NoGo:
				h.acts++
			}
		}
		if tr.Status().Unknown {
			h.unknown++
		}
	}
	return h
}

func p95(t *testing.T, hold time.Duration, r Reading) *Trigger {
	o := Defaults()
	o.Reading = r
	rule, err := Parse("p95 > 1s for " + short(hold))
	require.NoError(t, err)
	tr, err := New(rule, o)
	require.NoError(t, err)
	return tr
}

// hours sums up what a trigger "p95 for 5m" did, by its reading, in so many hours
// of a queue of which a share is beyond the limit. fired counts the hours in which it did.
func hours(t *testing.T, n int, load, share float64, missing func(*rand.Rand) bool, readings ...Reading) (sums map[Reading]hour, fired map[Reading]int) {
	sums, fired = map[Reading]hour{}, map[Reading]int{}
	for i := range n {
		q, gaps := newQueue(i, load), rand.New(rand.NewPCG(uint64(i), 2))
		cells, known := make([]Cell, 3600), make([]bool, 3600)
		for second := range cells {
			cells[second], known[second] = q.cell(second, q.limit(share)), !missing(gaps)
		}
		for _, r := range readings {
			h, sum := play(t, p95(t, 5*time.Minute, r), func(s int) (Cell, bool) { return cells[s], known[s] }), sums[r]
			if h.fires > 0 {
				fired[r]++
			}
			sums[r] = hour{sum.fires + h.fires, sum.first + h.first, sum.unknown + h.unknown, sum.acts + h.acts}
		}
	}
	return sums, fired
}

// after is when it fired first, on average over the hours in which it did.
func (h hour) after(fired int) time.Duration {
	return (h.first / time.Duration(max(1, fired))).Round(time.Second)
}

func nothingMissing(*rand.Rand) bool { return false }

// How often it fires on a healthy service, and whether it finds an ill one. The
// limit is 5 %; docs/decisions/0005-what-for-means.md has more of these figures.
func TestFiringOnAQueue(t *testing.T) {
	const n = 6
	t.Logf("load share reading: fires an hour, hours in which it fired, after")
	for _, load := range []float64{0.8, 0.9} {
		for _, share := range []float64{0.03, 0.1} {
			readings := []Reading{Sustained, Both, Windowed}
			sums, got := hours(t, n, load, share, nothingMissing, readings...)
			for _, r := range readings {
				t.Logf("%.1f %.2f %9s: %.2f, %d of %d, %s", load, share, r, float64(sums[r].fires)/n, got[r], n, sums[r].after(got[r]))
				require.Zero(t, sums[r].unknown)
			}
			if share < 0.05 {
				require.Zero(t, got[Sustained], "false fires")
				require.Zero(t, got[Both], "false fires")
				require.Greater(t, got[Windowed], 0, "the price of firing early")
			} else {
				require.Equal(t, n, got[Both], "an ill service is found")
				require.Equal(t, n, got[Windowed])
				require.LessOrEqual(t, got[Sustained], n)
			}
		}
	}
}

// Missing data neither makes a healthy service fire nor an ill one pass.
func TestFiringWithMissingData(t *testing.T) {
	const n = 3
	down := 0
	tests := []struct {
		name    string
		missing func(*rand.Rand) bool
		unknown [2]float64 // bounds of the share of time
	}{
		{"a tenth at random", func(r *rand.Rand) bool { return r.Float64() < 0.1 }, [2]float64{0, 0.005}},
		{"10 s a minute", func(r *rand.Rand) bool { down++; return down%60 < 10 }, [2]float64{0.12, 0.15}},
		{"two of three at random", func(r *rand.Rand) bool { return r.Float64() < 0.67 }, [2]float64{0.9, 1}},
		{"everything", func(*rand.Rand) bool { return true }, [2]float64{0.99, 1}},
	}
	for _, test := range tests {
		for _, share := range []float64{0.03, 0.1} {
			sums, all := hours(t, n, 0.8, share, test.missing, Both)
			sum, fired := sums[Both], all[Both]
			unknown := float64(sum.unknown) / (n * 3600)
			t.Logf("%s, share %.2f: fired in %d of %d hours after %s, unknown %.2f%% of the time, %.1f no-gos an hour",
				test.name, share, fired, n, sum.after(fired), 100*unknown, float64(sum.acts)/n)
			require.GreaterOrEqual(t, unknown, test.unknown[0])
			require.LessOrEqual(t, unknown, test.unknown[1])
			switch {
			case share < 0.05:
				require.Zero(t, fired)
			case unknown < 0.5:
				require.Equal(t, n, fired)
			default:
				require.Positive(t, sum.acts, "what cannot be seen is no go")
			}
		}
	}
}

// How often a Stopper stops runs of ten minutes, by the share beyond the limit.
func TestStoppingOnAQueue(t *testing.T) {
	target, err := slo.ParseTarget("p95 < 1s")
	require.NoError(t, err)
	stops := func(runs int, load, share float64, block time.Duration) (stopped int, after time.Duration) {
		for i := range runs {
			o := StopDefaults()
			o.Block = block
			s, err := NewStopper([]slo.Objective{{Go: target}}, o)
			require.NoError(t, err)
			q := newQueue(i, load)
			for second := range 600 {
				require.NoError(t, s.Add(s.Counters()[0], q.cell(second, q.limit(share))))
			}
			if stop := s.Decide(10 * time.Minute); stop != nil {
				stopped++
				after += stop.At
				require.LessOrEqual(t, stop.P, o.Alpha)
				require.Greater(t, stop.Bounds.Lo, 0.05)
			}
		}
		return stopped, (after / time.Duration(max(1, stopped))).Round(time.Second)
	}
	for _, test := range []struct {
		load, share float64
		block       time.Duration
		least, most int // of 50
	}{
		{0.8, 0.03, 10 * time.Second, 0, 0},
		{0.8, 0.05, 10 * time.Second, 0, 2},
		{0.95, 0.05, 10 * time.Second, 0, 8},
		{0.95, 0.05, 30 * time.Second, 0, 4},
		{0.8, 0.1, 10 * time.Second, 50, 50},
	} {
		stopped, after := stops(50, test.load, test.share, test.block)
		t.Logf("load %.2f, share %.2f, blocks of %s: %d of 50 stopped, after %s", test.load, test.share, test.block, stopped, after)
		require.GreaterOrEqual(t, stopped, test.least)
		require.LessOrEqual(t, stopped, test.most)
	}
}
