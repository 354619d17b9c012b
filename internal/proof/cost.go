package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gonogo/internal/proof/peers"
)

// A Group is tools that had the same load on the same nginx, in rounds: within a
// round each had its turn, the first one changing, so that what a machine does over
// time strikes all of them.
type Group struct {
	Key     string   `json:"key"`
	Title   string   `json:"title"`
	Samples []Sample `json:"samples"`
}

// A Sample is one run of one tool.
type Sample struct {
	Tool     string  `json:"tool"`
	Round    int     `json:"round"`
	Requests int64   `json:"requests"` // as nginx counted them
	CPU      float64 `json:"cpu_us"`   // user and system, a request
	Rate     float64 `json:"rate"`     // requests a second
	Peak     int64   `json:"peak"`     // bytes
}

// group runs the tools in rounds. One that breaks is said loudly and left out.
func (l *lab) group(ctx context.Context, s *server, g Group, tools []peers.Tool, load peers.Load, rounds int) (Group, error) {
	load.CostOnly = true
	for round := range rounds {
		for i := range tools {
			t := tools[(i+round)%len(tools)]
			fmt.Fprintf(l.log, "%s, round %d: %s\n", g.Title, round+1, t.Name)
			sample, err := l.sample(ctx, s, t, load)
			if ctx.Err() != nil {
				return g, ctx.Err()
			}
			if err != nil {
				l.notice("%s is left out of round %d of %s: %v", t.Name, round+1, g.Title, err)
				continue
			}
			sample.Round = round
			g.Samples = append(g.Samples, sample)
		}
	}
	return g, nil
}

func (l *lab) sample(ctx context.Context, s *server, t peers.Tool, load peers.Load) (Sample, error) {
	before, err := s.served(ctx)
	if err != nil {
		return Sample{}, err
	}
	r, err := l.run(ctx, t, load, true)
	if err != nil {
		return Sample{}, err
	}
	after, err := s.served(ctx)
	if err != nil {
		return Sample{}, err
	}
	n := after - before - 1 // asking is a request too
	if n <= 0 {
		return Sample{}, fmt.Errorf("run %s: nginx saw none of its requests", t.Name)
	}
	return Sample{
		Tool: t.Name, Requests: n, Peak: r.Peak,
		CPU:  float64(r.CPU) / float64(time.Microsecond) / float64(n),
		Rate: float64(n) / load.Length.Seconds(),
	}, nil
}

// A Spread is the median of a few values and the ends of their range.
type Spread struct{ Median, Min, Max float64 }

// spread is false without a value.
func spread(values []float64) (Spread, bool) {
	if len(values) == 0 {
		return Spread{}, false
	}
	slices.Sort(values)
	half := len(values) / 2
	s := Spread{values[half], values[0], values[len(values)-1]}
	if len(values)%2 == 0 {
		s.Median = (values[half-1] + values[half]) / 2
	}
	return s, true
}

// of takes one value from each of a tool's samples.
func (g Group) of(tool string, value func(Sample) float64) (Spread, bool) {
	var values []float64
	for _, s := range g.Samples {
		if s.Tool == tool {
			values = append(values, value(s))
		}
	}
	return spread(values)
}

// ratio is gonogo's CPU a request to another tool's.
func (g Group) ratio(tool string) (Spread, bool) { return g.between("gonogo", tool) }

// between is one tool's CPU a request to another's, in the rounds that have both.
func (g Group) between(one, tool string) (Spread, bool) { return g.share(one, tool, cpu) }

// share is one tool's value to another's, in the rounds that have both.
func (g Group) share(one, tool string, value func(Sample) float64) (Spread, bool) {
	ours := map[int]float64{}
	for _, s := range g.Samples {
		if s.Tool == one {
			ours[s.Round] = value(s)
		}
	}
	var values []float64
	for _, s := range g.Samples {
		if v, ok := ours[s.Round]; ok && s.Tool == tool {
			values = append(values, v/value(s))
		}
	}
	return spread(values)
}

// tools are those with a sample, in the order of peers.All.
func (g Group) tools() []string {
	var out []string
	for _, t := range peers.All() {
		if slices.ContainsFunc(g.Samples, func(s Sample) bool { return s.Tool == t.Name }) {
			out = append(out, t.Name)
		}
	}
	return out
}

func cpu(s Sample) float64  { return s.CPU }
func rate(s Sample) float64 { return s.Rate }
func peak(s Sample) float64 { return float64(s.Peak) / 1e6 }
