package main

import "gonogo/slo/drift"

// degrading is what is said of long runs that degrade, or do not.
func degrading() experiment {
	return experiment{
		title: "Drift",
		about: `Long runs judged by ` + "`slo/drift`" + ` against its margins: 10 % for the worse from start to end, or 0.1 points of errors. At the margin
a pass is wrong: the judge aims at 5 % of runs, and 10 % are what is held. A fail is no mistake there, and it aims at 20 %. A run without any
change should hardly ever fail. What is neither is inconclusive. Blocks are 20 minutes long.

- *a day*: 24 hours of a latency with lognormal noise by the minute, of 10 % and with a correlation of 0.9 from minute to minute;
- *throughput*: its reciprocal; *spikes*: two or three minutes of it are ten times as slow; *noise*, *memory*: it with another noise or correlation;
- *rhythm*: it goes up and down by 10 % with the time of day, from its mean on upwards or from another hour of that sine. A single day cannot tell
  a rhythm from a drift, and its report says so; *reference*: an endpoint with the same rhythm and 3 % noise that does not degrade;
- *errors*: a day in which so many requests a block fail by chance; *two bursts*: two blocks of the last quarter of which 5 % fail;
- *change*: the true one, from start to end unless it says else;
- *passes*, *fails*, *inconclusive*: of all runs.`,
		texts: 2,
		head:  []string{"run", "change", "passes", "fails", "inconclusive"},
		run: func(e effort) (r result) {
			for _, c := range courses() {
				r.addCourse(c, c.judged(e, drift.Options{}))
			}
			return r
		},
	}
}

func (r *result) addCourse(c course, all []degradation) {
	r.add(c.name, c.change,
		count(all, always, degradation.isPassed).String(),
		count(all, always, degradation.isFailed).String(),
		percent(count(all, always, degradation.isOpen).share()))
	if made := c.promises(all); len(made) > 0 {
		r.Promises = append(r.Promises, made[0])
	}
}
