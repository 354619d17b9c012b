package main

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// service is how many requests a second the server of a queue can do.
const service = 100

// queue is a server that does one request after the other, with random arrivals and random work
// (M/M/1, first come first served), from its steady state on. Waiting and work
// together are exponential then, with mean 1/(service-arrivals), so that every quantile is known.
func queue(load float64) world {
	arrivals := load * service
	calm := service - arrivals
	return world{
		name: fmt.Sprintf("queue, load %.2g", load),
		rate: arrivals,
		play: func(draw *rand.Rand, seconds int, due func(int, float64)) {
			wait := 0.0
			if draw.Float64() < load {
				wait = draw.ExpFloat64() / calm
			}
			for t := draw.ExpFloat64() / arrivals; t < float64(seconds); {
				latency := wait + draw.ExpFloat64()/service
				due(int(t), latency)
				pause := draw.ExpFloat64() / arrivals
				wait = max(0, latency-pause)
				t += pause
			}
		},
		limit: func(share float64) float64 { return -math.Log(share) / calm },
	}
}
