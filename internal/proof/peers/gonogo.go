package peers

import (
	_ "embed" // the journey
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"gonogo/report"
)

// journey is what Load.Journey asks for, as a scenario.
//
//go:embed journey.yaml
var journey string

func gonogo() Tool {
	return Tool{
		Name:    "gonogo",
		Accepts: []int{0, 10, 11, 12}, // each verdict comes with its figures
		Plan:    planGonogo,
		Read:    readGonogo,
	}
}

func planGonogo(l Load) (Command, error) {
	c := Command{Mode: "closed", Args: []string{"load", l.URL}}
	if l.Steps > 1 {
		c.Args[1] = "steps.yaml"
		c.Files = map[string]string{"steps.yaml": steps(l)}
	}
	if l.Journey {
		c.Args[1] = "journey.yaml"
		c.Args = append(c.Args, "--target", l.base())
		c.Files = map[string]string{"journey.yaml": journey}
	}
	if l.Rate > 0 {
		c.Mode = Open
		c.Args = append(c.Args, "--rate", strconv.Itoa(l.Rate))
	} else {
		c.Args = append(c.Args, "--users", strconv.Itoa(l.Users), "--think-time", l.Think.String())
	}
	if l.Connections > 0 {
		c.Args = append(c.Args, "--http", "2", "--connections", strconv.Itoa(l.Connections))
	}
	if strings.HasPrefix(l.URL, "https:") {
		c.Args = append(c.Args, "--insecure")
	}
	c.Args = append(c.Args, "--duration", l.Length.String(), "--slo", "success > 99.9%", "--quiet", "--out-dir", ".")
	return c, nil
}

// steps is a scenario of many named steps at the one address.
func steps(l Load) string {
	var b strings.Builder
	b.WriteString("name: many-steps\nsteps:\n")
	for i := range l.Steps {
		fmt.Fprintf(&b, "  - {name: step %d, url: \"%s?step=%d\"}\n", i+1, l.URL, i+1)
	}
	return b.String()
}

func readGonogo(o Output) (Reading, error) {
	names, err := fs.Glob(o.Files, "load_test_report_*.json")
	if err != nil || len(names) != 1 {
		return Reading{}, fmt.Errorf("read gonogo's report: want one, got %d", len(names))
	}
	f, err := o.Files.Open(names[0])
	if err != nil {
		return Reading{}, err
	}
	defer f.Close()
	r, err := report.Read(f)
	if err != nil {
		return Reading{}, fmt.Errorf("read gonogo's report: %w", err)
	}
	latency := spread(r.Totals.Latency.Spread)
	for i, name := range []string{"p50", "p90", "p95", "p99"} {
		if slices.Contains(r.Totals.Latency.Charged, name) {
			latency[i] = Value{Word: Failed}
		}
	}
	out := Reading{
		Requests: r.Totals.Requests,
		Success:  share(r.Totals.Accounting.OK, r.Totals.Accounting.Planned),
		Views: []View{
			{Figures: latency},
			{Name: GoodAnswers, Figures: spread(r.Totals.Answered)},
			{Name: Service, Figures: spread(r.Totals.Service)},
		},
	}
	if !r.Validity.Valid {
		out.Remarks = append(out.Remarks, "called its own run "+r.Verdict+": "+strings.Join(r.Reasons, "; "))
	}
	return out, nil
}

// spread picks the figures that are compared.
func spread(s report.Spread) Figures {
	var f Figures
	for i, ms := range []*float64{s.P50, s.P90, s.P95, s.P99} {
		f[i] = Value{Word: NotTold}
		if ms != nil {
			f[i] = Value{MS: *ms}
		}
	}
	return f
}
