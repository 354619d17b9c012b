package compare

import "math"

// success compares the shares of requests that were answered well.
func (p *pair) success(m Metric) Row {
	r := p.newRow(m)
	for i, s := range p.sides {
		if s.Due > 0 {
			*[]*float64{&r.Baseline, &r.Candidate}[i] = 100 * float64(s.OK) / float64(s.Due)
		}
	}
	r.Change = r.Candidate - r.Baseline
	if p.broken != "" {
		return r.doubted(p.broken)
	}
	b, c := p.cuts[0].failed(), p.cuts[1].failed()
	free := independent(b, c)
	d := subtract(b, c, p.blocks(), p.paired, free)
	d.reach = max(d.reach, p.reach()*math.Sqrt(free*p.lent(d, free)))
	r.Lo, r.Hi = -100*d.hi(), -100*d.lo()
	return r.judge(p.Confounded)
}

// reach is how many standard deviations it is to a bound.
func (p *pair) reach() float64 { return student(float64(p.blocks() - 1)) }

// lent is the least that so many requests count as one, where few failed: a run that
// by luck had few failures saw no wave of them either. What is beyond the 90th percentile
// shows waves in any run. It counts less the more independent failures there are, as in
// package stats.
func (p *pair) lent(failures difference, free float64) float64 {
	b, c := p.alike(tenth)
	common := independent(b, c)
	waves := square(subtract(b, c, p.blocks(), p.paired, common).reach/p.reach()) / common
	bad := min(p.sides[0].Due-p.sides[0].OK, p.sides[1].Due-p.sides[1].OK)
	return weighed(waves, bad, square(failures.reach/p.reach())/free)
}

// tenth is the share beyond the percentile that shows waves.
const tenth = 0.1

// weighed takes waves the less into account, the more independent failures there were.
func weighed(waves float64, bad int64, deff float64) float64 {
	const enough = 15
	if events := float64(bad) / max(1, deff); events > enough {
		waves *= enough / events
	}
	return waves
}

func square(x float64) float64 { return x * x }

// rate compares good answers a second, where they are the target's doing.
func (p *pair) rate(m Metric) Row {
	r := p.newRow(m)
	for i, s := range p.sides {
		if s.Length > 0 {
			*[]*float64{&r.Baseline, &r.Candidate}[i] = float64(s.OK) / s.Length.Seconds()
		}
	}
	r.Change = r.Candidate/r.Baseline - 1
	switch {
	case p.GivenRate != "":
		r.Verdict, r.Rule = "", p.GivenRate
		return r
	case p.broken+p.doubt != "":
		return r.doubted(p.broken + p.doubt)
	case p.sides[0].OK == 0 || p.sides[1].OK == 0:
		return r.doubted("a side has no good answer")
	}
	b, c := relative(p.cuts[0].answers()), relative(p.cuts[1].answers())
	least := 1/float64(p.sides[0].OK) + 1/float64(p.sides[1].OK)
	d := subtract(b, c, p.blocks(), p.paired, least) // of logarithms
	ratio := 1 + r.Change
	r.Lo, r.Hi = ratio*math.Exp(d.lo())-1, ratio*math.Exp(d.hi())-1
	return r.judge(p.Confounded)
}

// relative counts in units of the mean: what blocks add to it is what they add to its
// logarithm.
func relative(n counts) counts {
	mean := n.ratio()
	m := counts{make([]float64, len(n.bad)), n.due}
	for i := range n.bad {
		m.bad[i] = n.bad[i] / mean
	}
	return m
}
