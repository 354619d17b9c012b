package main

import (
	"math"
	"math/rand/v2"
)

// A world makes the requests of a run: their latencies in seconds, +Inf for one that failed, in
// the order in which they were due.
type world struct {
	name  string
	rate  float64 // requests a second, on average
	play  func(draw *rand.Rand, seconds int, due func(second int, latency float64))
	limit func(share float64) float64 // the latency that exactly this share of requests exceeds
}

// never is a latency that only failed requests exceed.
const never = math.MaxFloat64

// loads are the queues that are judged at each load.
func loads() []world {
	return []world{queue(0.5), queue(0.8), queue(0.9), queue(0.95)}
}
