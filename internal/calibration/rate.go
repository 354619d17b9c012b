package main

import (
	"fmt"

	"gonum.org/v1/gonum/stat/distuv"
)

// A rate is how often something came about in so many runs.
type rate struct{ hits, of int }

// count tells in how many of the runs that are of interest something came about.
func count[T any](all []T, ofInterest, hit func(T) bool) rate {
	var r rate
	for _, one := range all {
		if !ofInterest(one) {
			continue
		}
		r.of++
		if hit(one) {
			r.hits++
		}
	}
	return r
}

func always[T any](T) bool { return true }

func (r rate) share() float64 { return float64(r.hits) / float64(max(1, r.of)) }

// bounds are those at 99 %: runs are independent draws.
func (r rate) bounds() (lo, hi float64) { return independent(float64(r.hits), float64(r.of), 0.005) }

// independent bounds the share of x in n independent draws, with tail on each side
// (Clopper and Pearson).
func independent(x, n, tail float64) (lo, hi float64) {
	lo, hi = 0, 1
	if x > 0 {
		lo = distuv.Beta{Alpha: x, Beta: n - x + 1}.Quantile(tail)
	}
	if x < n {
		hi = 1 - distuv.Beta{Alpha: n - x, Beta: x + 1}.Quantile(tail)
	}
	return lo, hi
}

// String prints the rate with its bounds: "94.7 % (93.4 – 95.9)".
func (r rate) String() string {
	if r.of == 0 {
		return "–"
	}
	lo, hi := r.bounds()
	return fmt.Sprintf("%.1f %% (%.1f – %.1f)", 100*r.share(), 100*lo, 100*hi)
}

// A promise is a limit that a rate, or another share, has to hold.
type promise struct {
	what     string
	atMost   bool // else at least
	limit    float64
	measured float64
	text     string // measured, as the page prints it
}

func atMost(what string, limit float64, r rate) promise {
	return promise{what, true, limit, r.share(), r.String()}
}

func atLeast(what string, limit float64, r rate) promise {
	return promise{what, false, limit, r.share(), r.String()}
}

func (p promise) held() bool {
	if p.atMost {
		return p.measured <= p.limit
	}
	return p.measured >= p.limit
}

func (p promise) limitText() string {
	if p.atMost {
		return fmt.Sprintf("≤ %s", percent(p.limit))
	}
	return fmt.Sprintf("≥ %s", percent(p.limit))
}
