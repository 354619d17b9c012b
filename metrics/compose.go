package metrics

import (
	"cmp"
	"slices"
	"strconv"

	"gonogo/measure"
)

// families makes all of them, without the label of the scenario.
func (c *Collector) families(objectives []Objective) []Family {
	one := func(m Metric, value float64, labels ...string) Family {
		return Family{m, []Series{m.series(value, labels...)}}
	}
	var dropped int64
	for _, t := range c.steps {
		dropped += t.class[measure.Dropped]
	}
	crowd := workersMetric()
	if c.run.Closed {
		crowd = usersMetric()
	}
	lag := lagMetric()
	all := []Family{
		c.decision(), one(droppedMetric(), float64(dropped)), one(inFlightMetric(), float64(c.last.InFlight)),
		one(infoMetric(), 1, c.run.Kind, labelled(c.last.Run), labelled(c.run.Version)),
		{lag, []Series{{Histogram: c.lag.histogram()}}},
		one(crowd, float64(c.last.Users)),
	}
	if c.last.CPU >= 0 {
		all = append(all, one(cpuMetric(), c.last.CPU))
	}
	if c.last.RSS >= 0 {
		all = append(all, one(memoryMetric(), float64(c.last.RSS)))
	}
	all = append(append(all, c.ofSteps()...), c.ofObjectives(objectives)...)
	slices.SortFunc(all, func(a, b Family) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func (c *Collector) decision() Family {
	f := Family{Metric: decisionMetric()}
	for _, v := range c.run.Verdicts {
		f.Series = append(f.Series, f.series(is(v == c.verdict), v))
	}
	return f
}

func is(so bool) float64 {
	if so {
		return 1
	}
	return 0
}

func (c *Collector) ofSteps() []Family {
	requests, responses := Family{Metric: requestsMetric()}, Family{Metric: responsesMetric()}
	bytes, durations := Family{Metric: bytesMetric()}, Family{Metric: durationMetric()}
	for _, t := range c.steps {
		step := t.labels
		for class, n := range t.class {
			requests.Series = append(requests.Series, requests.series(float64(n), measure.Class(class).String(), step.Name))
		}
		for _, s := range t.statuses {
			code := unnamed
			if s.Status != 0 {
				code = strconv.Itoa(s.Status)
			}
			responses.Series = append(responses.Series, responses.series(float64(s.Count), code, step.Name))
		}
		bytes.Series = append(bytes.Series, bytes.series(float64(t.bytes), step.Name))
		for _, of := range []struct {
			errorType string // gonogo_requests_total tells the class
			buckets   *buckets
		}{{"", &t.answered}, {unnamed, &t.charged}} {
			s := durations.series(0, of.errorType, step.Method, step.Host, step.Name)
			s.Histogram = of.buckets.histogram()
			durations.Series = append(durations.Series, s)
		}
	}
	return []Family{requests, responses, bytes, durations}
}

func (c *Collector) ofObjectives(all []Objective) []Family {
	statuses, budgets := Family{Metric: statusMetric()}, Family{Metric: budgetMetric()}
	for _, o := range all {
		for _, status := range c.run.Statuses {
			statuses.Series = append(statuses.Series, statuses.series(is(o.Status == status), o.Name, status))
		}
		if o.Left != nil {
			budgets.Series = append(budgets.Series, budgets.series(*o.Left, o.Name))
		}
	}
	return []Family{statuses, budgets}
}
