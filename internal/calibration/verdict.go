package main

import (
	"fmt"
	"math/rand/v2"

	"gonogo/slo/stats"
)

// alpha is how often each bound of a verdict may be wrong.
const alpha = 0.05

// A scene is a world in which a share of requests is slower than the limit, or fails, while another
// share is allowed.
type scene struct {
	world          world
	truth, allowed float64
	seconds        int
}

// onLimit is a scene whose truth is just what is allowed.
func onLimit(w world, share float64, minutes int) scene {
	return scene{w, share, share, 60 * minutes}
}

func (s scene) String() string {
	return fmt.Sprint(s.world.name, " ", s.truth, " ", s.allowed, " ", s.seconds)
}

// texts are a scene's cells of a table whose truth is on the limit.
func (s scene) texts() []string {
	return []string{s.world.name, percent(s.truth), minutes(s.seconds)}
}

func (s scene) observe(draw *rand.Rand) sight {
	return s.world.observe(draw, s.seconds, s.world.limit(s.truth))
}

func minutes(seconds int) string { return fmt.Sprintf("%d min", seconds/60) }

// A verdict is what can be said of a run. Of go, noGo and tooShort one is true at most;
// of a run of which none is true, the interval holds the limit.
type verdict struct {
	goes, noGo, tooShort  bool
	covered, naiveCovered bool // the truth is in the interval at 95 %; in the one for independent requests
	naiveGoes, pointGoes  bool // what other ways of judging call a GO
	deff                  float64
	inconclusive          bool
}

// judge judges a run as slo does, and as others do.
func (s scene) judge(seen sight) verdict {
	e := stats.Estimate(seen.cells, seen.background, alpha)
	wide := stats.Estimate(seen.cells, seen.background, alpha/2)
	lo, hi := independent(float64(e.Bad), float64(e.N), alpha/2)
	_, naive := independent(float64(e.Bad), float64(e.N), alpha)
	v := verdict{
		tooShort:     e.Doubt != "",
		covered:      wide.Lo <= s.truth && s.truth <= wide.Hi,
		naiveCovered: lo <= s.truth && s.truth <= hi,
		naiveGoes:    naive < s.allowed,
		pointGoes:    e.Value < s.allowed,
		deff:         e.Deff,
	}
	v.goes = !v.tooShort && e.Hi < s.allowed
	v.noGo = !v.tooShort && e.Lo >= s.allowed
	v.inconclusive = !v.goes && !v.noGo
	return v
}

// verdicts plays a scene many times.
func (s scene) verdicts(e effort) []verdict {
	all, known := e.verdicts[s.String()]
	if !known {
		all = simulate(e, s.String(), func(draw *rand.Rand) verdict { return s.judge(s.observe(draw)) })
		e.verdicts[s.String()] = all
	}
	return all
}

func (v verdict) isGo() bool           { return v.goes }
func (v verdict) isNoGo() bool         { return v.noGo }
func (v verdict) isTooShort() bool     { return v.tooShort }
func (v verdict) isLongEnough() bool   { return !v.tooShort }
func (v verdict) isInconclusive() bool { return v.inconclusive }
func (v verdict) isCovered() bool      { return v.covered }
func (v verdict) isNaiveCovered() bool { return v.naiveCovered }
func (v verdict) isNaiveGo() bool      { return v.naiveGoes }
func (v verdict) isPointGo() bool      { return v.pointGoes }
