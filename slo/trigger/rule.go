package trigger

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"gonogo/slo"
)

// A Rule is a comparison that is not to hold for long, such as
// "error_rate > 5% for 5m". Rules of the same text are ==.
//
// All rules are about a share of the requests: a percentile above a limit is
// more than 1-q of them beyond it.
type Rule struct {
	Target   slo.Target    // without a Limit when there is a Factor
	Factor   slo.Decimal   // the limit as a multiple of the baseline's; 0: the limit is Target's
	For      time.Duration // the hold
	Baseline Baseline      // set by Against
}

// A Baseline is what the rule's percentile was, elsewhere or earlier.
type Baseline struct {
	Latency time.Duration
	Lo, Hi  time.Duration // bounds of Latency where they are known; they are only told
	Source  string        // such as "run 20251213_160000"
}

// A Counter says which requests are bad.
type Counter struct {
	Step      string        // or group; "" is all steps together
	Latency   time.Duration // bad: not ok, or slower than that; 0: only not ok
	Inclusive bool          // exactly Latency is still good
}

// String returns the canonical text, which Parse reads back to the same Rule.
func (r Rule) String() string {
	limit := r.Target.LimitText()
	if r.NeedsBaseline() {
		limit = r.Factor.String() + "x baseline"
	}
	return r.Target.Subject() + " " + string(r.Target.Op) + " " + limit + " for " + short(r.For)
}

// NeedsBaseline tells whether the limit is a multiple of something measured.
func (r Rule) NeedsBaseline() bool { return r.Factor != slo.Decimal{} }

// Against returns the rule with its baseline.
func (r Rule) Against(b Baseline) Rule {
	r.Baseline = b
	return r
}

// Counter returns what has to be counted for the rule.
func (r Rule) Counter() (Counter, error) {
	c, err := r.condition()
	return c.counter, err
}

// A condition is a rule resolved: what is counted, and how large its share may be.
type condition struct {
	counter Counter
	allowed share
	what    string // what a bad request did, in words
}

func (r Rule) condition() (condition, error) {
	if err := r.check(); err != nil {
		return condition{}, err
	}
	t, limit := r.Target, r.Target.LimitText()
	if r.NeedsBaseline() {
		latency, err := r.againstBaseline()
		if err != nil {
			return condition{}, err
		}
		t.Limit = slo.NewDecimal(int64(latency), 6)
		limit = fmt.Sprintf("%s (%sx the baseline's %s)", t.LimitText(), r.Factor, r.Baseline)
	}
	return resolve(t, limit), nil
}

// resolve returns the condition of a comparison, whose limit in words is given.
func resolve(t slo.Target, limit string) condition {
	c := condition{counter: Counter{Step: t.Step}, allowed: allowed(t)}
	if t.Metric == slo.Percentile {
		c.counter.Latency, c.counter.Inclusive = t.Latency(), t.Op == slo.Greater
	}
	c.what = c.counter.what(limit)
	return c
}

// check refuses what Parse would not return.
func (r Rule) check() error {
	if _, err := Parse(r.String()); err != nil {
		return fmt.Errorf("resolve trigger: %w", err)
	}
	return nil
}

// maxLatency is the longest limit that a comparison may have, as in slo.
const maxLatency = 24 * time.Hour

// againstBaseline returns the limit to the nanosecond.
func (r Rule) againstBaseline() (time.Duration, error) {
	b := r.Baseline
	if b.Latency <= 0 {
		return 0, fmt.Errorf("resolve trigger %q: it needs the baseline's %s and has none: name the run to compare with, or write the limit itself, such as %s %s 1s",
			r, slo.Target{Metric: slo.Percentile, Quantile: r.Target.Quantile}.Subject(), r.Target.Subject(), r.Target.Op)
	}
	ns := new(big.Int).Mul(big.NewInt(int64(b.Latency)), big.NewInt(r.Factor.Coefficient))
	ns.Quo(ns, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(r.Factor.Scale)), nil))
	if ns.Cmp(big.NewInt(int64(maxLatency))) > 0 {
		return 0, fmt.Errorf("resolve trigger %q: want a limit up to %s, got %s of %s", r, short(maxLatency), r.Factor, b)
	}
	return time.Duration(ns.Int64()), nil
}

// String returns the baseline in words.
func (b Baseline) String() string {
	text := slo.DurationText(b.Latency)
	if b.Hi > 0 {
		text += fmt.Sprintf(" (%s to %s)", slo.DurationText(b.Lo), slo.DurationText(b.Hi))
	}
	if b.Source != "" {
		text += " of " + b.Source
	}
	return text
}

// what says in words what a bad request did, given the limit in words.
func (c Counter) what(limit string) string {
	where := ""
	if c.Step != "" {
		where = " in " + strconv.Quote(c.Step)
	}
	switch {
	case c.Latency == 0:
		return "failed" + where
	case c.Inclusive:
		return "failed or took more than " + limit + where
	}
	return "failed or took at least " + limit + where
}

// short prints a duration without the parts that are 0: "1h30m".
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
