package trigger

// pend lets what is pending fire, go on or end.
func (t *Trigger) pend(s sight) {
	t.lasted++
	t.inspect(s)
	switch {
	case t.ended(s):
		t.move(OK, Nothing, t.whyEnded(s))
	case !t.ripe(s):
	case t.ledger.now() < t.rests:
		t.heldUp = true
	default:
		t.fire(Fire, t.whyFired(s))
	}
}

// inspect notes whether the condition held in a window that is complete now. The
// windows follow one another from where it began to be pending. To ask of every
// second whether it holds would break off at the least dip, again and again.
func (t *Trigger) inspect(s sight) {
	shortest, longest := t.lengths()
	if t.lasted%shortest != 0 && t.lasted != longest {
		return
	}
	t.held = append(t.held, s.above)
	if n := t.windows(); len(t.held) > n {
		t.held = t.held[len(t.held)-n:]
	}
}

// windows is how many the hold is made of.
func (t *Trigger) windows() int {
	shortest, longest := t.lengths()
	return (longest + shortest - 1) / shortest
}

// missed is in how many of them the condition did not hold.
func (t *Trigger) missed() (missed int) {
	for _, held := range t.held {
		if !held {
			missed++
		}
	}
	return missed
}

// ended tells whether what is pending does not hold any more, as the rule is read.
func (t *Trigger) ended(s sight) bool {
	switch t.options.Reading {
	case Sustained:
		return t.missed() > 0
	case Windowed:
		return !s.above
	}
	return t.missed() > t.windows()/5
}

// ripe tells whether it held, as the rule is read. What is over fires no more.
func (t *Trigger) ripe(s sight) bool {
	_, longest := t.lengths()
	switch t.options.Reading {
	case Sustained:
		return t.lasted >= longest && s.above
	case Windowed:
		return s.holdAbove
	}
	return t.lasted >= longest && s.above && s.holdAbove
}
