package report

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/measure"
	"gonogo/report/show"
	"gonogo/slo"
	"gonogo/slo/validity"
)

// A MergedPart is one of the reports that a report was merged from.
type MergedPart struct {
	File         string    `json:"file"`
	ID           string    `json:"id"`
	Host         string    `json:"host"` // "" when not known
	StartedAt    time.Time `json:"started_at"`
	EndedAt      time.Time `json:"ended_at"`
	Seed         uint64    `json:"seed"`
	Version      string    `json:"version"` // of gonogo, that made it
	Verdict      string    `json:"verdict"`
	Valid        bool      `json:"valid"`
	StoppedEarly bool      `json:"stopped_early"`
	Requests     int64     `json:"requests"`     // of the measure phase
	SuccessRate  *float64  `json:"success_rate"` // percent, 0 to 100
	Rate         *float64  `json:"rate"`         // a second
	P95          *float64  `json:"p95_ms"`
	Charged      bool      `json:"charged"` // P95 is what failed requests were charged with
}

func newPart(file string, r *Report, run slo.Run) addedPart {
	p := addedPart{
		MergedPart: MergedPart{
			File: file, ID: r.Run.ID, Host: r.Run.Host.Hostname, StartedAt: r.Run.StartedAt, EndedAt: r.Run.EndedAt,
			Seed: r.Run.Seed, Version: r.Run.Tool.Version, Verdict: r.Verdict, Valid: r.Validity.Valid, StoppedEarly: r.Run.StoppedEarly,
			Requests: r.Totals.Requests, SuccessRate: r.Totals.SuccessRate, Rate: r.Totals.Rate,
			P95: r.Totals.Latency.P95, Charged: slices.Contains(r.Totals.Latency.Charged, "p95"),
		},
		file: file, run: r.Run, kind: r.Kind, unfinished: r.Evidence.Why,
	}
	p.run.Effective = nil
	for _, o := range r.Objectives {
		p.objectives += fmt.Sprintf("%q %q %q %q %q\n", o.Name, o.Target, textOf(o.Conditional), textOf(o.NoGo), o.Claim)
	}
	at := run.Spans[measure.Measure]
	p.measured = [2]time.Time{r.Run.StartedAt.Add(at.Start), r.Run.StartedAt.Add(at.Start + at.Length)}
	for _, c := range r.Validity.Checks {
		if !c.OK {
			p.checks = append(p.checks, c)
		}
	}
	if !r.Validity.Valid && !slices.ContainsFunc(p.checks, func(c Check) bool { return !c.Warning }) {
		p.checks = append(p.checks, Check{Name: "validity", Measured: "not valid", Limit: "valid", Reason: "its report does not say why", Remedy: "measure it again"})
	}
	if r.Drift != nil {
		p.drift = &Drift{Verdict: r.Drift.Verdict}
	}
	return p
}

func textOf(t *string) string {
	if t == nil {
		return ""
	}
	return *t
}

// together refuses runs of which some were over when others began to measure.
func (m *Merge) together() error {
	last, first := &m.parts[0], &m.parts[0]
	for i := range m.parts {
		p := &m.parts[i]
		if p.measured[0].After(last.measured[0]) {
			last = p
		}
		if p.measured[1].Before(first.measured[1]) {
			first = p
		}
	}
	if last != first && !last.measured[0].Before(first.measured[1]) {
		return fmt.Errorf("%s began to measure at %s, when %s had ended, at %s: these are not one load; compare the runs instead (gonogo compare)",
			last.file, last.measured[0].UTC().Format(time.RFC3339), first.file, first.measured[1].UTC().Format(time.RFC3339))
	}
	return nil
}

// run is what is said of the whole. What can be of one part only is of the first.
func (m *Merge) run(by Tool) Run {
	r := m.base
	r.ID += "_merged"
	r.Tool, r.Host, r.Load = by, m.host(), m.load()
	r.StoppedEarly, r.Stop = false, nil
	for i := range m.parts {
		p := &m.parts[i]
		if p.EndedAt.After(r.EndedAt) {
			r.EndedAt = p.EndedAt
		}
		r.StoppedEarly = r.StoppedEarly || p.StoppedEarly
		if stop := p.run.Stop; stop != nil && (r.Stop == nil || stop.At < r.Stop.At) {
			named := *stop
			named.Why = "on " + m.label(i) + ": " + stop.Why
			r.Stop = &named
		}
	}
	return r
}

// load is the sum of the loads, in words.
func (m *Merge) load() string {
	times := map[string]int{}
	for i := range m.parts {
		times[m.parts[i].run.Load]++
	}
	var words []string
	for _, load := range slices.Sorted(maps.Keys(times)) {
		words = append(words, fmt.Sprintf("%d × %s", times[load], load))
	}
	return strings.Join(words, "; ")
}

// host is all machines as one.
func (m *Merge) host() Host {
	var h Host
	known := true
	all := [3]map[string]bool{{}, {}, {}}
	for i := range m.parts {
		of := m.parts[i].run.Host
		h.CPUs, h.Memory = plus(h.CPUs, of.CPUs), plus(h.Memory, of.Memory)
		known = known && of.Memory > 0
		for j, name := range []string{of.OS, of.Arch, of.Hostname} {
			if name != "" {
				all[j][name] = true
			}
		}
	}
	if !known {
		h.Memory = 0
	}
	h.OS, h.Arch, h.Hostname = someNames(all[0]), someNames(all[1]), someNames(all[2])
	return h
}

func someNames(of map[string]bool) string { return someWords(slices.Sorted(maps.Keys(of))) }

// someWords lists the first few of many.
func someWords(all []string) string {
	const most = 4
	if len(all) <= most+1 {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), len(all)-most)
}

// label names a part of some: by its host, where that tells it from the others.
func (p *MergedPart) label(all []MergedPart) string {
	same := 0
	for i := range all {
		if all[i].Host == p.Host {
			same++
		}
	}
	switch {
	case p.Host == "":
		return p.File
	case same > 1:
		return p.Host + " (" + p.File + ")"
	}
	return p.Host
}

// label names the part of a number.
func (m *Merge) label(i int) string { return m.parts[i].label(m.merged()) }

// merged are the parts as the report lists them.
func (m *Merge) merged() (all []MergedPart) {
	for i := range m.parts {
		all = append(all, m.parts[i].MergedPart)
	}
	return all
}

// checks are those of the parts that are not OK, with where that was, and what merging
// has to say. Parts are valid or not by their own doing: the checks of the whole come of
// figures and facts, in which a part may vanish.
func (m *Merge) checks() []validity.Check {
	var all []validity.Check
	where, measured := map[[2]string][]string{}, map[[2]string][]string{}
	at := map[[2]string]int{}
	for i := range m.parts {
		for _, c := range m.parts[i].checks {
			key := [2]string{c.Name, fmt.Sprint(c.Warning)}
			if _, known := at[key]; !known {
				at[key] = len(all)
				all = append(all, validity.Check(c))
			}
			where[key], measured[key] = append(where[key], m.label(i)), append(measured[key], c.Measured)
		}
	}
	for key, i := range at {
		all[i].Name += " on " + someWords(where[key])
		all[i].Measured = someWords(measured[key])
	}
	for _, look := range []func() (validity.Check, bool){m.simultaneous, m.seeds, m.versions, m.drifts} {
		if c, applies := look(); applies {
			all = append(all, c)
		}
	}
	return all
}

// apart is how far the starts lie from each other.
func (m *Merge) apart() time.Duration {
	return m.parts[len(m.parts)-1].StartedAt.Sub(m.parts[0].StartedAt)
}

// simultaneous asks whether what lies in one second of the merged run was sent in one.
func (m *Merge) simultaneous() (validity.Check, bool) {
	limit := max(time.Second, m.spans[measure.Measure].Length/100)
	c := validity.Check{
		Name: "simultaneous", OK: m.apart() <= limit, Measured: "starts within " + show.Span(m.apart().Seconds()), Limit: show.Span(limit.Seconds()),
	}
	if !c.OK {
		c.Warning = true
		c.Reason = "each run has its own time from its own start on, so that what is one second here was not one at the target: it never met the load of all for the whole of the run"
		c.Remedy = "start the runs at the same moment, on machines whose clocks agree"
	}
	return c, true
}

// seeds asks whether random arrivals of several generators are independent.
func (m *Merge) seeds() (validity.Check, bool) {
	twice, seen := map[uint64]bool{}, map[uint64]bool{}
	for i := range m.parts {
		seed := m.parts[i].Seed
		twice[seed], seen[seed] = seen[seed], true
	}
	shared := slices.Contains(slices.Collect(maps.Values(twice)), true)
	return validity.Check{
		Name: "seeds", Warning: true, Measured: fmt.Sprintf("%d of %d runs", len(seen), len(m.parts)), Limit: "one for each",
		Reason: "runs of one seed draw the same arrivals, in the same instants: together they are no Poisson process, and the target met them in bunches",
		Remedy: "give each run a --seed of its own, or none",
	}, shared && m.facts.Poisson
}

// versions asks whether one program measured.
func (m *Merge) versions() (validity.Check, bool) {
	all := map[string]bool{}
	for i := range m.parts {
		all[cmp.Or(m.parts[i].Version, "unknown")] = true
	}
	return validity.Check{
		Name: "versions", Warning: true, Measured: someNames(all), Limit: "one",
		Reason: "the runs were made by several versions of gonogo, which may not measure alike",
		Remedy: "use one version",
	}, len(all) > 1
}

// drifts says what is not judged of the whole although it was of the parts.
func (m *Merge) drifts() (validity.Check, bool) {
	judged := slices.ContainsFunc(m.parts, func(p addedPart) bool { return p.drift != nil })
	return validity.Check{
		Name: "drift", Warning: true, Measured: "judged by each run alone", Limit: "judged of the whole",
		Reason: "whether the target became worse over time is not judged in a merge: see the reports that it was made of",
		Remedy: "none is needed where each of these passes",
	}, judged
}

// unfinished says why the whole is not finished: because a part is not, or became worse
// over time as far as one generator can tell. "" is finished.
func (m *Merge) unfinished() string {
	var all []string
	for i := range m.parts {
		p := &m.parts[i]
		if p.unfinished != "" {
			all = append(all, m.label(i)+": "+p.unfinished)
		}
		if p.drift != nil && p.drift.Verdict != string(slo.Pass) {
			all = append(all, fmt.Sprintf("%s: drift is %s, and is not judged in a merge", m.label(i), p.drift.Verdict))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return someWords(all)
}

// partsAgree finds parts that are not those of the report.
func (r *Report) partsAgree() error {
	if len(r.Merged) == 0 {
		return nil
	}
	left := r.Totals.Requests
	for _, p := range r.Merged {
		if p.Requests > left {
			left = -1
			break
		}
		left -= p.Requests
	}
	if left != 0 {
		return errors.New("at /merged: its parts have not as many requests as the whole")
	}
	return nil
}

// merged prints what the report was made of.
func (p *page) merged(r *Report) {
	const most = 20
	if len(r.Merged) == 0 {
		return
	}
	first := r.Merged[0].StartedAt
	t := &table{
		right:  []bool{false, true, true, true, true, true, false},
		least:  []int{10, 0, 0, 0, 0, 0, 0},
		expend: []int{4, 1},
	}
	t.add(heads("host", "start", "requests", "ok", "rate", "p95", "verdict")...)
	for i := range r.Merged[:min(most, len(r.Merged))] {
		part := &r.Merged[i]
		p95 := own(show.Milliseconds(part.P95))
		if part.Charged {
			p95 = own("failed").in(red)
		}
		mark := verdictMark(part.Verdict)
		t.add(said(part.label(r.Merged)), own("+"+show.Span(part.StartedAt.Sub(first).Seconds())), own(show.Count(part.Requests)),
			own(okShare(part.SuccessRate)), own(show.Rate(part.Rate)), p95, own(mark.text+" "+show.Inert(part.Verdict, 20)).in(mark.paint))
	}
	if more := len(r.Merged) - most; more > 0 {
		t.add(own("and " + show.Counted(int64(more), "more report") + ", in the report file").in(dim))
	}
	p.title("MERGED", fmt.Sprintf("%s of one plan, each by the time since its own start", show.Counted(int64(len(r.Merged)), "report")))
	t.print(p)
}
