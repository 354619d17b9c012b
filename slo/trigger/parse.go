package trigger

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gonogo/slo"
)

// A ParseError says where a rule's text stops making sense.
type ParseError = slo.ParseError

// Parse reads
//
//	comparison "for" duration
//
// where the comparison is slo's of a percentile, success or error_rate, such as
// "p95{checkout} > 1s for 5m", or "p95 > 1.5x baseline for 5m". Every error is a
// *ParseError.
func Parse(text string) (Rule, error) {
	r, err := cut(text).rule()
	if err != nil {
		return Rule{}, err
	}
	return r, nil
}

// The result is *ParseError and not error so that no caller can lose the type.
func (p parts) rule() (r Rule, err *ParseError) {
	if strings.Contains(p.limitText(), "baseline") {
		r.Target, r.Factor, err = p.baseline()
	} else {
		r.Target, err = p.target(p.text[:p.word], p.word)
	}
	if err == nil {
		err = p.canFire(r)
	}
	if err == nil {
		r.For, err = p.holdFor()
	}
	return r, err
}

const wantFor = `"for" and how long, such as for 5m`

// target reads a comparison, which is the rule's text up to part and maybe more.
func (p parts) target(text string, part int) (slo.Target, *ParseError) {
	t, err := slo.ParseTarget(text)
	var e *slo.ParseError
	if !errors.As(err, &e) {
		return t, nil
	}
	if e.Column > utf8.RuneCountInString(p.text[:part]) { // all of this part was good
		at := p.afterSpace(part)
		return t, p.wrong(at, p.text[at:], e.Want, e.Mean)
	}
	if strings.HasPrefix(e.Want, "nothing more") { // an objective's windows and phase may follow, but no rule's
		e.Want = wantFor
	}
	return t, &ParseError{What: "trigger", Text: p.text, Column: e.Column, Found: strings.TrimSpace(e.Found), Want: e.Want, Mean: e.Mean}
}

const wantFactor = "a multiple of the baseline above 1 and up to 1000, such as 1.5x baseline"

// baseline reads "p95 > 1.5x baseline". A limit is put in the multiple's place,
// so that what stands before it is read as always.
func (p parts) baseline() (slo.Target, slo.Decimal, *ParseError) {
	t, err := p.target(p.text[:p.limit]+" 1ms", p.limit)
	if err != nil && err.Column <= utf8.RuneCountInString(p.text[:p.limit]) {
		return t, slo.Decimal{}, err
	}
	if err != nil || t.Metric != slo.Percentile {
		return t, slo.Decimal{}, p.wrong(p.limit, p.limitText(), "a limit of its own: only percentiles are compared with a baseline", "")
	}
	t.Limit = slo.Decimal{}
	number, rest, _ := strings.Cut(p.limitText(), "x")
	factor, ok := factorOf(strings.TrimSpace(number))
	if !ok || strings.TrimSpace(rest) != "baseline" {
		return t, factor, p.wrong(p.limit, p.limitText(), wantFactor, guessFactor(p.limitText()))
	}
	return t, factor, nil
}

// canFire refuses comparisons that are no share of requests, those that hold
// when all is well, and those that hold always or never.
func (p parts) canFire(r Rule) *ParseError {
	t := r.Target
	switch {
	case !isShare(t.Metric):
		return p.wrong(p.afterSpace(0), t.Subject(), "a metric that is a share of the requests: a percentile such as p95, success or error_rate", "")
	case t.Scope != (slo.Scope{}):
		return p.wrong(p.limit, p.limitText(), "a limit and no window or phase: the rule has a window of its own, "+wantFor, "")
	case !tooBad(t):
		bad := badOps(t.Metric)
		want := fmt.Sprintf("%s or %s: a trigger says what is too bad, not what is good", bad[0], bad[1])
		return p.wrong(p.op, string(t.Op), want, turned(t.Op, bad))
	case !r.NeedsBaseline() && !mayHold(t):
		return p.wrong(p.limit, p.limitText(), "a limit that is neither always nor never exceeded", "")
	}
	return nil
}

// isShare tells the metrics that say how large a share of the requests is bad.
func isShare(m slo.Metric) bool {
	return m == slo.Percentile || m == slo.Success || m == slo.ErrorRate
}

// badOps returns the comparisons of a share that hold when it is too bad.
func badOps(m slo.Metric) []slo.Op {
	if m == slo.Success {
		return []slo.Op{slo.Less, slo.LessEqual}
	}
	return []slo.Op{slo.Greater, slo.GreaterEqual}
}

func tooBad(t slo.Target) bool { return slices.Contains(badOps(t.Metric), t.Op) }

// mayHold tells whether a comparison holds for some shares and not for others.
func mayHold(t slo.Target) bool {
	if t.Metric == slo.Percentile {
		return t.Latency() > 0
	}
	s := allowed(t)
	return s.exceededBy(1, 1) && !s.exceededBy(0, 1)
}

// turned returns the operator that was probably meant by its opposite.
func turned(o slo.Op, bad []slo.Op) string {
	switch o {
	case slo.Less, slo.Greater:
		return string(bad[0])
	case slo.LessEqual, slo.GreaterEqual:
		return string(bad[1])
	}
	return ""
}

const wantHold = "how long, in whole seconds from 1s to 24h, such as 30s, 5m or 1h30m"

// holdFor reads "for 5m".
func (p parts) holdFor() (time.Duration, *ParseError) {
	if p.word == len(p.text) {
		return 0, p.wrong(p.word, "", wantFor, "")
	}
	written := strings.TrimSpace(p.text[p.hold:])
	d, ok := holdOf(written)
	if !ok {
		return 0, p.wrong(p.hold, written, wantHold, guessHold(written))
	}
	return d, nil
}

func (p parts) wrong(at int, found, want, guess string) *ParseError {
	column := utf8.RuneCountInString(p.text[:at]) + 1
	return &ParseError{What: "trigger", Text: p.text, Column: column, Found: strings.TrimSpace(found), Want: want, Mean: guess}
}
