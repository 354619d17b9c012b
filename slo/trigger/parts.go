package trigger

import (
	"strconv"
	"strings"
	"time"

	"gonogo/slo"
)

// Parts say where the parts of a rule's text begin, in bytes. Those that are
// missing begin where the next one does, or at the end.
type parts struct {
	text       string
	op, limit  int // the operator, and what stands after it
	word, hold int // "for", and what stands after it
}

// cut finds the parts without asking whether they make sense. A step's name may
// hold anything, and so is passed over.
func cut(text string) parts {
	p := parts{text: text}
	from := afterStep(text)
	p.word = wordAt(text, from, "for")
	p.hold = p.afterSpace(min(p.word+len("for"), len(text)))
	p.op = from + indexOr(text[from:p.word], isOperator)
	p.limit = p.op + indexOr(text[p.op:p.word], func(r rune) bool { return !isOperator(r) })
	p.limit = min(p.afterSpace(p.limit), p.word)
	return p
}

// afterStep returns where the step's name and its brace end, 0 when there is none.
func afterStep(text string) int {
	open := strings.IndexByte(text, '{')
	if open < 0 || strings.ContainsFunc(text[:open], isOperator) {
		return 0
	}
	name := parts{text: text}.afterSpace(open + 1)
	if strings.HasPrefix(text[name:], `"`) {
		quoted, _ := strconv.QuotedPrefix(text[name:])
		name += len(quoted)
	}
	end := strings.IndexByte(text[name:], '}')
	if end < 0 {
		return 0
	}
	return name + end + 1
}

// wordAt returns where a word stands by itself, the end when it never does.
func wordAt(text string, from int, word string) int {
	for i := from; i < len(text); i++ {
		after, found := strings.CutPrefix(text[i:], word)
		alone := (i == from || isSpace(rune(text[i-1]))) && (after == "" || isSpace(rune(after[0])))
		if found && alone {
			return i
		}
	}
	return len(text)
}

func isOperator(r rune) bool { return strings.ContainsRune("<>=!~≤≥≠", r) }

func isSpace(r rune) bool { return strings.ContainsRune(" \t\r\n", r) }

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// indexOr returns where a character first matches, or how long the text is.
func indexOr(text string, match func(rune) bool) int {
	if i := strings.IndexFunc(text, match); i >= 0 {
		return i
	}
	return len(text)
}

// afterSpace returns where the space ends that may stand there.
func (p parts) afterSpace(at int) int {
	return at + indexOr(p.text[at:], func(r rune) bool { return !isSpace(r) })
}

// limitText is what stands between the operator and "for".
func (p parts) limitText() string { return strings.TrimSpace(p.text[p.limit:p.word]) }

const maxHold = 24 * time.Hour

// holdOf reads "90s" and "1h30m": whole numbers with their units.
func holdOf(text string) (d time.Duration, ok bool) {
	for rest := text; rest != ""; {
		digits := rest[:indexOr(rest, func(r rune) bool { return !isDigit(r) })]
		rest = rest[len(digits):]
		unit := rest[:indexOr(rest, isDigit)]
		rest = rest[len(unit):]
		n, err := strconv.ParseUint(digits, 10, 31)
		size := holdUnit(unit)
		if err != nil || size == 0 || int64(n) > int64(maxHold/size) {
			return 0, false
		}
		d += time.Duration(n) * size
		if d > maxHold {
			return 0, false
		}
	}
	return d, d > 0
}

func holdUnit(name string) time.Duration {
	switch name {
	case "s":
		return time.Second
	case "m":
		return time.Minute
	case "h":
		return time.Hour
	case "d":
		return 24 * time.Hour
	}
	return 0
}

// guessHold repairs a bare number, which is taken for seconds, space before the
// unit and a unit that is spelt out.
func guessHold(written string) string {
	low := strings.ToLower(strings.Join(strings.Fields(written), ""))
	digits := low[:indexOr(low, func(r rune) bool { return !isDigit(r) })]
	meant := digits + spelt(low[len(digits):])
	if _, ok := holdOf(meant); !ok {
		return ""
	}
	return meant
}

// spelt returns the unit that a word stands for, "" when it stands for none.
func spelt(unit string) string {
	switch unit {
	case "", "s", "sec", "secs", "second", "seconds":
		return "s"
	case "m", "min", "mins", "minute", "minutes":
		return "m"
	case "h", "hr", "hrs", "hour", "hours":
		return "h"
	case "d", "day", "days":
		return "d"
	}
	return ""
}

// factorOf reads a number above 1 and up to 1000, with at most 6 digits after
// the point.
func factorOf(text string) (slo.Decimal, bool) {
	whole, fraction, point := strings.Cut(text, ".")
	n, err := strconv.ParseUint(whole+fraction, 10, 63)
	if err != nil || whole == "" || point && fraction == "" || len(whole) > 4 || len(fraction) > 6 {
		return slo.Decimal{}, false
	}
	d := slo.NewDecimal(int64(n), len(fraction))
	one := int64(1)
	for range d.Scale {
		one *= 10
	}
	return d, d.Coefficient > one && d.Coefficient <= 1000*one
}

// guessFactor repairs "1.5 * baseline", "150% of baseline" and "baseline x 1.5".
func guessFactor(written string) string {
	number := strings.NewReplacer("baseline", "", "of", "", "times", "", "x", "", "×", "", "*", "", " ", "").Replace(written)
	if whole, is := strings.CutSuffix(number, "%"); is && len(whole) > 2 && !strings.Contains(whole, ".") {
		number = whole[:len(whole)-2] + "." + whole[len(whole)-2:]
	}
	factor, ok := factorOf(number)
	if !ok {
		return ""
	}
	return factor.String() + "x baseline"
}
