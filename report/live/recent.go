package live

import (
	"slices"
	"time"

	"gonogo/measure"
	"gonogo/report/show"
)

// recentLength is how many seconds the figures at the top of the page are about.
const recentLength = 10

// A recent holds the last seconds of a run. They are added up when somebody looks.
type recent struct {
	ring [recentLength]moment
	next int
}

// A moment is what one second brought, and how long it was.
type moment struct {
	length    time.Duration
	intervals []measure.Interval
}

// add takes the next second; before is when the last one ended.
func (r *recent) add(p Pulse, before time.Duration) {
	r.ring[r.next] = moment{p.At - before, slices.Concat(p.Intervals, p.Against)}
	r.next = (r.next + 1) % recentLength
}

// sum returns the counts, the response times and our own lateness of all of it.
func (r *recent) sum() (f measure.Figures, length time.Duration) {
	for _, m := range r.ring {
		length += m.length
		for i := range m.intervals {
			for s := range m.intervals[i].Steps {
				of := &m.intervals[i].Steps[s]
				f.Counts.Add(&of.Counts)
				f.Answered.Merge(&of.Answered)
				f.Charged.Merge(&of.Charged)
				f.Late.Merge(&of.Late)
			}
		}
	}
	return f, length
}

// figures are how the run is now, as they stand at the top of the page.
func (b *board) figures() []figure {
	f, length := b.recent.sum()
	p := &b.last
	all := []figure{
		{"rate", "good answers", show.Rate(ratio(float64(f.OK()), length.Seconds()))},
		{"p50", "p50", quantile(&f, 0.5)},
		{"p95", "p95", quantile(&f, 0.95)},
		{"p99", "p99", quantile(&f, 0.99)},
		{"ok", "success", show.Share(f.OK(), f.Planned())},
		{"errors", "errors so far", show.Count(b.errors())},
	}
	if p.Users != nil {
		all = append(all, figure{"users", "users", show.Count(int64(*p.Users))})
	}
	if p.Arrivals != nil {
		all = append(all, figure{"arrivals", "planned arrivals", show.Rate(p.Arrivals)})
	}
	all = append(all, figure{"inflight", "in flight", show.Count(int64(p.InFlight))})
	lag := show.None
	if f.Late.Count() > 0 {
		lag = milliseconds(f.Late.Quantile(0.99))
	}
	all = append(all, figure{"lag", "our own lag p99", lag})
	if p.CPU >= 0 {
		all = append(all, figure{"cpu", "our own CPU", show.Whole(100*p.CPU) + "%"})
	}
	if p.Memory >= 0 {
		all = append(all, figure{"memory", "our own memory", show.Size(p.Memory)})
	}
	return all
}

func ratio(a, b float64) *float64 {
	if b <= 0 {
		return nil
	}
	return new(a / b)
}

func quantile(f *measure.Figures, q float64) string {
	if f.Planned() == 0 {
		return show.None
	}
	d, _ := f.Quantile(q)
	return milliseconds(d)
}

func milliseconds(d time.Duration) string {
	return show.Milliseconds(new(float64(d) / float64(time.Millisecond)))
}

// now shows the figures of this second.
func (b *board) now() {
	p := &b.last
	elapsed := show.Span(p.At.Truncate(time.Second).Seconds())
	if b.of.Length > 0 {
		elapsed += " of " + show.Span(b.of.Length.Seconds())
	}
	if p.Phase != "" {
		elapsed += ", " + show.Inert(p.Phase, 40)
	}
	share := 0.0
	if done := ratio(p.At.Seconds(), b.of.Length.Seconds()); done != nil {
		share = min(*done, 1)
	}
	h := head{Elapsed: elapsed, Progress: share, Figures: b.figures()}
	h.event = event("now", h)
	v := b.shown.next()
	h.version = v.version
	v.head = h
}
