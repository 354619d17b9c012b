package slo

import (
	"fmt"
	"strings"
	"time"

	"gonogo/measure"
)

// A Scope says over what a target is judged: over a phase as a whole, or in
// windows of it, which slide by a second. Its zero value is the whole measure phase.
//
// "every 1m" is all windows of a minute, "in 99% of 1m" at least such a share of
// them, "in any 1m" at least one of them: the last is for a no_go.
type Scope struct {
	Window time.Duration // whole seconds; 0: there are none
	Share  Decimal       // of the windows, in percent: 100 is every, 0 is any
	During string        // DuringRamp or DuringWarmUp; "" is the measure phase
}

// The phases beside the measure phase, as texts and reports name them.
const (
	DuringRamp   = "ramp"
	DuringWarmUp = "warm-up"
)

// maxWindow bounds a window: whoever writes more has mistaken the unit.
const maxWindow = 7 * 24 * time.Hour

// phase returns the phase that is judged.
func (s Scope) phase() measure.Phase {
	switch s.During {
	case DuringRamp:
		return measure.Ramp
	case DuringWarmUp:
		return measure.WarmUp
	}
	return measure.Measure
}

func (s Scope) every() bool { return s.Share == Decimal{100, 0} }
func (s Scope) any() bool   { return s.Share == Decimal{} }

// String returns the text behind a target's limit, with a space before it; "" is
// the whole measure phase.
func (s Scope) String() string {
	text := ""
	switch {
	case s.Window == 0:
	case s.every():
		text = " every " + spanText(s.Window)
	case s.any():
		text = " in any " + spanText(s.Window)
	default:
		text = fmt.Sprintf(" in %s%% of %s", s.Share, spanText(s.Window))
	}
	return text + s.duringText()
}

// words says what is judged: "windows of 1m of the ramp phase".
func (s Scope) words() string {
	text := "the whole " + s.phase().String() + " phase"
	if s.Window > 0 {
		text = "windows of " + spanText(s.Window) + " of the " + s.phase().String() + " phase"
	}
	return text
}

func (s Scope) duringText() string {
	if s.During == "" {
		return ""
	}
	return " during " + s.During
}

// spanText prints whole seconds in the largest unit that takes no fraction: "1m".
func spanText(d time.Duration) string {
	for _, u := range []struct {
		size time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "m"}} {
		if d > 0 && d%u.size == 0 {
			return fmt.Sprintf("%d%s", d/u.size, u.name)
		}
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

// scope reads
//
//	[ "every" length | "in" ( "any" | share "of" ) length ] [ "during" phase ]
func (p *parser) scope(t Target) (s Scope, err *ParseError) {
	start, word := p.word()
	if word == "every" || word == "in" {
		if t.Metric == Mean || t.Metric == StatusCount {
			return s, p.wrong(start, word, "no windows, as "+t.metricText()+" is known of whole phases only", "")
		}
		if s.Window, s.Share, err = p.windows(word); err != nil {
			return s, err
		}
		start, word = p.word()
	}
	if word == "during" {
		if t.Step != "" && (t.Metric == Mean || t.Metric == StatusCount) {
			return s, p.wrong(start, word, "no phase, as "+t.Subject()+" is known of the measure phase only", "")
		}
		if s.During, err = p.phaseName(); err != nil {
			return s, err
		}
		start, word = p.word()
	}
	if word != "" {
		rest := strings.TrimRight(p.text[start:], " \t\r\n")
		return s, p.wrong(start, rest, "nothing more, or windows such as every 1m, in 99% of 1m or in any 1m, and then a phase such as during ramp", guessScope(word))
	}
	return s, nil
}

func (p *parser) windows(word string) (length time.Duration, share Decimal, err *ParseError) {
	share = Decimal{100, 0}
	if word == "in" {
		if share, err = p.shareOfWindows(); err != nil {
			return 0, share, err
		}
	}
	length, err = p.windowLength()
	return length, share, err
}

// shareOfWindows reads "any" or "99% of".
func (p *parser) shareOfWindows() (Decimal, *ParseError) {
	const want = "any, or a share of the windows above 0% and up to 100%, and of: in 99% of 1m"
	start, word := p.word()
	if word == "any" {
		return Decimal{}, nil
	}
	number, unit, after := cutQuantity(word)
	share, ok := decimal(number)
	if !ok || unit != Percent || after != "" || share.Coefficient == 0 || share.rat().Cmp(Decimal{100, 0}.rat()) > 0 {
		return Decimal{}, p.wrong(start, word, want, "")
	}
	if start, word = p.word(); word != "of" {
		return Decimal{}, p.wrong(start, word, "of, and the length of a window, such as of 1m", "")
	}
	return share, nil
}

func (p *parser) windowLength() (time.Duration, *ParseError) {
	const want = "the length of a window in whole seconds, such as 10s, 1m or 1h, up to 168h"
	start, word := p.word()
	var total time.Duration
	for rest := word; rest != "" || word == ""; {
		number, unit, after := cutQuantity(rest)
		n, ok := decimal(number)
		size, known := durationUnit(unit)
		if !ok || !known || n.Scale > 0 || n.Coefficient > int64(maxWindow/size) {
			return 0, p.wrong(start, word, want, guessWindow(word))
		}
		total += time.Duration(n.Coefficient) * size
		rest = after
	}
	if total < time.Second || total > maxWindow || total%time.Second != 0 {
		return 0, p.wrong(start, word, want, "")
	}
	return total, nil
}

// guessWindow takes a bare number for seconds.
func guessWindow(word string) string {
	if n, ok := decimal(word); ok && n.Scale == 0 && n.Coefficient > 0 {
		return word + "s"
	}
	return ""
}

// phaseName returns "" for the measure phase.
func (p *parser) phaseName() (string, *ParseError) {
	const measured = "measure"
	start, word := p.word()
	switch word {
	case measured:
		return "", nil
	case DuringRamp, DuringWarmUp:
		return word, nil
	}
	return "", p.wrong(start, word, "a phase: ramp, warm-up or measure",
		nearest(strings.ReplaceAll(strings.ToLower(word), "_", "-"), []string{DuringRamp, DuringWarmUp, measured}))
}

// word takes the next word, and says where it begins.
func (p *parser) word() (start int, word string) {
	p.skipSpace()
	start = p.pos
	return start, p.take(func(r rune) bool { return !isSpace(r) })
}

// beginsScope tells the words that a limit ends before.
func beginsScope(word string) bool { return word == "every" || word == "in" || word == "during" }

// guessScope translates what others say in place of every.
func guessScope(word string) string {
	switch strings.ToLower(word) {
	case "for", "over", "per", "each", "within", "any", "all", "every":
		return "every"
	case "at", "while", "on":
		return "during"
	}
	return ""
}
