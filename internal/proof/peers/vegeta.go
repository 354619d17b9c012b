package peers

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

func vegeta() Tool {
	return Tool{Name: "vegeta", Accepts: []int{0}, Plan: planVegeta, Read: readVegeta}
}

func planVegeta(l Load) (Command, error) {
	c := Command{
		Args: []string{
			"attack", "-targets", "targets.txt", "-insecure", "-http2=false", "-max-body", "0",
			"-duration", l.Length.String(), "-output", "results.bin",
		},
		Mode:  Open,
		Files: map[string]string{"targets.txt": "GET " + l.URL + "\n"},
		Then:  []string{"report", "-type", "json", "results.bin"},
	}
	if l.Rate > 0 {
		c.Args = append(c.Args, "-rate", strconv.Itoa(l.Rate)+"/1s")
		return c, noHTTP2(l)
	}
	users := strconv.Itoa(l.Users)
	c.Args = append(c.Args, "-rate", "0", "-workers", users, "-max-workers", users, "-connections", users)
	c.Mode = "closed"
	if l.Think > 0 {
		c.Mode = "closed, without think time"
	}
	return c, noHTTP2(l)
}

func readVegeta(o Output) (Reading, error) {
	var r struct {
		Latencies struct {
			P50 float64 `json:"50th"`
			P90 float64 `json:"90th"`
			P95 float64 `json:"95th"`
			P99 float64 `json:"99th"`
		} `json:"latencies"` // in nanoseconds
		Requests int64   `json:"requests"`
		Success  float64 `json:"success"`
	}
	if err := json.Unmarshal(o.Stdout, &r); err != nil {
		return Reading{}, fmt.Errorf("read vegeta's report: %w", err)
	}
	if r.Requests == 0 {
		return Reading{}, errors.New("read vegeta's report: it counts no request")
	}
	l := r.Latencies
	return Reading{
		Requests: r.Requests,
		Success:  r.Success,
		Views:    []View{{Figures: told([4]float64{l.P50 / 1e6, l.P90 / 1e6, l.P95 / 1e6, l.P99 / 1e6})}},
	}, nil
}
