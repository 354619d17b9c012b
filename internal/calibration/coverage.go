package main

import "fmt"

// limitScenes are the worlds with their truth on the limit.
func limitScenes() []scene {
	var all []scene
	for _, w := range loads() {
		for _, length := range []int{2, 10, 30} {
			all = append(all, onLimit(w, 0.05, length))
		}
	}
	for _, w := range loads() {
		all = append(all, onLimit(w, 0.01, 10))
	}
	return append(all,
		onLimit(weather(), 0.05, 10), onLimit(weather(), 0.05, 30),
		onLimit(coins(), 0.05, 2), onLimit(coins(), 0.005, 10),
		onLimit(outages(), 0.005, 10), onLimit(outages(), 0.005, 60))
}

// coverage is how often the truth is within the interval.
func coverage() experiment {
	return experiment{
		title: "Coverage",
		about: `An interval at 95 % should hold the truth in 95 % of runs. Bounds for independent requests, which is what one gets who counts each
request as a draw, do so only where requests are independent.

- *slow*: the true share of requests that are slower than the limit, or failed;
- *long enough*: runs of which the guard says that they are long enough for a verdict;
- *covered*: runs whose interval at 95 % holds the truth, of those and of all;
- *as if independent*: the same for the interval that takes requests for independent, of all runs;
- *requests that count as one*: the design effect, on average.`,
		texts: 3,
		head:  []string{"world", "slow", "length", "long enough", "covered, of these", "covered, of all", "as if independent", "requests that count as one"},
		run: func(e effort) (r result) {
			for _, s := range limitScenes() {
				all := s.verdicts(e)
				covered := count(all, verdict.isLongEnough, verdict.isCovered)
				r.add(append(s.texts(),
					percent(count(all, always, verdict.isLongEnough).share()),
					covered.String(),
					count(all, always, verdict.isCovered).String(),
					count(all, always, verdict.isNaiveCovered).String(),
					fmt.Sprintf("%.0f", meanOf(all, func(v verdict) float64 { return v.deff })))...)
				if s.seconds >= 600 && s.truth == 0.05 && s.calm() {
					r.promises = append(r.promises, atLeast(fmt.Sprintf("coverage at 95 %%: %s, %s", s.world.name, minutes(s.seconds)), 0.93, covered))
				}
			}
			return r
		},
	}
}

// calm tells whether a scene is a queue on which a verdict is promised.
func (s scene) calm() bool {
	for _, load := range []float64{0.5, 0.8, 0.9} {
		if s.world.name == queue(load).name {
			return true
		}
	}
	return false
}

func meanOf[T any](all []T, value func(T) float64) float64 {
	sum := 0.0
	for _, one := range all {
		sum += value(one)
	}
	return sum / float64(max(1, len(all)))
}
