package slo

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A Target is one comparison, such as "p95{checkout} < 200ms every 1m". Two
// targets that mean the same are ==.
type Target struct {
	Metric   Metric
	Quantile Decimal // of Percentile, in percent: 99.9
	Status   int     // of StatusCount
	Step     string  // "" is all steps together
	Op       Op
	Limit    Decimal // in Unit()
	Scope            // what of the run it is about
}

// Metric names what a Target compares with its limit. All are of the measure
// phase unless the Scope is another, and their denominator is what was scheduled: a request that failed, was
// dropped or was still open at the end counts against every one of them.
type Metric string

// The metrics.
const (
	Percentile  Metric = "p"          // of the response times; a request that is not ok is slower than any limit
	Mean        Metric = "mean"       // of the response times; a request that is not ok counts as the timeout at least
	Max         Metric = "max"        // p100
	Min         Metric = "min"        // the fastest
	Success     Metric = "success"    // share of scheduled requests that are ok
	ErrorRate   Metric = "error_rate" // the others' share
	Rate        Metric = "rate"       // ok answers a second of the measure phase, so that fast errors are no throughput
	StatusCount Metric = "status_"    // answers with one status, whether it was expected or not
)

// Op is a comparison.
type Op string

// The comparisons.
const (
	Less         Op = "<"
	LessEqual    Op = "<="
	Greater      Op = ">"
	GreaterEqual Op = ">="
	Equal        Op = "=="
	NotEqual     Op = "!="
)

// holds tells whether the comparison of a value with a limit holds, given
// their order as big.Rat.Cmp returns it.
func (o Op) holds(order int) bool {
	switch o {
	case Less:
		return order < 0
	case LessEqual:
		return order <= 0
	case Greater:
		return order > 0
	case GreaterEqual:
		return order >= 0
	case Equal:
		return order == 0
	case NotEqual:
		return order != 0
	}
	return false
}

// Unit is what a target's limit and a judgement's measured value are counted in.
type Unit = string

// The units.
const (
	Milliseconds Unit = "ms"
	Percent      Unit = "%"
	PerSecond    Unit = "/s"
	Count        Unit = ""
)

// IsLatency tells whether the metric is a response time.
func (m Metric) IsLatency() bool {
	return m == Percentile || m == Mean || m == Max || m == Min
}

// Unit returns the unit of the metric.
func (m Metric) Unit() Unit {
	switch {
	case m.IsLatency():
		return Milliseconds
	case m == Success || m == ErrorRate:
		return Percent
	case m == Rate:
		return PerSecond
	}
	return Count
}

// Unit returns the unit of the target's limit.
func (t Target) Unit() Unit { return t.Metric.Unit() }

// Latency returns the limit of a latency metric, exactly; 0 for the others.
func (t Target) Latency() time.Duration {
	if !t.Metric.IsLatency() {
		return 0
	}
	ns := t.Limit.Coefficient
	for range 6 - t.Limit.Scale {
		ns *= 10
	}
	return time.Duration(ns)
}

// String returns the canonical text; ParseTarget reads it back to the same Target.
func (t Target) String() string {
	return t.Subject() + " " + string(t.Op) + " " + t.LimitText() + t.Scope.String()
}

// Subject returns what is compared, without the comparison and its Scope:
// "p95{checkout}".
func (t Target) Subject() string {
	return t.metricText() + stepText(t.Step)
}

func (t Target) metricText() string {
	switch t.Metric {
	case Percentile:
		return "p" + t.Quantile.String()
	case StatusCount:
		return "status_" + strconv.Itoa(t.Status)
	}
	return string(t.Metric)
}

func stepText(step string) string {
	switch {
	case step == "":
		return ""
	case plainStep(step):
		return "{" + step + "}"
	}
	return "{" + strconv.Quote(step) + "}"
}

// plainStep tells whether a step's name can stand between braces as it is.
func plainStep(step string) bool {
	return utf8.ValidString(step) && strings.TrimSpace(step) == step &&
		!strings.HasPrefix(step, `"`) && !strings.Contains(step, "}") &&
		!strings.ContainsFunc(step, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError })
}

// LimitText returns the limit with its unit: "200ms", "99.5%", "450/s", "0".
func (t Target) LimitText() string {
	if t.Metric.IsLatency() {
		return DurationText(t.Latency())
	}
	return t.Limit.String() + t.Unit()
}

// DurationText prints a duration exactly with one unit, the largest in which it
// is at least 1: "1.5s". Minutes are left out: limits are compared in seconds.
func DurationText(d time.Duration) string {
	for _, u := range []struct {
		scale int
		name  string
	}{{9, "s"}, {6, "ms"}, {3, "us"}} {
		if whole := power10(u.scale).Int64(); int64(d) >= whole {
			return NewDecimal(int64(d), u.scale).String() + u.name
		}
	}
	if d == 0 {
		return "0s"
	}
	return strconv.FormatInt(int64(d), 10) + "ns"
}
