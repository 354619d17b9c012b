package peers

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
)

func fortio() Tool {
	return Tool{Name: "fortio", Accepts: []int{0}, Plan: planFortio, Read: readFortio}
}

// planFortio asks for the finest histogram that it has and for requests that are
// spread evenly over its connections, neither of which is its default.
func planFortio(l Load) (Command, error) {
	rate, mode := "0", "closed"
	switch {
	case l.Rate > 0:
		rate, mode = strconv.Itoa(l.Rate), fmt.Sprintf("paced: %d connections, %s/s each", l.Users, l.each())
	case l.Think > 0:
		each := 1 / l.Think.Seconds()
		rate, mode = decimal(each*float64(l.Users)), fmt.Sprintf("paced: %s/s each, for want of think time", decimal(each))
	}
	return Command{
		Args: []string{
			"load", "-qps", rate, "-c", strconv.Itoa(l.Users), "-t", l.Length.String(), "-uniform",
			"-p", "50,90,95,99", "-r", "0.0001", "-json", "fortio.json", "-k", "-timeout", "30s",
			"-allow-initial-errors", "-log-errors=false", "-quiet", "-loglevel", "Critical", l.URL,
		},
		Mode: mode,
	}, noHTTP2(l)
}

func readFortio(o Output) (Reading, error) {
	text, err := fs.ReadFile(o.Files, "fortio.json")
	if err != nil {
		return Reading{}, fmt.Errorf("read fortio's report: %w", err)
	}
	var r struct {
		DurationHistogram struct {
			Count       int64
			Percentiles []struct{ Percentile, Value float64 } // in seconds
		}
		RetCodes map[string]int64
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return Reading{}, fmt.Errorf("read fortio's report: %w", err)
	}
	h := r.DurationHistogram
	if h.Count == 0 || len(h.Percentiles) != len(Figures{}) {
		return Reading{}, errors.New("read fortio's report: it counts no request, or not four percentiles")
	}
	var ms [4]float64
	for i, p := range h.Percentiles {
		ms[i] = p.Value * 1e3
	}
	return Reading{Requests: h.Count, Success: share(r.RetCodes["200"], h.Count), Views: []View{{Figures: told(ms)}}}, nil
}
