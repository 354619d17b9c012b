package compare

import (
	"fmt"
	"math"
	"time"

	"gonogo/slo"
)

// A pair is the two sides, ready to be compared.
type pair struct {
	Options
	paired bool
	sides  [2]*Side // baseline, candidate
	cuts   [2]cutting
	broken string // why no row can be judged; "" if they can
	doubt  string // why none of response times and rates can
}

// sideName is how rules call the two.
func sideName(i int) string { return [...]string{"baseline", "candidate"}[i] }

// prepare cuts both sides, and returns Comparison.Slower.
func (p *pair) prepare() float64 {
	for i, s := range p.sides {
		p.cuts[i] = s.cut()
	}
	if p.broken = p.unfit(); p.broken == "" {
		p.doubt = p.doubts()
	}
	return slower(p.cuts[0].median, p.cuts[1].median)
}

func (p *pair) blocks() int { return min(p.cuts[0].blocks, p.cuts[1].blocks) }

// unfit says why nothing can be judged, or "".
func (p *pair) unfit() string {
	for i, s := range p.sides {
		if why := s.unfit(&p.cuts[i]); why != "" {
			return fmt.Sprintf("the %s %s", sideName(i), why)
		}
	}
	b, c := p.sides[0], p.sides[1]
	if p.paired && ((b.Start-c.Start).Abs() > b.Length/fineUnits || (b.Length-c.Length).Abs() > b.Length/fineUnits) {
		return fmt.Sprintf("the sides were not measured in the same seconds: %v from %v on, and %v from %v on", b.Length, b.Start, c.Length, c.Start)
	}
	return ""
}

// doubts says why response times and rates cannot be judged, or "". What fails, fails.
func (p *pair) doubts() string {
	if why := otherWork(p.sides); why != "" {
		return why
	}
	if why := p.waiting(); why != "" {
		return why
	}
	const half = 0.5
	b, c := p.alike(half)
	return unsteady(b, c, p.blocks(), p.paired)
}

// otherWork says that the sides do not do the same, as far as statuses tell: where most
// requests are answered well on both sides, or "".
func otherWork(sides [2]*Side) string {
	b, c := sides[0], sides[1]
	if sb, sc := usual(b.Statuses), usual(c.Statuses); sb != sc && 2*b.OK > b.Due && 2*c.OK > c.Due {
		return fmt.Sprintf("the baseline mostly answers %d and the candidate %d: they do not do the same work", sb, sc)
	}
	return ""
}

// alike counts what is beyond a quantile of each side, the ratio between them being as it
// was seen.
func (p *pair) alike(rest float64) (baseline, candidate counts) {
	at := func(i int) float64 { return float64(p.sides[i].Response.Quantile(1 - rest)) }
	ratio := at(1) / at(0)
	if !(ratio > 1/widest && ratio < widest) {
		ratio = 1
	}
	return rivalry{&p.cuts[0], &p.cuts[1], rest, p.paired}.beyond(ratio)
}

// waiting says that the sides held each other up, or "".
func (p *pair) waiting() string {
	if !p.Shared {
		return ""
	}
	for i, s := range p.sides {
		const most = 20
		if p95 := s.Response.Quantile(0.95); s.Waited > p95/most {
			return fmt.Sprintf("requests to the %s waited up to %v (p95) for a free connection or user, so the sides held each other up: allow more in flight, or less load", sideName(i), s.Waited.Round(10*time.Microsecond))
		}
	}
	return ""
}

// unfit says why a side cannot be compared with any other, or "".
func (s *Side) unfit(c *cutting) string {
	var due, ok int64
	for i := range s.Stretches {
		st := &s.Stretches[i]
		if st.Due < 0 || st.OK < 0 || st.OK > st.Due || st.Response.Count() != st.Due {
			return "has counters that do not add up"
		}
		due, ok = due+st.Due, ok+st.OK
	}
	empty := c.failed().in(c.blocks).empty()
	switch {
	case s.Due <= 0:
		return "has no request"
	case due != s.Due || ok != s.OK || s.Response.Count() != s.Due:
		return fmt.Sprintf("has %d requests, of which %d are kept by time", s.Due, due)
	case c.blocks < leastBlocks:
		return fmt.Sprintf("was measured too short: for %v, bounds need %ds at least", s.Length.Round(time.Millisecond), leastBlocks)
	case empty*10 > c.blocks:
		return fmt.Sprintf("had no request due in %d of %d blocks of time", empty, c.blocks)
	}
	return ""
}

// usual is the status of most answers; 0 when there was none.
func usual(statuses map[int]int64) (usual int) {
	for status, n := range statuses {
		if n > statuses[usual] || n == statuses[usual] && n > 0 && status < usual {
			usual = status
		}
	}
	return usual
}

func (p *pair) row(m Metric) Row {
	switch m.Kind {
	case slo.Success:
		return p.success(m)
	case slo.Rate:
		return p.rate(m)
	}
	return p.quantile(m)
}

// quantile compares a percentile.
func (p *pair) quantile(m Metric) Row {
	r := p.measured(m)
	q := rivalry{&p.cuts[0], &p.cuts[1], m.rest(), p.paired}
	switch {
	case p.broken+p.doubt != "":
		return r.doubted(p.broken + p.doubt)
	case r.Failed[0] && r.Failed[1]:
		return r.doubted("it falls on requests that failed, on both sides")
	case p.few(m) != "":
		return r.doubted(p.few(m))
	case math.IsNaN(r.Change):
		return r.doubted("it is 0 on both sides")
	}
	lo, hi := q.bounds(1 + r.Change)
	r.Lo, r.Hi = min(lo-1, r.Change), max(hi-1, r.Change)
	return r.judge(p.Confounded)
}

// few says that there are too few requests to tell the percentile from the longest
// of them, or "".
func (p *pair) few(m Metric) string {
	const beyond = 10
	least := int64(math.Ceil(beyond/m.rest() - 1e-9))
	if got := min(p.sides[0].Due, p.sides[1].Due); got < least {
		return fmt.Sprintf("%d requests are too few, it takes %d on each side", got, least)
	}
	return ""
}

// measured is the row of a percentile as far as it takes no statistics.
func (p *pair) measured(m Metric) Row {
	r := p.newRow(m)
	for i, s := range p.sides {
		if s.Due <= 0 {
			return r
		}
		r.Failed[i] = m.rank(s.Due) > s.OK
		ms := float64(s.Response.Quantile(1-m.rest())) / float64(time.Millisecond)
		*[]*float64{&r.Baseline, &r.Candidate}[i] = ms
	}
	switch {
	case r.Failed[0] && r.Failed[1]:
	case r.Failed[0]:
		r.Change = -1
	case r.Failed[1]:
		r.Change = math.Inf(1)
	default:
		r.Change = r.Candidate/r.Baseline - 1
	}
	return r
}
