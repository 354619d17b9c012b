package slo

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A ParseError says where a text stops making sense.
type ParseError struct {
	What   string // of what it is the text: a target, a trigger
	Text   string
	Column int    // in characters, from 1
	Found  string // as written; "" is the end of the text
	Want   string
	Mean   string // what was probably meant; "" when there is no guess
}

// Error returns the whole in one line.
func (e *ParseError) Error() string {
	found := "the end"
	if e.Found != "" {
		found = strconv.Quote(e.Found)
	}
	msg := fmt.Sprintf("read %s %q: column %d: found %s, want %s", e.What, e.Text, e.Column, found, e.Want)
	if e.Mean != "" {
		msg += fmt.Sprintf(" (did you mean %q?)", e.Mean)
	}
	return msg
}

// ParseTarget reads
//
//	metric [ "{" step "}" ] operator limit [ windows ] [ "during" phase ]
//
// such as "p95 < 200ms", "p95{GET /health} < 300ms" or "success > 99.5%". A step
// whose name holds a brace or a quote at its start is written as a Go string:
// {"a}b"}. Windows are "every 1m", "in 99% of 1m" or "in any 1m", see Scope; phases
// are ramp, warm-up and measure. Every error is a *ParseError.
func ParseTarget(text string) (Target, error) {
	p := &parser{text: text}
	t, err := p.target()
	if err != nil {
		return Target{}, err
	}
	return t, nil
}

// A parser walks over the text of one target.
type parser struct {
	text string
	pos  int // in bytes
}

// The result is *ParseError and not error so that no caller can lose the type;
// ParseTarget is the one place that turns it into an error.
func (p *parser) target() (t Target, err *ParseError) {
	if err = p.metric(&t); err != nil {
		return t, err
	}
	if t.Step, err = p.step(); err != nil {
		return t, err
	}
	if t.Op, err = p.op(); err != nil {
		return t, err
	}
	if t.Limit, err = p.limit(t); err != nil {
		return t, err
	}
	if t.Scope, err = p.scope(t); err != nil {
		return t, err
	}
	return t, nil
}

func (p *parser) metric(t *Target) *ParseError {
	p.skipSpace()
	start := p.pos
	word := p.take(func(r rune) bool { return !strings.ContainsRune("{}<>=!~≤≥≠ \t\r\n", r) })
	if metricOf(word, t) {
		return nil
	}
	return p.wrong(start, word, wantMetric, guessMetric(word))
}

const wantMetric = "a metric: p95 (any percentile above 0 and below 100), mean, max, min, success, error_rate, rate or status_429 (any status)"

// metricOf sets the metric that a word names, and tells whether it names one.
func metricOf(word string, t *Target) bool {
	if digits, is := strings.CutPrefix(word, string(StatusCount)); is {
		n, err := strconv.ParseUint(digits, 10, 16)
		t.Metric, t.Status = StatusCount, int(n)
		return err == nil && len(digits) == 3 && n >= 100 && n <= 599
	}
	switch m := Metric(word); m {
	case Mean, Max, Min, Success, ErrorRate, Rate:
		t.Metric = m
		return true
	}
	digits, is := strings.CutPrefix(word, string(Percentile))
	quantile, ok := decimal(digits)
	t.Metric, t.Quantile = Percentile, quantile
	return is && ok && quantile.Coefficient > 0 && quantile.rat().Cmp(Decimal{100, 0}.rat()) < 0
}

const wantStep = "a step's name and a closing brace, such as {checkout}"

func (p *parser) step() (string, *ParseError) {
	p.skipSpace()
	if !strings.HasPrefix(p.rest(), "{") {
		return "", nil
	}
	open := p.pos
	p.pos++
	p.skipSpace()
	name, ok := p.stepName()
	if !ok {
		return "", p.wrong(open, p.text[open:], wantStep, "")
	}
	p.skipSpace()
	if !strings.HasPrefix(p.rest(), "}") || name == "" {
		return "", p.wrong(open, p.text[open:], wantStep, "")
	}
	p.pos++
	return name, nil
}

func (p *parser) stepName() (name string, ok bool) {
	if !strings.HasPrefix(p.rest(), `"`) {
		return strings.TrimSpace(p.take(func(r rune) bool { return r != '}' })), true
	}
	quoted, err := strconv.QuotedPrefix(p.rest())
	if err != nil {
		return "", false
	}
	p.pos += len(quoted)
	name, err = strconv.Unquote(quoted)
	return name, err == nil
}

func (p *parser) op() (Op, *ParseError) {
	p.skipSpace()
	start := p.pos
	word := p.take(func(r rune) bool { return strings.ContainsRune("<>=!~≤≥≠", r) })
	switch o := Op(word); o {
	case Less, LessEqual, Greater, GreaterEqual, Equal, NotEqual:
		return o, nil
	}
	if word == "" {
		word = firstWord(p.rest())
	}
	return "", p.wrong(start, word, "an operator: <, <=, >, >=, == or !=", guessOp(word))
}

func (p *parser) limit(t Target) (Decimal, *ParseError) {
	p.skipSpace()
	switch {
	case t.Metric.IsLatency():
		return p.duration()
	case t.Unit() == Percent:
		return p.percentage()
	case t.Metric == Rate:
		return p.rate()
	}
	return p.count()
}

// maxLatency bounds a latency limit: whoever writes more has mistaken the unit.
const maxLatency = 24 * time.Hour

// duration reads "200ms" or "1m30s" into milliseconds, exactly to the nanosecond.
func (p *parser) duration() (Decimal, *ParseError) {
	const want = "a duration with its unit, such as 200ms, 1.5s or 2m, in whole nanoseconds and up to 24h"
	start := p.pos
	written, word := p.limitWord()
	var total time.Duration
	for rest := word; rest != "" || total == 0 && word == ""; {
		number, unit, after := cutQuantity(rest)
		d, ok := nanoseconds(number, unit)
		if total += d; !ok || total > maxLatency {
			return Decimal{}, p.wrong(start, written, want, guessDuration(word))
		}
		rest = after
	}
	return NewDecimal(int64(total), 6), nil
}

// nanoseconds multiplies exactly; ok is false for an unknown unit, a number that
// is none, a fraction of a nanosecond and more than maxLatency.
func nanoseconds(number, unit string) (d time.Duration, ok bool) {
	n, ok := decimal(number)
	size, known := durationUnit(unit)
	if !ok || !known {
		return 0, false
	}
	exact := n.rat()
	exact.Mul(exact, Decimal{int64(size), 0}.rat())
	if !exact.IsInt() || exact.Cmp(Decimal{int64(maxLatency), 0}.rat()) > 0 {
		return 0, false
	}
	return time.Duration(exact.Num().Int64()), true
}

func durationUnit(name string) (time.Duration, bool) {
	switch name {
	case "ns":
		return time.Nanosecond, true
	case "us", "µs", "μs":
		return time.Microsecond, true
	case "ms":
		return time.Millisecond, true
	case "s":
		return time.Second, true
	case "m":
		return time.Minute, true
	case "h":
		return time.Hour, true
	case "d":
		return 24 * time.Hour, true
	}
	return 0, false
}

func (p *parser) percentage() (Decimal, *ParseError) {
	start := p.pos
	written, word := p.limitWord()
	number, unit, after := cutQuantity(word)
	n, ok := decimal(number)
	if !ok || unit != Percent || after != "" || n.rat().Cmp(Decimal{100, 0}.rat()) > 0 {
		return Decimal{}, p.wrong(start, written, "a percentage from 0% to 100%, such as 99.5%", guessPercentage(number, unit))
	}
	return n, nil
}

func (p *parser) rate() (Decimal, *ParseError) {
	start := p.pos
	written, word := p.limitWord()
	number, unit, after := cutQuantity(word)
	n, ok := decimal(number)
	if !ok || unit != PerSecond || after != "" {
		return Decimal{}, p.wrong(start, written, "a rate in answers a second, such as 450/s", guessRate(number, unit))
	}
	return n, nil
}

func (p *parser) count() (Decimal, *ParseError) {
	start := p.pos
	written, word := p.limitWord()
	n, ok := decimal(word)
	if !ok || n.Scale != 0 {
		return Decimal{}, p.wrong(start, written, "a count of answers without a unit, such as 0", guessCount(word))
	}
	return n, nil
}

// limitWord takes a limit, and returns it as written and without the space
// that may stand between a number and its unit.
func (p *parser) limitWord() (written, word string) {
	start := p.pos
	word = p.take(func(r rune) bool { return !isSpace(r) })
	if number, unit, _ := cutQuantity(word); number != "" && unit == "" && !beginsScope(firstWord(p.rest())) {
		p.skipSpace()
		word += p.take(func(r rune) bool { return !isSpace(r) })
	}
	return strings.TrimSpace(p.text[start:p.pos]), word
}

// cutQuantity cuts "1m30s" into "1", "m" and "30s".
func cutQuantity(text string) (number, unit, after string) {
	n := strings.IndexFunc(text, func(r rune) bool { return !isDigit(r) && r != '.' })
	if n < 0 {
		return text, "", ""
	}
	number, text = text[:n], text[n:]
	if n = strings.IndexFunc(text, isDigit); n < 0 {
		return number, text, ""
	}
	return number, text[:n], text[n:]
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func isSpace(r rune) bool { return strings.ContainsRune(" \t\r\n", r) }

func (p *parser) rest() string { return p.text[p.pos:] }

func (p *parser) skipSpace() {
	p.take(isSpace)
}

// take moves over the characters that match and returns them.
func (p *parser) take(match func(rune) bool) string {
	rest := p.rest()
	n := strings.IndexFunc(rest, func(r rune) bool { return !match(r) })
	if n < 0 {
		n = len(rest)
	}
	p.pos += n
	return rest[:n]
}

// wrong makes the error for what was found at a position.
func (p *parser) wrong(at int, found, want, guess string) *ParseError {
	column := utf8.RuneCountInString(p.text[:at]) + 1
	return &ParseError{What: "target", Text: p.text, Column: column, Found: found, Want: want, Mean: guess}
}

func firstWord(text string) string {
	if words := strings.Fields(text); len(words) > 0 {
		return words[0]
	}
	return ""
}
