package main

import (
	"math/rand/v2"
	"time"

	"gonogo/slo/stats"
)

// healthy is what is said of targets that are better or worse than they have to be.
func healthy() experiment {
	return experiment{
		title: "Better and worse than the limit",
		about: `A target that is better than it has to be should get its GO, and one that is worse its NO-GO, if the run is long enough. Where the
length says *planned*, each run is as long as ` + "`stats.Duration` and `stats.LongEnough`" + ` ask for a verdict in 80 % of runs, from what a pilot
of 2 minutes finds, which is made twice as long while it is too short itself.

- *slow*, *allowed*: the true share of slow or failed requests, and the limit;
- *too short*, *GO*, *NO-GO*, *inconclusive*: of all runs.`,
		texts: 4,
		head:  []string{"world", "slow", "allowed", "length", "too short", "GO", "NO-GO", "inconclusive"},
		run: func(e effort) (r result) {
			for _, s := range healthyScenes() {
				r.addVerdicts(s, minutes(s.seconds), s.verdicts(e))
			}
			for _, s := range []scene{{queue(0.5), 0.03, 0.05, 0}, {queue(0.8), 0.03, 0.05, 0}, {weather(), 0.03, 0.05, 0}, {coins(), 0.003, 0.005, 0}} {
				r.addVerdicts(s, "planned", s.planned(e))
			}
			return r
		},
	}
}

func healthyScenes() []scene {
	return []scene{
		{queue(0.5), 0.03, 0.05, 120},
		{queue(0.8), 0.03, 0.05, 120},
		{queue(0.8), 0.03, 0.05, 600},
		{queue(0.8), 0.03, 0.05, 1800},
		{queue(0.9), 0.03, 0.05, 1800},
		{queue(0.95), 0.03, 0.05, 600},
		{queue(0.95), 0.03, 0.05, 3600},
		{queue(0.8), 0.10, 0.05, 600},
		{queue(0.9), 0.10, 0.05, 600},
		{weather(), 0.03, 0.05, 600},
		{coins(), 0.002, 0.005, 120},
		{coins(), 0.002, 0.005, 600},
		{coins(), 0.01, 0.005, 600},
	}
}

func (r *result) addVerdicts(s scene, length string, all []verdict) {
	r.add(s.world.name, percent(s.truth), percent(s.allowed), length,
		percent(count(all, always, verdict.isTooShort).share()),
		count(all, always, verdict.isGo).String(),
		count(all, always, verdict.isNoGo).String(),
		percent(count(all, always, verdict.isInconclusive).share()))
}

// planned plays a scene many times, each run as long as a pilot says that it should be.
func (s scene) planned(e effort) []verdict {
	aim := stats.Aim{Limit: s.allowed, Alpha: alpha, Power: 0.8}
	return simulate(e, "planned "+s.String(), func(draw *rand.Rand) verdict {
		found := s.pilot(draw)
		length, _ := stats.Duration(aim.Requests(s.truth), found.Deff, s.world.rate)
		least, _ := stats.LongEnough(found.Waves, s.world.rate)
		run := s
		run.seconds = int(max(length, least) / time.Second)
		return run.judge(run.observe(draw))
	})
}

// pilot is what a short run finds that is made twice as long while it is too short.
func (s scene) pilot(draw *rand.Rand) stats.Share {
	for s.seconds = 120; ; s.seconds *= 2 {
		seen := s.observe(draw)
		if found := stats.Estimate(seen.cells, seen.background, alpha); found.Doubt == "" {
			return found
		}
	}
}
