package slo

import (
	"strconv"
	"strings"
)

// guessMetric returns what a word that is no metric was probably meant to be.
func guessMetric(word string) string {
	low := strings.ToLower(strings.Trim(word, "()"))
	if known := metricOf(low, &Target{}); known {
		return low
	}
	if meant, is := habit(low); is {
		return meant
	}
	if meant := guessPercentile(low); meant != "" {
		return meant
	}
	return nearest(low, []string{"mean", "max", "min", "success", "error_rate", "rate", "status_429"})
}

// habit translates what other tools call the metrics.
func habit(word string) (meant string, is bool) {
	switch word {
	case "avg", "average":
		return "mean", true
	case "med", "median":
		return "p50", true
	case "success_rate", "ok", "checks":
		return "success", true
	case "errors", "error", "failed", "failures", "failure_rate", "http_req_failed":
		return "error_rate", true
	case "rps", "qps", "throughput", "http_reqs":
		return "rate", true
	}
	return "", false
}

// guessPercentile repairs "p950", "p999", "p(95)", "p99_9", "95" and "p100".
func guessPercentile(word string) string {
	digits, is := strings.CutPrefix(word, "p")
	digits = strings.NewReplacer("(", "", ")", "", "_", ".", ",", ".", "%", "").Replace(strings.TrimPrefix(digits, "ercentile"))
	n, ok := decimal(digits)
	switch {
	case !ok:
		return ""
	case n == Decimal{100, 0}:
		return "max"
	case n == Decimal{0, 0} && is:
		return "min"
	case n.Scale == 0 && len(digits) > 2:
		n, _ = decimal(digits[:2] + "." + digits[2:])
	}
	if meant := "p" + n.String(); metricOf(meant, &Target{}) {
		return meant
	}
	return ""
}

func guessOp(word string) string {
	switch word {
	case "=", "===", "=~", "is":
		return "=="
	case "=<", "≤", "<==":
		return "<="
	case "=>", "≥", ">==":
		return ">="
	case "<>", "≠", "!", "=!", "~=", "!==":
		return "!="
	}
	return ""
}

// guessDuration knows a bare number, which most tools take for milliseconds, and
// units that are only misspelt.
func guessDuration(word string) string {
	number, unit, after := cutQuantity(word)
	if _, ok := decimal(number); !ok || after != "" {
		return ""
	}
	switch strings.ToLower(unit) {
	case "", "ms", "msec", "msecs", "millis", "millisecond", "milliseconds":
		unit = "ms"
	case "s", "sec", "secs", "second", "seconds":
		unit = "s"
	case "m", "min", "mins", "minute", "minutes":
		unit = "m"
	case "u", "us", "usec", "micros":
		unit = "us"
	}
	if _, ok := nanoseconds(number, unit); !ok {
		return ""
	}
	return number + unit
}

// guessPercentage takes a bare number of at most 1 for a share.
func guessPercentage(number, unit string) string {
	n, ok := decimal(number)
	if !ok || unit != "" && unit != "pct" && unit != "percent" {
		return ""
	}
	if n.Scale > 0 && n.Coefficient <= power10(n.Scale).Int64() {
		n = times100(n)
	}
	if n.rat().Cmp(Decimal{100, 0}.rat()) > 0 {
		return ""
	}
	return n.String() + Percent
}

func times100(d Decimal) Decimal {
	return NewDecimal(d.Coefficient*100, d.Scale)
}

func guessRate(number, unit string) string {
	n, ok := decimal(number)
	if !ok {
		return ""
	}
	switch strings.ToLower(unit) {
	case "", "rps", "qps", "r/s", "req/s", "reqs/s", "/sec", "/second", "hz":
		return n.String() + PerSecond
	}
	return ""
}

// guessCount keeps the number of a count that was given a unit.
func guessCount(word string) string {
	number, unit, after := cutQuantity(word)
	n, ok := decimal(number)
	if !ok || n.Scale != 0 || unit == Percent || after != "" {
		return ""
	}
	return strconv.FormatInt(n.Coefficient, 10)
}

// nearest returns the candidate that is at most two edits away, and "" when
// none is: a far guess is worse than none.
func nearest(word string, candidates []string) string {
	best, distance := "", 3
	for _, c := range candidates {
		if d := edits(word, c); d < distance && d < len(c) {
			best, distance = c, d
		}
	}
	return best
}

// edits is the Levenshtein distance, in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
