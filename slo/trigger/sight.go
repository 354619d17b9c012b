package trigger

// A sight is what one evaluation sees.
type sight struct {
	gap   bool // the newest second has no cell
	early bool // there were not enough seconds yet to tell
	tells bool

	near window // the shortest window that can tell; the hold when none can
	far  window // the hold

	above     bool // the condition holds now
	holdAbove bool // it holds over the hold as one window
	clear     bool // the share is well below the limit
}

// look evaluates the condition on the decided ticks, of which the newest is known
// or a gap. A window that has to be widened still needs requests in its shortest
// form: else what is long past would count as violation, or as health, for ever.
func (t *Trigger) look(known bool) sight {
	shortest, longest := t.lengths()
	s := sight{gap: !known, near: t.ledger.last(shortest), far: t.ledger.last(longest)}
	if s.gap || s.near.ticks < shortest {
		s.early = !s.gap
		return s
	}
	if s.near.due == 0 || !s.near.seen() {
		return s
	}
	s.near = t.widened(shortest, longest, t.enough)
	if !t.enough(s.near) || !s.near.seen() {
		s.early = !t.enough(s.near) && t.ledger.decided() < longest
		return s
	}
	if t.over(s.near) && s.near.bad < t.options.MinBad {
		s.near = t.widened(s.near.ticks, longest, func(w window) bool { return w.bad >= t.options.MinBad })
	}
	s.tells = true
	t.compare(&s, longest)
	return s
}

// lengths returns the shortest and the longest window, in ticks.
func (t *Trigger) lengths() (shortest, longest int) {
	return ticks(t.options.Window, t.options.Every), ticks(t.rule.For, t.options.Every)
}

// compare says on which sides of the limit a sight that can tell is.
func (t *Trigger) compare(s *sight, longest int) {
	full := s.far.ticks == longest && s.far.seen()
	s.above = t.violated(s.near)
	s.holdAbove = full && t.violated(s.far)
	s.clear = t.well(s.near)
	if t.options.Reading == Windowed {
		s.above = s.above || s.holdAbove
		s.clear = s.clear && full && t.well(s.far)
	}
}

// widened returns the shortest window between two lengths that will do, or the
// longest. What will do must also do in every longer window.
func (t *Trigger) widened(shortest, longest int, will func(window) bool) window {
	for shortest < longest {
		middle := (shortest + longest) / 2
		if will(t.ledger.last(middle)) {
			longest = middle
		} else {
			shortest = middle + 1
		}
	}
	return t.ledger.last(longest)
}

// enough tells whether a window has the requests that it takes.
func (t *Trigger) enough(w window) bool { return w.due >= t.options.MinSamples }

// over tells whether the share is above the limit, be it by however few.
func (t *Trigger) over(w window) bool { return t.condition.allowed.exceededBy(w.bad, w.due) }

// violated tells whether the share is above the limit, and by more than a few.
func (t *Trigger) violated(w window) bool {
	return t.enough(w) && w.bad >= t.options.MinBad && t.over(w)
}

// well tells whether the share is so far below the limit that it may clear.
func (t *Trigger) well(w window) bool {
	return t.enough(w) && t.clearBelow.undercutBy(w.bad, w.due)
}
