package main

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// perSecond is how many requests, evenly, the worlds of this file have.
const perSecond = 100

// weather is a target whose speed wanders: latencies are lognormal around a level that
// is itself autoregressive, from second to second, and forgets a tenth of itself in each.
func weather() world {
	const memory, level, noise = 0.9, 0.5, 0.5
	spread := math.Hypot(level, noise)
	return world{
		name: "wandering speed",
		rate: perSecond,
		play: func(draw *rand.Rand, seconds int, due func(int, float64)) {
			now := draw.NormFloat64()
			for s := range seconds {
				for range perSecond {
					due(s, 0.1*math.Exp(level*now+noise*draw.NormFloat64()))
				}
				now = memory*now + math.Sqrt(1-memory*memory)*draw.NormFloat64()
			}
		},
		limit: func(share float64) float64 { return 0.1 * math.Exp(spread*distuv.UnitNormal.Quantile(1-share)) },
	}
}

// coins is a target whose every request is for itself.
func coins() world {
	return world{
		name: "independent requests",
		rate: perSecond,
		play: func(draw *rand.Rand, seconds int, due func(int, float64)) {
			for s := range seconds {
				for range perSecond {
					due(s, draw.ExpFloat64())
				}
			}
		},
		limit: func(share float64) float64 { return -math.Log(share) },
	}
}

// The rare outages of the world of that name: a share of 0.5 % of the time.
const (
	outageLength = 2.0
	outageEvery  = 400.0
)

// outages is a target (of Gilbert and Elliott) that fails everything for 2 s once in 400 s, both
// exponential, and nothing else.
func outages() world {
	return world{
		name: "rare outages",
		rate: perSecond,
		play: func(draw *rand.Rand, seconds int, due func(int, float64)) {
			down := draw.Float64() < outageLength/outageEvery
			left := lasts(draw, down)
			for i := range seconds * perSecond {
				latency := draw.ExpFloat64()
				if down {
					latency = math.Inf(1)
				}
				due(i/perSecond, latency)
				for left -= 1.0 / perSecond; left <= 0; left += lasts(draw, down) {
					down = !down
				}
			}
		},
		limit: func(float64) float64 { return never },
	}
}

// lasts draws how long an outage lasts, or the time until the next.
func lasts(draw *rand.Rand, down bool) float64 {
	if down {
		return draw.ExpFloat64() * outageLength
	}
	return draw.ExpFloat64() * (outageEvery - outageLength)
}
