package peers

import (
	_ "embed" // the script
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"text/template"
)

//go:embed k6.js
var k6Script string

func k6() Tool {
	return Tool{Name: "k6", Accepts: []int{0}, Plan: planK6, Read: readK6}
}

func planK6(l Load) (Command, error) {
	mode := Open
	if l.Rate == 0 {
		mode = "closed"
	}
	t, err := template.New("k6.js").Parse(k6Script)
	if err != nil {
		return Command{}, err
	}
	var script strings.Builder
	if err := t.Execute(&script, struct {
		Load
		Base string
	}{l, l.base()}); err != nil {
		return Command{}, err
	}
	return Command{
		Args:  []string{"run", "--quiet", "--no-usage-report", "--log-output=none", "k6.js"},
		Mode:  mode,
		Files: map[string]string{"k6.js": script.String()},
	}, noHTTP2(l)
}

func readK6(o Output) (Reading, error) {
	text, err := fs.ReadFile(o.Files, "summary.json")
	if err != nil {
		return Reading{}, fmt.Errorf("read k6's summary: %w", err)
	}
	var summary struct {
		Metrics map[string]struct {
			Values map[string]float64 `json:"values"`
		} `json:"metrics"`
	}
	if err := json.Unmarshal(text, &summary); err != nil {
		return Reading{}, fmt.Errorf("read k6's summary: %w", err)
	}
	view := func(name, metric string) View {
		v := summary.Metrics[metric].Values
		return View{name, told([4]float64{v["med"], v["p(90)"], v["p(95)"], v["p(99)"]})}
	}
	r := Reading{
		Requests: int64(summary.Metrics["http_reqs"].Values["count"]),
		Success:  1 - summary.Metrics["http_req_failed"].Values["rate"],
		Views:    []View{view("", "http_req_duration"), view(GoodAnswers, "http_req_duration{expected_response:true}")},
	}
	if r.Requests == 0 {
		return Reading{}, fmt.Errorf("read k6's summary: it counts no request")
	}
	if n := summary.Metrics["dropped_iterations"].Values["count"]; n > 0 {
		r.Remarks = append(r.Remarks, fmt.Sprintf("did not start %.0f iterations; its latency knows nothing of them", n))
	}
	return r, nil
}
