package compare

import (
	"math"
	"math/rand/v2"
	"time"
)

// A world makes concurrent sides: in each second, response times of both are lognormal
// around a level that wanders (an autoregression of order 1), the same for both, and a
// level of their own that wanders, too.
type world struct {
	seconds           int
	rate              float64 // requests a second and side
	common, commonPhi float64 // standard deviation and lag-1 correlation of the logarithm
	own, ownPhi       float64
	sigma             float64    // of the logarithm, within a second
	slower            float64    // what the candidate's times are multiplied by
	failing           [2]float64 // share of requests that fail
	outage, whole     float64    // chance that one begins in a second, and that it ends; while it lasts all fail
	shared            bool       // outages are those of both
	load              float64    // above 0: both are queues (M/M/1) of 100 requests of work a second, and nothing of the above but slower
}

func calm() world {
	return world{seconds: 60, rate: 50, common: 0.3, commonPhi: 0.9, sigma: 0.5, slower: 1}
}

// wander is the next level after one.
func wander(r *rand.Rand, level, sd, phi float64) float64 {
	return phi*level + sd*math.Sqrt(1-phi*phi)*r.NormFloat64()
}

// isOut tells whether there is an outage in a second, given the one before.
func (w world) isOut(r *rand.Rand, was bool) bool {
	if w.outage == 0 {
		return false
	}
	if was {
		return r.Float64() >= w.whole
	}
	return r.Float64() < w.outage
}

func poisson(r *rand.Rand, mean float64) (n int) {
	for at := r.ExpFloat64(); at < mean; at += r.ExpFloat64() {
		n++
	}
	return n
}

const timeout = 10 * time.Second

func (w world) sides(seed uint64) (baseline, candidate *Side) {
	if w.load > 0 {
		return w.queue(seed, 1), w.queue(seed+1<<32, w.slower)
	}
	r := rand.New(rand.NewPCG(seed, 7))
	sides := [2]*Side{{Length: time.Duration(w.seconds) * time.Second}, {Length: time.Duration(w.seconds) * time.Second}}
	common := w.common * r.NormFloat64()
	own := [2]float64{w.own * r.NormFloat64(), w.own * r.NormFloat64()}
	var out [2]bool
	for second := range w.seconds {
		for i, s := range sides {
			out[i] = w.isOut(r, out[i])
			if w.shared {
				out[i] = out[0]
			}
			level := 20e6 * math.Exp(common+own[i])
			if i == 1 {
				level *= w.slower
			}
			failing := w.failing[i]
			if out[i] {
				failing = 1
			}
			s.add(w.second(r, second, level, failing))
			own[i] = wander(r, own[i], w.own, w.ownPhi)
		}
		common = wander(r, common, w.common, w.commonPhi)
	}
	return sides[0], sides[1]
}

// queue is a side whose requests wait for each other.
func (w world) queue(seed uint64, slower float64) *Side {
	const work = 100.0
	r := rand.New(rand.NewPCG(seed, 9))
	rate := w.load * work
	free := 0.0 // when all that came before is done
	if r.Float64() < w.load {
		free = r.ExpFloat64() / (work - rate)
	}
	stretches := make([]Stretch, w.seconds)
	for at := r.ExpFloat64() / rate; at < float64(w.seconds); at += r.ExpFloat64() / rate {
		free = max(free, at) + r.ExpFloat64()/work
		st := &stretches[int(at)]
		st.Due, st.OK = st.Due+1, st.OK+1
		st.Response.Record(time.Duration((free - at) * slower * float64(time.Second)))
	}
	s := &Side{Length: time.Duration(w.seconds) * time.Second}
	for second, st := range stretches {
		st.Start, st.Length = time.Duration(second)*time.Second, time.Second
		s.add(st)
	}
	return s
}

func (w world) second(r *rand.Rand, second int, level, failing float64) Stretch {
	s := Stretch{Start: time.Duration(second) * time.Second, Length: time.Second}
	for range poisson(r, w.rate) {
		took := time.Duration(level * math.Exp(w.sigma*r.NormFloat64()))
		s.Due++
		if failing > 0 && r.Float64() < failing {
			took = timeout
		} else {
			s.OK++
		}
		s.Response.Record(took)
	}
	return s
}

// add makes a stretch a part of the side.
func (s *Side) add(st Stretch) {
	s.Due, s.OK = s.Due+st.Due, s.OK+st.OK
	s.Response.Merge(&st.Response)
	s.Stretches = append(s.Stretches, st)
}

func usualOptions() Options {
	metrics, _ := ParseMetrics(UsualMetrics) // it is one of ours
	return Options{Metrics: metrics, Margins: UsualMargins(), GivenRate: "the plan fixes it"}
}
