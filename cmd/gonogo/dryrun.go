package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"gonogo/loadgen"
	"gonogo/loadgen/replay"
	"gonogo/measure"
	"gonogo/scenarios"
	"gonogo/slo"
)

// dryRun prints what a run would do and what it would take. It looks names up and
// sends nothing else. It ends as a run would that cannot begin.
func dryRun(ctx context.Context, c *scenarios.Compiled, std stdio) error {
	client, err := newClient(c, std)
	if err != nil {
		return err
	}
	full := fitDescriptors(c, descriptorLimit(), std)
	looking, cancel := context.WithTimeout(ctx, min(preflightTime, c.Plan.Timeout))
	defer cancel()
	lost := client.Resolve(looking)

	var page strings.Builder
	printPlan(&page, c)
	printTarget(&page, client.Hosts(), client.Addresses(), lost)
	printNeeds(&page, needsOf(c), roomFor(c, client.Addresses()))
	printObjectives(&page, c)
	if _, err := io.WriteString(std.out, c.Secrets.Mask(page.String())); err != nil {
		return failure(fmt.Errorf("print the plan: %w", err))
	}
	switch {
	case full != nil:
		return full
	case lost != nil:
		return unreachable(ctx, c, lost)
	}
	return fit(c, client.Addresses(), std)
}

// rows prints lines of columns that are parted by tabs.
func rows(w io.Writer, title string, lines ...string) {
	fmt.Fprintf(w, "\n%s\n", title)
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, line := range lines {
		fmt.Fprintf(t, "  %s\n", line)
	}
	_ = t.Flush() // into memory
}

func printPlan(w io.Writer, c *scenarios.Compiled) {
	p := &c.Plan
	fmt.Fprintf(w, "DRY RUN of %s: nothing is sent\n", p.Name)
	var models []string
	for _, l := range p.Loads() {
		models = append(models, modelInWords(l))
	}
	model := strings.Join(slices.Compact(models), "\n  \t")
	if p.Open != nil && p.Open.Replay != nil {
		model += fmt.Sprintf("\n  trace\t%s", traceInWords(p.Open.Replay, c.Trace))
	}
	rows(w, "LOAD",
		"load\t"+loadInWords(p)+protocolInWords(c.Protocol), "model\t"+model,
		"peak rate\t"+peakInWords(p), "requests\t"+totalsInWords(p), "phases\t"+phasesInWords(p),
		fmt.Sprintf("timeout\t%s", short(p.Timeout)), fmt.Sprintf("seed\t%d", p.Seed))
	var lines []string
	weights := 0
	for _, s := range p.AllSteps() {
		weights += s.Weight
	}
	places := p.Places()
	for i, s := range p.AllSteps() {
		place := fmt.Sprintf("%.3g%%", 100*float64(s.Weight)/float64(max(weights, 1)))
		if len(p.Flows) > 0 && (p.Open == nil || p.Open.Replay == nil) {
			place = placeInWords(p, places[i%len(p.Steps)])
		}
		lines = append(lines, fmt.Sprintf("%s\t%s\t%s %s\t%s", s.Name, place, s.Request.Method, s.Request.URL, bodyInWords(&s)))
	}
	if len(p.Flows) > 1 && (p.Open == nil || p.Open.Replay == nil) {
		rows(w, "FLOWS", flowsInWords(p)...)
	}
	rows(w, "STEPS", lines...)
}

func modelInWords(l loadgen.Load) string {
	if l.Closed != nil {
		return "closed: each user waits for its answer before it goes on"
	}
	return fmt.Sprintf("open: arrivals do not wait; at most %d in flight, then they %s", l.Open.MaxInFlight, map[bool]string{true: "are dropped", false: "wait"}[l.Open.Drop])
}

// placeInWords says where a step of a flow stands: "2 of 5", "buy: 1 of 3", "buy: setup".
func placeInWords(p *loadgen.Plan, at loadgen.Place) string {
	text := fmt.Sprintf("%d of %d", at.N, at.Of)
	if at.Part != "" {
		text = at.Part
	}
	if len(p.Flows) > 1 {
		return p.Flows[at.Flow].Name + ": " + text
	}
	return text
}

// flowsInWords says of each flow who runs it.
func flowsInWords(p *loadgen.Plan) []string {
	weights := 0
	for _, f := range p.Flows {
		if f.Closed == nil && f.Open == nil {
			weights += f.Weight
		}
	}
	var lines []string
	for _, f := range p.Flows {
		who := fmt.Sprintf("%.3g%% of the iterations", 100*float64(f.Weight)/float64(max(weights, 1)))
		switch {
		case f.Closed != nil:
			who = plural(f.Closed.Users, "user") + " of its own"
		case f.Open != nil:
			who = rateInWords(f.Open) + " of its own"
		}
		lines = append(lines, f.Name+"\t"+who)
	}
	return lines
}

// traceInWords says what there is of a trace, whose seconds are not those of the run.
func traceInWords(r *loadgen.Replay, t *replay.Trace) string {
	return fmt.Sprintf("%s: %s in %s, at most %d in a second; replayed at %gx", r.Name, plural(int(t.Arrivals()), "arrival"), short(t.Length()), t.Peak(), r.Speed)
}

func peakInWords(p *loadgen.Plan) string {
	rate, known := mostRequests(p)
	switch {
	case !known:
		return "as the target answers: a user sends its next request when it has its answer"
	case p.Closed != nil && p.Closed.Pacing == 0:
		return fmt.Sprintf("below %.5g requests/s, which answers in no time would make", rate)
	}
	return fmt.Sprintf("%.5g requests/s", rate)
}

func totalsInWords(p *loadgen.Plan) string {
	if p.Open == nil {
		rate, known := mostRequests(p)
		if !known {
			return "as many as the target answers"
		}
		return fmt.Sprintf("up to %.0f measured", rate*p.Measure.Seconds())
	}
	var parts []string
	all := 0.0
	for _, phase := range []measure.Phase{measure.Ramp, measure.WarmUp, measure.Measure} {
		n := p.RatesOf(func(l loadgen.Load) (float64, bool) {
			if l.Open == nil {
				return 0, false
			}
			return p.ExpectedOf(l.Open, phase), true
		}).Total()
		if all += n; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %.0f", phase, n))
		}
	}
	about := ""
	if p.Open.Poisson {
		about = "about "
	}
	return fmt.Sprintf("%s%.0f: %s", about, all, strings.Join(parts, ", "))
}

func phasesInWords(p *loadgen.Plan) string {
	var parts []string
	for _, phase := range []struct {
		name   string
		length time.Duration
	}{{"ramp", p.Ramp}, {"warm-up", p.WarmUp}, {"measure", p.Measure}} {
		if phase.length > 0 {
			parts = append(parts, phase.name+" "+short(phase.length))
		}
	}
	return strings.Join(parts, ", ") + ", then up to " + short(p.Grace) + " for what is open"
}

func printTarget(w io.Writer, hosts, addresses []string, lost error) {
	lines := []string{"goes to\t" + strings.Join(hosts, " ")}
	switch {
	case lost != nil:
		lines = append(lines, "addresses\tnot found")
	default:
		lines = append(lines, "addresses\t"+strings.Join(addresses, " "))
	}
	rows(w, "TARGET", lines...)
}

func printNeeds(w io.Writer, n needs, r room) {
	unknown := func(text string, known bool) string {
		if known {
			return text
		}
		return "not known"
	}
	rows(w, "TAKES AT MOST",
		"\tneeded\tthere is",
		fmt.Sprintf("descriptors\t%d\t%d", n.connections+spareDescriptors, r.descriptors),
		fmt.Sprintf("local ports\t%s\t%s", portsInWords(n, r), unknown(fmt.Sprintf("%d, %d of them held", r.most(), r.ports.Waiting), r.known)),
		fmt.Sprintf("memory\tabout %s\t%s", mebibytes(n.memory), unknown(mebibytes(r.memory), r.memory >= 0)))
}

func portsInWords(n needs, r room) string {
	switch {
	case n.churn < 0:
		return fmt.Sprintf("%d, and one for %s after every %s", n.connections, short(r.held()), plural(int(n.perUse), "request"))
	case n.churn > 0:
		return fmt.Sprintf("%.0f: %d open, and %.5g a second held for %s", float64(n.connections)+n.churn*r.held().Seconds(), n.connections, n.churn, short(r.held()))
	}
	return fmt.Sprint(n.connections)
}

func printObjectives(w io.Writer, c *scenarios.Compiled) {
	if len(c.Objectives) == 0 {
		rows(w, "OBJECTIVES", "none: no verdict can be given")
		return
	}
	var lines []string
	for _, o := range c.Objectives {
		line := fmt.Sprintf("%s\tgo %s", o.Name, o.Go)
		if o.Conditional != nil {
			line += fmt.Sprintf(", conditional %s", o.Conditional)
		}
		if o.NoGo != nil {
			line += fmt.Sprintf(", no_go %s", o.NoGo)
		}
		if o.Claim == slo.Inferred {
			line += ", inferred"
		}
		lines = append(lines, line)
	}
	rows(w, "OBJECTIVES", lines...)
	names := names(&c.Plan)
	lines = nil
	for _, l := range slo.Limits(c.Objectives, names) {
		lines = append(lines, limitInWords(l, names))
	}
	if len(lines) > 0 {
		rows(w, "COUNTED EXACTLY", lines...)
	}
}

func limitInWords(l measure.Limit, names []string) string {
	words := "requests of " + short(l.Latency) + " and longer"
	if l.Inclusive {
		words = "requests longer than " + short(l.Latency)
	}
	if l.Step != measure.AllSteps {
		words += " in " + names[l.Step]
	}
	return words + ", or not answered well"
}

// bodyInWords says what a step sends behind its head: a body of variables has its length
// only when it is sent.
func bodyInWords(s *loadgen.Step) string {
	if s.Request.Content != nil {
		return "a body with variables"
	}
	return fmt.Sprintf("%d bytes of body", len(s.Request.Body))
}
