package main

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"gonogo/internal/proof/peers"
)

// duel runs the tools at the same time on the same core, again and again: what
// disturbs the machine disturbs both of them, which turns cannot promise. nginx cannot
// tell whose a request is, so each tool's own count is taken, if they add up to nginx's.
func (l *lab) duel(ctx context.Context, s *server, g Group, tools []peers.Tool, load peers.Load, rounds int) (Group, error) {
	for round := range rounds {
		fmt.Fprintf(l.log, "%s, round %d\n", g.Title, round+1)
		samples, err := l.together(ctx, s, tools, load)
		if ctx.Err() != nil {
			return g, ctx.Err()
		}
		if err != nil {
			l.notice("round %d of %s is left out: %v", round+1, g.Title, err)
			continue
		}
		for _, sample := range samples {
			sample.Round = round
			g.Samples = append(g.Samples, sample)
		}
	}
	return g, nil
}

func (l *lab) together(ctx context.Context, s *server, tools []peers.Tool, load peers.Load) ([]Sample, error) {
	before, err := s.served(ctx)
	if err != nil {
		return nil, err
	}
	samples, errs := make([]Sample, len(tools)), make([]error, len(tools))
	var running sync.WaitGroup
	for i, t := range tools {
		running.Go(func() { samples[i], errs[i] = l.counted(ctx, t, load) })
	}
	running.Wait()
	after, err := s.served(ctx)
	if err != nil {
		return nil, err
	}
	sum := int64(0)
	for i := range samples {
		if errs[i] != nil {
			return nil, errs[i]
		}
		sum += samples[i].Requests
	}
	return samples, agree(sum, after-before-1) // asking is a request too
}

// agree tells whether the tools counted what nginx did. What is open at the end of a run
// not every tool counts.
func agree(tools, nginx int64) error {
	if nginx <= 0 || math.Abs(float64(tools-nginx)) > 0.02*float64(nginx) {
		return fmt.Errorf("the tools counted %d requests and nginx %d", tools, nginx)
	}
	return nil
}

// counted runs a tool and takes its own word for how many requests it made.
func (l *lab) counted(ctx context.Context, t peers.Tool, load peers.Load) (Sample, error) {
	r, err := l.run(ctx, t, load, true)
	if err != nil {
		return Sample{}, err
	}
	reading, err := t.Read(r.Output)
	if err != nil {
		return Sample{}, fmt.Errorf("read what %s reported: %w", t.Name, err)
	}
	if reading.Requests <= 0 {
		return Sample{}, fmt.Errorf("%s reported no request", t.Name)
	}
	return Sample{
		Tool: t.Name, Requests: reading.Requests, Peak: r.Peak,
		CPU:  float64(r.CPU) / float64(time.Microsecond) / float64(reading.Requests),
		Rate: float64(reading.Requests) / load.Length.Seconds(),
	}, nil
}
