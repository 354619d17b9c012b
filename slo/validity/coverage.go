package validity

import (
	"fmt"
	"slices"
	"strings"

	"gonogo/slo"
)

// checkCoverage asks that each step was started in the measure phase, and that the
// phases before it made load too.
func checkCoverage(in instrument) (Check, bool) {
	var never []string
	steps := in.summary.Steps()
	for i, f := range steps {
		if f.Started() == 0 && !slices.Contains(in.MayRest, i) {
			never = append(never, fmt.Sprintf("%q", f.Name))
		}
	}
	c := Check{
		Name:     "coverage",
		OK:       len(never) == 0,
		Measured: fmt.Sprintf("%d of %d steps ran", len(steps)-len(never), len(steps)),
		Limit:    "all",
		Reason:   "never started in the measure phase: " + someOf(never),
		Remedy:   "measure for longer, or give these steps more weight",
	}
	if !c.OK && in.setupFailed() {
		c.Reason += ", as users failed in their setup"
		c.Remedy = setupRemedy
	}
	if skipped := in.skipped(); c.OK && len(skipped) > 0 {
		c.OK = false
		c.Measured += ", no request in " + someOf(skipped)
		c.Reason = "the load did not begin as planned, so the measure phase met another target than it should"
		c.Remedy = "look at how the target and the generator fared at the start of the run"
	}
	c = in.countedAgainst(c)
	c.Warning = !c.OK && (c.Warning || in.StoppedEarly)
	return c, true
}

// skipped names the phases in which nothing was due although the plan wants
// enough for that not to be chance. Users that wait for their first answer may
// well ask for nothing in a short warm-up: that is the target's doing.
func (in instrument) skipped() []string {
	const enough = 20
	var names []string
	for _, p := range in.Phases {
		if p.Arrivals >= enough && in.summary.Phase(p.Phase).Planned() == 0 {
			names = append(names, p.Phase.String())
		}
	}
	return names
}

// checkSamples asks for enough requests to tell a percentile from the slowest of
// them all: one in every 1/(1-q). It warns: the run itself was as slow as it says.
func checkSamples(in instrument) (Check, bool) {
	var few []string
	least, asked := int64(0), false
	for _, o := range in.objectives {
		n, known := in.run.Samples(o.Go)
		if !known || o.Go.Metric != slo.Percentile {
			continue
		}
		need := o.Go.LeastSamples()
		asked, least = true, max(least, need)
		if n < need {
			few = append(few, fmt.Sprintf("%s of %d", o.Go.Subject(), n))
		}
	}
	return Check{
		Name:     "samples",
		OK:       len(few) == 0,
		Warning:  true,
		Measured: fmt.Sprintf("%d requests", in.total.Planned()),
		Limit:    fmt.Sprintf("up to %d, as the percentiles need", least),
		Reason:   "too few requests for a percentile, which is the slowest of them all then: " + someOf(few),
		Remedy:   "measure for longer",
	}, asked
}

// someOf lists the first few of many names.
func someOf(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
