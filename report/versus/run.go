package versus

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"gonogo/report"
	"gonogo/slo/compare"
)

// A Run is a run by its report, ready to be compared.
type Run struct {
	name   string // what it is called where something is wrong
	report *report.Report
	side   *compare.Side
	start  time.Time // of its measure phase
}

// Of makes a report ready. The name is what to call it, such as that of its file.
func Of(name string, r *report.Report) (Run, error) {
	if r.Comparison != nil {
		return Run{}, errors.New("its load was shared by two targets: compare it alone, or a run of one target")
	}
	side, err := r.Side()
	if err != nil {
		return Run{}, err
	}
	return Run{name, r, side, r.Run.StartedAt.Add(side.Start)}, nil
}

func (r Run) end() time.Time { return r.start.Add(r.side.Length) }

// inOrder are the runs in order of time.
func inOrder(runs []Run) []Run {
	return slices.SortedStableFunc(slices.Values(runs), func(a, b Run) int { return a.start.Compare(b.start) })
}

// givenRate says why the rate of a run is not its target's doing, or "".
func givenRate(r *report.Report) string {
	load, _ := Scenario(r)["load"].(map[string]any)
	if _, open := load["rate"]; open {
		return "the plan fixes the rate"
	}
	if _, open := load["stages"]; open {
		return "the plan fixes the rate"
	}
	if pacing, _ := load["pacing"].(string); pacing != "" && pacing != "0s" {
		return "pacing fixes the rate"
	}
	return ""
}

// contrasted compares the runs by the design in which they were made.
func contrasted(baseline, candidate []Run, o compare.Options) compare.Comparison {
	if len(baseline) > 1 {
		o.Confounded = notInTurn(baseline, candidate)
		var pairs []compare.Pair
		for i := range baseline {
			pairs = append(pairs, compare.Pair{Baseline: baseline[i].side, Candidate: candidate[i].side})
		}
		return compare.Runs(pairs, o)
	}
	b, c := baseline[0], candidate[0]
	apart := c.start.Sub(b.start)
	if apart.Abs() <= b.side.Length/40 && (b.side.Length-c.side.Length).Abs() <= b.side.Length/40 { // at the same time, by two generators
		if one, other := b.report.Run.Host.Hostname, c.report.Run.Host.Hostname; one != other {
			o.Confounded = "the load came from two machines, so the cause may be one of them"
		}
		return compare.Sides(compare.Concurrent, b.side, c.side.Moved(b.side.Start+apart-c.side.Start), o)
	}
	return compare.Sides(compare.Sequential, b.side, c.side, o)
}

// notInTurn says that the pairs of runs do not come one after the other, or "".
func notInTurn(baseline, candidate []Run) string {
	for i := 1; i < len(baseline); i++ {
		before, now := []Run{baseline[i-1], candidate[i-1]}, []Run{baseline[i], candidate[i]}
		for _, b := range before {
			for _, n := range now {
				if n.start.Before(b.end()) {
					return "the runs were not made in turn, so the cause may be the time between them"
				}
			}
		}
	}
	return ""
}

// otherwise lists what differs between two runs that may.
func otherwise(a, b Run) []string {
	var notes []string
	if one, other := a.report.Run.Host.Hostname, b.report.Run.Host.Hostname; one != other {
		notes = append(notes, fmt.Sprintf("%s was measured on %s and %s on %s", a.name, cmp.Or(one, "an unknown host"), b.name, cmp.Or(other, "an unknown host")))
	}
	if one, other := a.report.Run.Tool.Version, b.report.Run.Tool.Version; one != other {
		notes = append(notes, fmt.Sprintf("%s was measured by gonogo %s and %s by gonogo %s", a.name, one, b.name, other))
	}
	if a.start.Before(b.end()) && b.start.Before(a.end()) && a.start.Sub(b.start).Abs() > a.side.Length/40 {
		notes = append(notes, fmt.Sprintf("%s and %s overlap in part, so that they may have disturbed each other", a.name, b.name))
	}
	return notes
}

// comparedOf says what was compared, for the report.
func comparedOf(runs []Run) report.Compared {
	c := report.Compared{Target: runs[0].report.Run.Target, Runs: []string{}}
	for _, r := range runs {
		c.Runs = append(c.Runs, r.report.Run.ID)
		c.Requests += r.side.Due
	}
	return c
}
