package loadgen

import (
	"sync"
	"time"
)

// open runs the open model: arrivals come when they are due, whether or not
// earlier ones were answered. Each takes a free worker, or a new one up to the
// cap. At the cap the policy decides: drop, or wait for a worker, which the
// arrival's lag then shows. Nothing is queued but the next arrival: the rest of
// the queue is the plan itself.
//
// It runs in a goroutine of its own, which the alarm may keep on its thread.
func (r *run) open(l Load, number int) {
	var dispatching sync.WaitGroup
	dispatching.Go(func() { r.dispatch(l, number) })
	dispatching.Wait()
}

func (r *run) dispatch(l Load, number int) {
	model := l.Open
	pool := &pool{run: r, first: l.first, free: make(chan struct{}, 1)}
	defer pool.close()
	wait, end := r.newAlarm()
	defer end()
	arrivals := r.Plan.schedule(l, number)
	dropped := r.newBacklog()
	defer dropped.record()
	queued, left := &r.queued[number], r.leaving[number]
	defer left.end(r.early.Load)
	defer func() { r.fail(arrivals.end()) }()
	for {
		a, more := arrivals.next()
		due := a.due
		if !more || !r.due(due) || !r.sleepUntil(wait, due) {
			return
		}
		queued.Store(int64(max(due, 1)))
		w, free := pool.take(model.MaxInFlight, !model.Drop)
		if w != nil {
			sent := w.begin(r, job{a, free})
			queued.Store(0)
			w.jobs <- struct{}{}
			left.leave(due, free, sent)
		} else {
			dropped.add(due, a.pick)
			if !r.isOver() {
				dropped.record() // for those who watch the run
			}
			queued.Store(0)
			left.drop(due, r.clock.Now(), !model.Drop || r.isOver())
		}
	}
}

type job struct {
	arrival
	free time.Duration // since when there was a worker for it
}

// A worker is a goroutine with a connection of its own that performs arrivals.
type worker struct {
	*slot
	job  job           // that it is to perform next, or performs
	lead bool          // the job's first call is prepared
	jobs chan struct{} // holds one: there is a job
}

// begin sends the job's first request from the goroutine that keeps the time,
// where the Sender can: a hand-over would make it late. It returns when that was, or
// when it was left to the worker.
//
// In a flow that is the first step, if nothing before it has to wait.
func (w *worker) begin(r *run, j job) time.Duration {
	now, ready := r.clock.Now(), max(j.due, j.free)
	w.job, w.lead = j, true
	if w.walk == nil {
		r.prepare(w.slot, j.n+j.other, now, j.due, ready)
	} else {
		w.walk.hear(j.variable, j.told)
		w.lead = w.walk.lead(j.pick, now, j.due, ready)
	}
	if w.lead && w.starter != nil {
		w.starter.Start(&w.call)
	}
	if sent := w.call.Outcome.Sent; w.lead && sent > 0 {
		return sent
	}
	return r.clock.Now()
}

// perform performs the job. One for which no data are left is given up: who plans
// arrivals wants all of them.
func (w *worker) perform(r *run) {
	switch {
	case w.walk == nil:
		r.finish(w.slot)
	case w.lead:
		w.walk.perform()
	default:
		w.walk.iterate(w.job.pick, r.clock.Now(), w.job.due, max(w.job.due, w.job.free))
		if w.walk.ended && w.walk.isSettled(w.job.pick) { // else it is given up already
			r.giveUpOn(w.job.pick, w.job.due)
		}
		w.walk.ended = false
	}
}

// pool keeps the free workers, the last used on top: no more connections stay in
// use than the load needs.
type pool struct {
	run     *run
	first   int // number of the first worker
	working sync.WaitGroup
	all     []*worker     // the dispatcher's alone
	free    chan struct{} // holds one when idle may have grown since it was last seen empty

	mu   sync.Mutex // guards idle
	idle []*worker
}

// take returns a free worker and since when there was one, or nil when there is
// none: at once, or after the run's last moment when wait is set.
func (p *pool) take(most int, wait bool) (w *worker, free time.Duration) {
	for !p.run.isOver() {
		w, free = p.pop()
		switch {
		case w != nil && len(p.all) < most:
			return w, 0 // one could have been made at any time
		case w != nil:
			return w, free
		case len(p.all) < most:
			return p.make(), 0
		case !wait || !p.await():
			return nil, 0
		}
	}
	return nil, 0
}

// pop returns the worker that was used last, and since when any of them is free.
func (p *pool) pop() (w *worker, free time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	if last < 0 {
		return nil, 0
	}
	w, free = p.idle[last], p.idle[0].slot.free()
	p.idle = p.idle[:last]
	return w, free
}

func (p *pool) make() *worker {
	w := &worker{slot: p.run.newSlot(p.first + len(p.all)), jobs: make(chan struct{}, 1)}
	p.run.users.Add(1)
	p.working.Go(func() { p.work(w) })
	p.all = append(p.all, w)
	return w
}

func (p *pool) work(w *worker) {
	defer p.run.endSlot(w.slot)
	defer p.run.users.Add(-1)
	for range w.jobs {
		w.perform(p.run)
		p.give(w)
	}
}

func (p *pool) give(w *worker) {
	p.mu.Lock()
	p.idle = append(p.idle, w)
	p.mu.Unlock()
	select {
	case p.free <- struct{}{}:
	default:
	}
}

// await waits until a worker may be free. It returns false once the run's grace
// period is over: what is still waiting then is never sent.
func (p *pool) await() bool {
	select {
	case <-p.free:
		return true
	case <-p.run.giveUp:
		return false
	}
}

// close lets the workers end what they have under way.
func (p *pool) close() {
	for _, w := range p.all {
		close(w.jobs)
	}
	p.working.Wait()
}
