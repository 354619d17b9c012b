package trigger

import (
	"fmt"
	"time"
)

// seen says what a window holds, each request counting the same, and each second.
func (t *Trigger) seen(w window) string { return t.seenBeside(w, t.condition.allowed) }

// seenBeside says it on the side of a limit that it is on.
func (t *Trigger) seenBeside(w window, limit share) string {
	return fmt.Sprintf("%d of %d requests (%s; %s by time) %s in the last %s",
		w.bad, w.due, limit.beside(w.bad, w.due), percent(w.timeShare()), t.condition.what, short(t.span(w.ticks)))
}

func (t *Trigger) span(ticks int) time.Duration { return time.Duration(ticks) * t.options.Every }

// limit says what the share is compared with.
func (t *Trigger) limit() string {
	if t.condition.allowed.equal {
		return "and " + t.condition.allowed.String() + " is too much"
	}
	return "the limit is " + t.condition.allowed.String()
}

func (t *Trigger) whyAbove(s sight) string {
	w := s.near
	if !t.violated(w) {
		w = s.far
	}
	return t.seen(w) + ", " + t.limit()
}

func (t *Trigger) whyEnded(s sight) string {
	why := t.seen(s.near) + ", " + t.limit()
	if t.over(s.near) {
		why += fmt.Sprintf(", and it takes %d of them to exceed it", t.options.MinBad)
	}
	if t.options.Reading == Both {
		why = fmt.Sprintf("not above the limit in %d of %d windows of %s; %s", t.missed(), len(t.held), short(t.options.Window), why)
	}
	return why
}

func (t *Trigger) whyFired(s sight) string {
	why := t.seen(s.far) + ", " + t.limit()
	if t.options.Reading != Windowed {
		n := len(t.held)
		why = fmt.Sprintf("above the limit in %d of %d windows of %s; %s", n-t.missed(), n, short(t.options.Window), why)
	}
	if t.heldUp {
		why += fmt.Sprintf("; held up by the cooldown of %s", short(t.options.Cooldown))
	}
	return why
}

func (t *Trigger) whyClear(s sight) string {
	w := s.near
	if t.options.Reading == Windowed {
		w = s.far
	}
	if t.clearBelow.num == 0 {
		return t.seen(w)
	}
	return fmt.Sprintf("%s, below %s, %g of the limit", t.seenBeside(w, t.clearBelow), t.clearBelow, t.options.Hysteresis)
}

func (t *Trigger) whyCleared(s sight) string {
	return fmt.Sprintf("for %s so: %s", short(t.options.ClearFor), t.whyClear(s))
}

func (t *Trigger) whyUnknown(s sight) string {
	missing := s.near.ticks - s.near.known
	switch {
	case s.gap:
		return fmt.Sprintf("no data: of the last %s, %s are missing, the newest too", short(t.span(s.near.ticks)), short(t.span(missing)))
	case !s.near.seen():
		return fmt.Sprintf("too little data: of the last %s, %s are missing", short(t.span(s.near.ticks)), short(t.span(missing)))
	}
	return fmt.Sprintf("too few requests: %d in the last %s, it takes %d", s.near.due, short(t.span(s.near.ticks)), t.options.MinSamples)
}
