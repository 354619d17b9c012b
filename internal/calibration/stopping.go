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
func (w watched) length() float64 { return w.part }

// earlyStops is how often and how early a run is stopped as failed.
func earlyStops() experiment {
	return experiment{
		title: "Early stops",
		about: `Runs of 10 minutes may be stopped as failed when the evidence suffices. 5 % slow requests are allowed. The bet looks at each finished block,
and promises to stop 5 % at most of the runs whose truth is on the limit or below, as long as blocks are longer than the waves: where waves
last longer than 10 s (load 0.95, wandering speed) it takes longer blocks, which find less. The usual way is to hold the share
measured so far against the limit every 2 s.

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
					r.addStops(e, scene{w, truth, 0.05, 600})
				}
			}
			return r
		},
	}
}

// betBlocks are how long the blocks of a bet are, in seconds; promises are made for the first.
func betBlocks() []int { return []int{10, 30} }

// addStops plays a scene and adds a row for each length of blocks.
func (r *result) addStops(e effort, s scene) {
	all := simulate(e, s.String(), func(draw *rand.Rand) (each []watched) {
		seen := s.observe(draw)
		for _, block := range betBlocks() {
			each = append(each, s.watch(seen, block))
		}
		return each
	})
	for i, block := range betBlocks() {
		one := make([]watched, len(all))
		for run := range all {
			one[run] = all[run][i]
		}
		stopped, after := count(one, always, watched.isStopped), meanOf(one, watched.length)
		r.add(s.world.name, percent(s.truth), fmt.Sprintf("%d s", block), stopped.String(), percent(after),
			count(one, always, watched.isCovered).String(), count(one, always, watched.isPolled).String())
		if i == 0 && s.world.name == queue(0.8).name {
			r.promiseStops(s, stopped, after)
		}
	}
}

// promiseStops are the bet's promises, where they are made.
func (r *result) promiseStops(s scene, stopped rate, after float64) {
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
	r.add(s.world.name, percent(s.truth), passed.String(), percent(meanOf(all, watched.length)))
	if s.truth == s.allowed {
		r.promises = append(r.promises, atMost("early passes on the limit: "+s.world.name, 0.05, passed))
	}
}
