package main

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"gonogo/decision"
	"gonogo/loadgen"
	"gonogo/metrics"
	"gonogo/report"
	"gonogo/report/show"
	"gonogo/slo"
)

// telling lets other programs hear of a run while it goes on, and of its verdict. A nil
// one tells nobody.
type telling struct {
	listen    string // the address; "": nobody may ask
	receivers []*metrics.Receiver
	mask      func(string) string
	std       stdio

	collector *metrics.Collector // nil: the run has not begun
	server    *http.Server
	served    sync.WaitGroup
	senders   []*metrics.Sender
}

// begin listens, and begins to send.
func (t *telling) begin(p *loadgen.Plan, kind string, s *standing) error {
	collector := metrics.NewCollector(runToTell(p, kind), s)
	if t.listen != "" {
		if err := t.serve(collector); err != nil {
			return err
		}
	}
	t.collector = collector
	for _, to := range t.receivers {
		t.senders = append(t.senders, metrics.Send(collector, to, func(err error) {
			fmt.Fprintf(t.std.err, "gonogo: warning: %s: %s; the run goes on\n", to.Name, t.inert(err))
		}))
	}
	return nil
}

// runToTell is what is known about a run beforehand.
func runToTell(p *loadgen.Plan, kind string) metrics.Run {
	run := metrics.Run{Scenario: p.Name, Kind: kind, Version: version, Own: len(p.Steps), Closed: p.Closed != nil}
	for _, s := range p.AllSteps() {
		step := metrics.Step{Name: s.Name, Method: s.Request.Method}
		if s.Request.URL != nil {
			step.Host = s.Request.URL.Hostname()
		}
		run.Steps = append(run.Steps, step)
	}
	for _, v := range []slo.Verdict{slo.Pass, slo.Conditional, slo.Inconclusive, slo.Fail} {
		run.Statuses = append(run.Statuses, string(v))
	}
	for _, v := range []decision.Verdict{decision.Go, decision.ConditionalGo, decision.NoGo, decision.Inconclusive, decision.Invalid} {
		run.Verdicts = append(run.Verdicts, string(v))
	}
	return run
}

func (t *telling) serve(c *metrics.Collector) error {
	ln, err := net.Listen("tcp", t.listen)
	if err != nil {
		return usageError(fmt.Errorf("--metrics-listen: %w", err), "choose another address, or port 0 for a free one")
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", metrics.Handler(c))
	t.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	t.served.Go(func() { _ = t.server.Serve(ln) }) // ends with end
	fmt.Fprintf(t.std.err, "gonogo: metrics at http://%s/metrics\n", ln.Addr())
	return nil
}

// tick implements watcher.
func (t *telling) tick(p pulse) {
	t.collector.Observe(metrics.Second{
		Run: p.run, Started: p.tick.Started, At: p.now.Wall, Users: p.tick.Users, InFlight: p.tick.InFlight, CPU: p.cpu, RSS: p.tick.RSS,
		Own: p.tick.Intervals, Against: p.tick.Against,
	})
}

// stopping implements watcher: what is counted says it.
func (t *telling) stopping(time.Duration) {}

// close implements watcher. The verdict is still to come.
func (t *telling) close() {}

// decided tells what came of the run.
func (t *telling) decided(r *report.Report) {
	if t != nil && t.collector != nil {
		t.collector.Decide(r.Verdict, time.Now())
	}
}

// end tells the last state, which takes a few seconds at most, and says what was not
// taken.
func (t *telling) end() {
	if t == nil || t.collector == nil {
		return
	}
	results := make([]metrics.Pushes, len(t.senders))
	var ended sync.WaitGroup
	for i, s := range t.senders {
		ended.Go(func() { results[i] = s.Finish() })
	}
	ended.Wait()
	for _, p := range results {
		if p.Failed > 0 {
			fmt.Fprintf(t.std.err, "gonogo: %s: %d of %d pushes failed: %s\n", p.To, p.Failed, p.Made, t.inert(p.Last))
		}
	}
	if t.server != nil {
		_ = t.server.Close()
	}
	t.served.Wait()
}

// inert is an error as it may be shown: part of it comes from a receiver.
func (t *telling) inert(err error) string {
	const most = 300
	return show.Inert(t.mask(err.Error()), most)
}
