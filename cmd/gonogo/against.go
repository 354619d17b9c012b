package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/report"
	"gonogo/report/versus"
	"gonogo/scenarios"
	"gonogo/slo"
	"gonogo/slo/compare"
	"gonogo/slo/validity"
)

// compareOptions say how much worse a candidate may be, and in what.
type compareOptions struct{ margin, points, by string }

// comparing are their flags.
func comparing() []string { return []string{"margin", "margin-success", "by"} }

// add gives a command the flags.
func (o *compareOptions) add(flags *pflag.FlagSet) {
	usual := compare.UsualMargins()
	flags.StringVar(&o.margin, "margin", fmt.Sprintf("%g%%", 100*usual.Share), "how much longer response times may be, and how much lower a rate, in `percent`")
	flags.StringVar(&o.points, "margin-success", fmt.Sprintf("%gpt", usual.Points), "how much lower success may be, in percentage `points`")
	flags.StringVar(&o.by, "by", compare.UsualMetrics, "what is compared, as `p95,success`; all of it has to pass")
}

// read reads them; every mistake is in the error.
func (o compareOptions) read() (compare.Options, error) {
	var out compare.Options
	var errs [3]error
	out.Margins.Share, errs[0] = named("margin", o.margin, compare.ParseShare)
	out.Margins.Points, errs[1] = named("margin-success", o.points, compare.ParsePoints)
	out.Metrics, errs[2] = named("by", o.by, compare.ParseMetrics)
	return out, errors.Join(errs[:]...)
}

func named[T any](flag, text string, parse func(string) (T, error)) (T, error) {
	v, err := parse(text)
	if err != nil {
		return v, fmt.Errorf("--%s: %w", flag, err)
	}
	return v, nil
}

// againstOptions are the flags of a run that has two targets.
type againstOptions struct {
	target string // "": there is one
	how    compareOptions
	read   compare.Options // what how says
}

func (o *againstOptions) add(flags *pflag.FlagSet) {
	flags.StringVar(&o.target, "against", "", "a second target, the baseline, at this `URL`: a coin sends each iteration to one of the two, and they are compared")
	o.how.add(flags)
}

// givenOf returns those flags that were given.
func givenOf(flags *pflag.FlagSet, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !flags.Changed(name) })
}

// check reads the options before anything is compiled. given are those of the command
// line.
func (o *againstOptions) check(given []string) (err error) {
	if o.target == "" && len(given) > 0 {
		return fmt.Errorf("--%s: there is nothing to compare with: want --against with a URL, too", given[0])
	}
	if o.read, err = o.how.read(); err != nil || o.target == "" {
		return err
	}
	o.read, err = versus.Shared(o.read)
	return err
}

// take adds the other target of a run to its record, and compares the two.
func (r *record) take(c *scenarios.Compiled, result *loadgen.Result, o compare.Options) {
	if result.Against == nil {
		return
	}
	candidate, baseline := hostsOf(c.Plan.Steps), hostsOf(c.Plan.Against)
	if candidate == baseline {
		candidate, baseline = c.Plan.Steps[0].Request.URL.String(), c.Plan.Against[0].Request.URL.String()
	}
	r.run.Target, r.opponent = c.Secrets.Mask(candidate), c.Secrets.Mask(baseline)
	r.against = result.Against
	r.checkApart(result)
	at := report.Span{Start: r.judged.Spans[measure.Measure].Start, Length: r.judged.Spans[measure.Measure].Length}
	one, other := report.SideOf(result.Summary, at), report.SideOf(result.Against, at)
	r.compared = report.NewComparison(compare.Sides(compare.Concurrent, other, one, o),
		report.Compared{Target: r.opponent, Runs: []string{r.run.ID}, Requests: other.Due},
		report.Compared{Target: r.run.Target, Runs: []string{r.run.ID}, Requests: one.Due})
}

// checkApart asks whether the other target was measured validly, too, and leaves the
// books of the first one to those that were meant for it.
func (r *record) checkApart(result *loadgen.Result) {
	var issued int64
	for phase := range measure.Phases {
		issued += result.Against.Phase(phase).Planned()
	}
	r.facts.Issued -= issued
	f := validity.Facts{Measure: r.facts.Measure, Measured: r.facts.Measured, StoppedEarly: r.facts.StoppedEarly, Issued: issued}
	failed := slices.ContainsFunc(r.judgements, func(j slo.Judgement) bool { return j.Verdict == slo.Fail })
	for _, check := range validity.Of(slo.Run{Summary: result.Against, Spans: r.judged.Spans}, f, nil).Checks {
		if !check.OK && check.Name != "samples" && check.Name != "length" { // these are of the whole run
			check.Name += " @against"
			check.Warning = check.Warning || failed
			r.checks = append(r.checks, check)
		}
	}
}

// hostsOf lists where steps go, as URLs.
func hostsOf(steps []loadgen.Step) string {
	var all []string
	for _, s := range steps {
		if host := s.Request.URL.Scheme + "://" + s.Request.URL.Host; !slices.Contains(all, host) {
			all = append(all, host)
		}
	}
	return strings.Join(all, " ")
}
