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

// add gives up an iteration: one step, or those that its flow would have run for
// sure; where it decides about all of them, the first.
func (b *backlog) add(due time.Duration, p pick) {
	phase := b.run.Plan.PhaseAt(due)
	if b.any && (phase != b.first.Phase || due/time.Second != b.first.Due/time.Second) {
		b.record()
	}
	if !b.any {
		b.any = true
		b.first = measure.Outcome{Phase: phase, Class: measure.Dropped, Due: due, Done: due, Read: due}
	}
	if len(b.run.flows) == 0 {
		b.steps[p.n+p.other]++
		return
	}
	for step, n := range b.run.flows[p.n].actions.owed {
		b.steps[p.other+step] += n
	}
}

// giveUpOn gives up one iteration.
func (r *run) giveUpOn(p pick, due time.Duration) {
	b := r.newBacklog()
	b.add(due, p)
	b.record()
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
