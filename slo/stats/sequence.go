package stats

// Sequence bounds a share at whatever moment a run was stopped, each bound at alpha:
// unlike those of Estimate, its bounds hold although the run ended because of what they
// show. They are the limits that a Bet on these blocks would not have refuted by now.
func Sequence(blocks []Block, alpha float64) (lo, hi float64) {
	refuted := func(bet *Bet) bool {
		bet.Add(blocks...)
		return bet.Holds(alpha, 1)
	}
	lo = border(func(limit float64) bool { return refuted(Above(limit)) })
	hi = 1 - border(func(rest float64) bool { return refuted(Below(1 - rest)) })
	return lo, hi
}

// border returns the highest share up to which a condition holds that stops to
// hold once only, to a part in a million of it.
func border(holds func(share float64) bool) float64 {
	const finest = 1e-9
	if !holds(finest) {
		return 0
	}
	lo, hi := finest, 1.0
	for hi-lo > lo*1e-6 {
		middle := (lo + hi) / 2
		if holds(middle) {
			lo = middle
		} else {
			hi = middle
		}
	}
	return lo
}
