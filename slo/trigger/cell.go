package trigger

import (
	"fmt"
	"time"
)

// A Cell is what one second says about one condition. Several Cells of the same
// second add up, in any order. A second of which nobody could count anything has
// no Cell; one in which nothing was due has a Cell with Due 0. The two differ:
// the first is a gap, the second was seen.
type Cell struct {
	Second int   // since the start of the run
	Due    int64 // requests that were due in it
	Bad    int64 // those of them that are bad, as the condition's Counter says
}

// Check tells whether the counts can be counts.
func (c Cell) Check() error {
	if c.Second < 0 || c.Bad < 0 || c.Bad > c.Due {
		return fmt.Errorf("read cell of second %d: want 0 <= bad <= due from second 0 on, got %d bad of %d due", c.Second, c.Bad, c.Due)
	}
	return nil
}

// A window is what the seconds of a stretch say together.
type window struct {
	ticks    int // its length
	known    int // ticks of it that have a cell
	busy     int // ticks of it in which something was due
	due, bad int64
	shares   float64 // sum of the shares of the busy ticks
}

// share returns the share of bad requests, each request counting the same.
func (w window) share() float64 { return float64(w.bad) / float64(max(w.due, 1)) }

// timeShare returns the share of bad requests, each second counting the same: it
// still shows a service that collapsed and so was asked less.
func (w window) timeShare() float64 { return w.shares / float64(max(w.busy, 1)) }

// seen tells whether half of the window or more is no gap. What is seen of less
// speaks for itself and not for the window.
func (w window) seen() bool { return 2*w.known >= w.ticks }

func (w *window) add(c Cell) {
	w.known++
	w.due += c.Due
	w.bad += c.Bad
	if c.Due > 0 {
		w.busy++
		w.shares += float64(c.Bad) / float64(c.Due)
	}
}

func (w window) minus(v window) window {
	return window{
		ticks: w.ticks - v.ticks, known: w.known - v.known, busy: w.busy - v.busy,
		due: w.due - v.due, bad: w.bad - v.bad, shares: w.shares - v.shares,
	}
}

// A ledger keeps cells: those that are not decided yet, and the sums over those
// that are, as far back as a window reaches. It counts in ticks of equal length.
type ledger struct {
	tick    time.Duration
	start   int // the first tick that counts
	next    int // the first tick that is not decided
	waiting map[int]Cell
	sums    []window // a ring: tick i has that of the ticks from start to before i
}

func newLedger(tick, start time.Duration, longest int) *ledger {
	first := ticks(start, tick)
	return &ledger{tick: tick, start: first, next: first, waiting: map[int]Cell{}, sums: make([]window, longest+1)}
}

// ticks returns how many ticks a duration fills, the last one in part.
func ticks(d, tick time.Duration) int { return int((d + tick - 1) / tick) }

// add takes a cell of a tick that is not decided. Those from before the start
// are left out.
func (l *ledger) add(c Cell) error {
	if err := c.Check(); err != nil {
		return err
	}
	at := c.Second / int(l.tick/time.Second)
	if at < l.start {
		return nil
	}
	if at < l.next {
		return fmt.Errorf("add cell of second %d: want a second that is not decided yet, those before %s are", c.Second, short(l.now()))
	}
	sum := l.waiting[at]
	l.waiting[at] = Cell{Second: c.Second, Due: sum.Due + c.Due, Bad: sum.Bad + c.Bad}
	return nil
}

// decide closes the next tick, and tells whether it has a cell.
func (l *ledger) decide() (known bool) {
	c, known := l.waiting[l.next]
	delete(l.waiting, l.next)
	sum := l.until(l.next)
	sum.ticks++
	if known {
		sum.add(c)
	}
	l.next++
	l.sums[l.next%len(l.sums)] = sum
	return known
}

// now is the instant up to which ticks are decided.
func (l *ledger) now() time.Duration { return time.Duration(l.next) * l.tick }

// decided is how many ticks are.
func (l *ledger) decided() int { return l.next - l.start }

func (l *ledger) until(tick int) window { return l.sums[tick%len(l.sums)] }

// last returns the window of the last n decided ticks, or of all when there are
// fewer.
func (l *ledger) last(n int) window {
	return l.until(l.next).minus(l.until(max(l.next-n, l.start)))
}
