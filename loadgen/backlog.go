package loadgen

import (
	"time"

	"gonogo/measure"
)

// A backlog is what was due and is given up at the end of a run. A dead target may
// leave millions: they are counted by the second in which they were due, since
// recording each would outlast the run. One goroutine owns it.
type backlog struct {
	run   *run
	first measure.Outcome // the first one that was due in the second and phase
	steps []int64         // how many of each step
	any   bool
}

func (r *run) newBacklog() *backlog {
	return &backlog{run: r, steps: make([]int64, len(r.Plan.AllSteps()))}
}

// add gives up a request; in a flow, all steps of its iteration.
func (b *backlog) add(due time.Duration, step int) {
	phase := b.run.Plan.PhaseAt(due)
	if b.any && (phase != b.first.Phase || due/time.Second != b.first.Due/time.Second) {
		b.record()
	}
	if !b.any {
		b.any = true
		b.first = measure.Outcome{Phase: phase, Class: measure.Dropped, Due: due, Done: due, Read: due}
	}
	if !b.run.Plan.Flow {
		b.steps[step]++
		return
	}
	n := len(b.run.Plan.Steps)
	for i := range n {
		b.steps[step/n*n+i]++
	}
}

// record hands what was added to the recorder.
func (b *backlog) record() {
	for step, n := range b.steps {
		if n == 0 {
			continue
		}
		b.first.Step = step
		b.run.shards[0].drop(b.first, n)
		b.run.issued.Add(n)
		b.steps[step] = 0
	}
	b.any = false
}
