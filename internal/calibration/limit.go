package main

import "fmt"

// onTheLimit is what is said of a target that is exactly on the limit.
func onTheLimit() experiment {
	return experiment{
		title: "On the limit",
		about: `The truth is exactly what is allowed. A GO is wrong here, and so is a NO-GO: each should come about in 5 % of runs at most, and
“inconclusive” is the right answer. The same runs as above.

- *too short*: runs of which the guard says so; they are inconclusive;
- *GO*, *NO-GO*, *inconclusive*: of all runs, the bounds being at 5 % each;
- *GO as if independent*: what the bound for independent requests would have passed;
- *GO by the figure*: what passes where the measured share is held against the limit, as load generators do.`,
		texts: 3,
		head:  []string{"world", "slow", "length", "too short", "GO", "NO-GO", "inconclusive", "GO as if independent", "GO by the figure"},
		run: func(e effort) (r result) {
			for _, s := range limitScenes() {
				all := s.verdicts(e)
				passed := count(all, always, verdict.isGo)
				r.add(append(s.texts(),
					percent(count(all, always, verdict.isTooShort).share()),
					passed.String(),
					count(all, always, verdict.isNoGo).String(),
					percent(count(all, always, verdict.isInconclusive).share()),
					count(all, always, verdict.isNaiveGo).String(),
					count(all, always, verdict.isPointGo).String())...)
				if s.calm() {
					r.promises = append(r.promises, atMost("GO "+s.onWhat(), 0.10, passed))
				}
				if s.world.name == queue(0.95).name && s.seconds == 600 {
					r.promises = append(r.promises,
						atLeast("called too short "+s.onWhat(), 0.75, count(all, always, verdict.isTooShort)),
						atLeast("inconclusive "+s.onWhat(), 0.90, count(all, always, verdict.isInconclusive)))
				}
			}
			return r
		},
	}
}

// onWhat names a scene on the limit.
func (s scene) onWhat() string {
	return fmt.Sprintf("on the limit of p%.0f: %s, %s", 100*(1-s.truth), s.world.name, minutes(s.seconds))
}
