package main

import (
	"fmt"
	"math/rand/v2"

	"gonogo/slo/stats"
)

// A watched run is one that may end early.
type watched struct {
	stopped bool    // by the bet
	part    float64 // of the planned length that it lasted
	polled  bool    // stopped by the measured share, looked at every 2 s
	covered bool    // the truth is in the sequence's interval at its end
}

func (w watched) isStopped() bool { return w.stopped }
func (w watched) isPolled() bool  { return w.polled }
func (w watched) isCovered() bool { return w.covered }

// earlyStops is how often and how early a run is stopped as failed.
func earlyStops() experiment {
	return experiment{
		title: "Early stops",
		about: `Runs of 10 minutes may be stopped as failed when the evidence suffices. 5 % slow requests are allowed. The bet looks at each finished block,
and promises to stop 5 % at most of the runs whose truth is on the limit or below. The usual way is to hold the share measured so far
against the limit every 2 s.

- *slow*: the true share of slow requests;
- *block*: how long a block of the bet is;
- *stopped*: runs that the bet stopped;
- *after*: the part of the planned length at which it did, on average; runs that it did not stop count whole;
- *interval holds*: runs whose bounds at their end, stopped or not, hold the truth (90 % at least are promised);
- *stopped by polling*: runs that the usual way would have stopped.`,
		texts: 3,
		head:  []string{"world", "slow", "block", "stopped", "after", "interval holds", "stopped by polling"},
		run: func(e effort) (r result) {
			for _, w := range []world{queue(0.8), queue(0.9), queue(0.95), weather()} {
				for _, truth := range []float64{0.03, 0.05, 0.07, 0.10} {
					for _, block := range []int{10, 30} {
						r.addStops(e, scene{w, truth, 0.05, 600}, block)
					}
				}
			}
			return r
		},
	}
}

// addStops plays a scene, with the bet's promises where they are made: at load 0.8, with blocks of 10 s.
func (r *result) addStops(e effort, s scene, block int) {
	all := simulate(e, s.String(), func(draw *rand.Rand) watched { return s.watch(s.observe(draw), block) })
	stopped := count(all, always, watched.isStopped)
	after := meanOf(all, func(w watched) float64 { return w.part })
	r.add(s.world.name, percent(s.truth), fmt.Sprintf("%d s", block), stopped.String(), percent(after),
		count(all, always, watched.isCovered).String(), count(all, always, watched.isPolled).String())
	if s.world.name != queue(0.8).name || block != 10 {
		return
	}
	switch s.truth {
	case 0.03:
		r.promises = append(r.promises, atMost("early stops of a healthy run: "+s.world.name, 0.01, stopped))
	case 0.05:
		r.promises = append(r.promises, atMost("early stops on the limit: "+s.world.name, 0.05, stopped))
	case 0.10:
		r.promises = append(r.promises,
			atLeast("twice the limit stopped early: "+s.world.name, 0.99, stopped),
			promise{"part of the planned length until then: " + s.world.name, true, 1.0 / 3, after, percent(after)})
	}
}

// watch looks at a run as it goes on.
func (s scene) watch(seen sight, block int) watched {
	blocks := stats.Every(seen.cells, block)
	bet, n := stats.Above(s.allowed), 0
	for n < len(blocks) && !bet.Holds(alpha, 1) {
		bet.Add(blocks[n])
		n++
	}
	lo, hi := stats.Sequence(blocks[:n], alpha)
	return watched{
		stopped: bet.Holds(alpha, 1),
		part:    float64(n) / float64(len(blocks)),
		polled:  polled(seen.cells, s.allowed),
		covered: lo <= s.truth && s.truth <= hi,
	}
}

// polled tells whether the share measured so far is ever above what is allowed, looked at every 2 s.
func polled(cells []stats.Block, allowed float64) bool {
	var sum stats.Block
	for _, two := range stats.Every(cells, 2) {
		sum.N += two.N
		sum.Bad += two.Bad
		if sum.Share() > allowed {
			return true
		}
	}
	return false
}

// earlyPasses is how often and how early a run is stopped as passed.
func earlyPasses() experiment {
	return experiment{
		title: "Early passes",
		about: `The bet's mirror, on runs of 1 hour in blocks of 10 s, 5 % slow requests being allowed. It needs long: each block is one observation that could have
been anything from 0 to 1, and even without any slow request it takes 3 divided by the limit of them.

- *passed early*: runs that were stopped as passed; on the limit 5 % at most are promised;
- *after*: as above.`,
		texts: 2,
		head:  []string{"world", "slow", "passed early", "after"},
		run: func(e effort) (r result) {
			for _, w := range []world{queue(0.8), queue(0.9)} {
				for _, truth := range []float64{0.01, 0.03, 0.05} {
					r.addPasses(e, scene{w, truth, 0.05, 3600})
				}
			}
			return r
		},
	}
}

func (r *result) addPasses(e effort, s scene) {
	all := simulate(e, s.String(), func(draw *rand.Rand) watched {
		blocks := stats.Every(s.observe(draw).cells, 10)
		bet, n := stats.Below(s.allowed), 0
		for n < len(blocks) && !bet.Holds(alpha, 1) {
			bet.Add(blocks[n])
			n++
		}
		return watched{stopped: bet.Holds(alpha, 1), part: float64(n) / float64(len(blocks))}
	})
	passed := count(all, always, watched.isStopped)
	r.add(s.world.name, percent(s.truth), passed.String(), percent(meanOf(all, func(w watched) float64 { return w.part })))
	if s.truth == s.allowed {
		r.promises = append(r.promises, atMost("early passes on the limit: "+s.world.name, 0.05, passed))
	}
}
