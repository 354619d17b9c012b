package slo

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"time"

	"gonogo/measure"
	"gonogo/slo/stats"
)

// An Inference is what a run says about the service behind it: about the share of
// its requests that are bad for the objective, which are those that are not OK or
// beyond Go's limit.
//
// Bounds come from blocks of time and not from requests, which resemble their
// neighbours (package stats). Each of them holds at 95 % by itself.
type Inference struct {
	stats.Share
	Allowed float64       // share that Go allows
	Further time.Duration // how much longer the run would have to be for a verdict, if what it saw is the truth; 0: not at all, or unknown
	Outages *Outages      // of a success or error rate
}

// Outages are the stretches of seconds in which most requests failed. No bound
// foresees outages that are rarer than the run is long; what is known of those is UpTo.
type Outages struct {
	Count   int
	Longest time.Duration
	UpTo    float64 // how many an hour there may be, at 95 %: 3 / hours after a run without any
}

const (
	miss  = 0.05 // how often each bound may be wrong
	power = 0.8  // of what is planned for

	sureOfEach = 1.6448536269514722 // the normal quantile at 1-miss
)

// Claimed returns the objectives with the claim that those make which leave it
// open. Where that cannot be inferred, it is observed.
func Claimed(objectives []Objective, claim Claim) []Objective {
	all := slices.Clone(objectives)
	for i := range all {
		if o := &all[i]; o.Claim == "" {
			if o.Claim = Observed; claim == Inferred && o.inferable() == "" {
				o.Claim = Inferred
			}
		}
	}
	return all
}

// inferable says why nothing can be inferred about the objective's metric, or "".
func (o Objective) inferable() string {
	switch t := o.Go; {
	case t.Metric != Percentile && t.Metric != Success && t.Metric != ErrorRate:
		return "of " + t.metricText() + " no bounds are known"
	case t.Window > 0:
		return "windows are about this run"
	case t.During != "":
		return "the " + t.During + " phase is no steady state"
	}
	for _, b := range o.bands() {
		if b.Op == Equal || b.Op == NotEqual {
			return fmt.Sprintf("no bound can show that %s", b)
		}
	}
	return ""
}

// proportion is a target as a comparison of the share of bad requests.
type proportion struct {
	limit  *measure.Limit // bad is what is beyond it; nil: what is not ok
	share  float64
	below  bool // holds below the share, not above
	strict bool // holds not on the share itself
}

// proportion returns the share that a band is about. "p95 < 200ms" holds if at most
// 5 % are not below 200 ms, "p95 > 500ms" if more than 5 % are above 500 ms.
func (t Target) proportion(step int) proportion {
	switch t.Metric {
	case Success: // of the good
		return proportion{nil, t.Limit.restOf100(), t.Op == Greater || t.Op == GreaterEqual, t.Op == Greater || t.Op == Less}
	case ErrorRate:
		return proportion{nil, t.Limit.Float() / 100, t.Op == Less || t.Op == LessEqual, t.Op == Greater || t.Op == Less}
	}
	below := t.Op == Less || t.Op == LessEqual
	return proportion{&t.counters(step)[0], t.Quantile.restOf100(), below, !below}
}

// restOf100 is what a percentage leaves, as a share.
func (d Decimal) restOf100() float64 {
	rest := new(big.Rat).Sub(big.NewRat(100, 1), d.rat())
	share, _ := rest.Quo(rest, big.NewRat(100, 1)).Float64()
	return share
}

// holds tells whether a band holds for all that the bounds leave possible.
func (p proportion) holds(s stats.Share) truth {
	under := s.Hi < p.share || s.Hi == p.share && p.below != p.strict
	over := s.Lo > p.share || s.Lo == p.share && p.below == p.strict
	switch {
	case s.Doubt != "" || !under && !over:
		return unsure
	case under == p.below:
		return yes
	}
	return no
}

// asInferred judges the service behind the run.
func (j *Judgement) asInferred(e evidence) {
	o := j.Objective
	observed, _, problem := e.held(o)
	if problem != "" {
		j.Rule = problem
		return
	}
	t, problem := e.track(e.run.Summary.Cells().Limits())
	if problem != "" {
		j.Rule = problem
		return
	}
	for _, b := range o.bands() {
		if l := b.proportion(e.step).limit; l != nil && t.over[*l] == nil {
			j.Rule = notBySecond(*l)
			return
		}
	}
	j.Measured, j.Failed = e.measuredValue(o, observed)
	j.Margin = o.Go.margin(j.Measured)
	background, from := e.background(&t)
	held, words, doubt := map[string]truth{}, map[string]string{}, ""
	for _, b := range o.bands() {
		p := b.proportion(e.step)
		s := stats.Estimate(t.blocks(p.limit), background, miss)
		held[b.name], words[b.name] = p.holds(s), shareWords(b.Target, s, p.share, from)
		doubt = cmp.Or(doubt, s.Doubt)
		if b.name == bandGo {
			j.Inference = &Inference{Share: s, Allowed: p.share}
		}
	}
	imply(held)
	j.settle(held)
	j.Bounds = e.bounds(&t, o, j.Inference.Share, held)
	if o.Go.Metric != Percentile {
		j.Inference.Outages = t.outages()
	}
	for _, name := range j.deciding(held) {
		j.Rule += "; " + words[name]
	}
	switch {
	case doubt != "": // of any band: they are all of the same requests
		j.Verdict, j.Band, j.Touches, j.Rule = Inconclusive, bandNone, nil, doubt
		j.Inference.Doubt = doubt
	case j.Verdict == Inconclusive:
		j.needs(e, &t, held, background)
	}
}

// imply settles what follows from what is sure: Lint makes go a part of conditional,
// and no_go what neither of them shares. The bounds of a limit that hardly anything
// is beyond may be the wider ones.
func imply(held map[string]truth) {
	if held[bandGo] == yes {
		held[bandConditional] = yes
	}
	if held[bandConditional] == yes {
		held[bandNoGo] = no
	}
	if held[bandNoGo] == yes {
		held[bandConditional] = no
	}
	if held[bandNoGo] == yes || held[bandConditional] == no {
		held[bandGo] = no
	}
}

// deciding are the bands that a verdict rests on: those that are open, or the one
// that holds, or go where none does.
func (j *Judgement) deciding(held map[string]truth) []string {
	var open []string
	fired := bandGo
	for _, b := range j.Objective.bands() {
		if held[b.name] == unsure {
			open = append(open, b.name)
		}
		if b.name == j.Band {
			fired = b.name
		}
	}
	if len(open) > 0 {
		return open
	}
	return []string{fired}
}

// needs says how much longer the run has to be. One band that is settled may be
// enough, so the shortest time of those that are open counts.
func (j *Judgement) needs(e evidence, t *track, held map[string]truth, background stats.Background) {
	for _, b := range j.Objective.bands() {
		if held[b.name] != unsure {
			continue
		}
		p := b.proportion(e.step)
		aim := stats.Aim{Limit: p.share, Alpha: miss, Power: power}
		more, ok := aim.Further(stats.Estimate(t.blocks(p.limit), background, miss), e.length)
		if ok && (j.Inference.Further == 0 || more < j.Inference.Further) {
			j.Inference.Further = more
		}
	}
	if more := j.Inference.Further; more > 0 {
		j.Rule += "; a verdict may take " + momentText(roundedUp(more)) + " more"
	}
}

// roundedUp rounds what is only estimated.
func roundedUp(d time.Duration) time.Duration {
	unit := time.Second
	if d > 10*time.Minute {
		unit = time.Minute
	}
	return (d + unit - 1) / unit * unit
}

// blocks are the cells, with what is beyond a limit as bad, or what is not ok.
func (t *track) blocks(beyond *measure.Limit) []stats.Block {
	cells := make([]stats.Block, t.units())
	for i := range cells {
		c := &cells[i]
		c.N = t.planned[i+1] - t.planned[i]
		if beyond == nil {
			c.Bad = c.N - (t.ok[i+1] - t.ok[i])
		} else {
			c.Bad = t.over[*beyond][i+1] - t.over[*beyond][i]
		}
	}
	return cells
}

// outages finds the stretches of seconds in which more than half of the requests
// failed: fewer may fail by themselves. Those that are at most five seconds apart are one.
func (t *track) outages() *Outages {
	const apart, half = 5, 0.5
	o := stats.FindOutages(t.blocks(nil), half, apart/t.unit)
	unit := time.Duration(t.unit) * time.Second
	return &Outages{
		Count: o.Count, Longest: time.Duration(o.Longest) * unit,
		UpTo: o.Most(miss) * float64(time.Hour/unit),
	}
}

// shareWords says what was inferred: "3.1% to 3.9% of the service's requests are
// beyond 200ms or not ok, 5% is allowed".
func shareWords(t Target, s stats.Share, allowed float64, from string) string {
	what := "beyond " + t.LimitText() + " or not ok"
	if t.Metric != Percentile {
		what = "not ok"
	}
	text := fmt.Sprintf("%s to %s of the service's requests are %s, %s is allowed", percentText(s.Lo), percentText(s.Hi), what, percentText(allowed))
	switch {
	case s.Borrowed:
		text += "; as these are few, " + from
	case s.Bad == 0 || s.Bad == s.N:
		text += "; how alike they are cannot be seen, so each twentieth of the run counts as one"
	}
	return text
}

// percentText prints a share in percent, to three digits.
func percentText(share float64) string {
	return strconv.FormatFloat(100*share, 'g', 3, 64) + Percent
}
