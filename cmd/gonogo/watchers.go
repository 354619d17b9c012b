package main

import (
	"time"

	"gonogo/loadgen"
	"gonogo/scenarios"
)

// watchers are all who hear how a run goes.
type watchers struct {
	progress *progress // nil with --quiet
	metrics  *metrics  // nil without --metrics-listen
}

func newWatchers(c *scenarios.Compiled, o loadOptions, std stdio) (*watchers, error) {
	w := &watchers{}
	if !o.quiet {
		w.progress = newProgress(&c.Plan, std)
	}
	if o.metrics != "" {
		m, err := serveMetrics(o.metrics, &c.Plan, std)
		if err != nil {
			return nil, err
		}
		w.metrics = m
	}
	return w, nil
}

func (w *watchers) tick(t loadgen.Tick) {
	if w.progress != nil {
		w.progress.tick(t)
	}
	if w.metrics != nil {
		w.metrics.tick(t)
	}
}

// stopping tells that a signal has come: the run drains now.
func (w *watchers) stopping(grace time.Duration) {
	if w.progress != nil {
		w.progress.stopping(grace)
	}
}

func (w *watchers) close() {
	if w.progress != nil {
		w.progress.close()
	}
	if w.metrics != nil {
		w.metrics.close()
	}
}
