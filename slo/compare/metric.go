package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gonogo/slo"
)

// A Metric is what is compared: a percentile of the response time, the share of
// success, or the rate of good answers.
type Metric struct {
	Kind     slo.Metric  // Percentile, Success or Rate
	Quantile slo.Decimal // of Percentile, in percent
}

// String returns "p95", "success" or "rate".
func (m Metric) String() string {
	if m.Kind == slo.Percentile {
		return "p" + m.Quantile.String()
	}
	return string(m.Kind)
}

// Unit is what the metric is counted in.
func (m Metric) Unit() slo.Unit { return m.Kind.Unit() }

// rest is the share of requests beyond the percentile.
func (m Metric) rest() float64 { return 1 - m.Quantile.Float()/100 }

// rank is that of a percentile among n requests.
func (m Metric) rank(n int64) int64 {
	whole := int64(100)
	for range m.Quantile.Scale {
		whole *= 10
	}
	return (m.Quantile.Coefficient*n + whole - 1) / whole
}

// UsualMetrics is what is compared unless told.
const UsualMetrics = "p50,p95,p99,success,rate"

const (
	wantMetrics = "percentiles, success and rate with commas between, such as " + UsualMetrics
	mostMetrics = 20
)

// ParseMetrics reads a list such as "p50,p95,success".
func ParseMetrics(text string) ([]Metric, error) {
	var all []Metric
	for word := range strings.SplitSeq(text, ",") {
		m, ok := parseMetric(strings.TrimSpace(word))
		switch {
		case !ok:
			return nil, fmt.Errorf("%.40q cannot be compared: want %s", word, wantMetrics)
		case slices.Contains(all, m):
			return nil, fmt.Errorf("%s is there twice: want %s", m, wantMetrics)
		case len(all) == mostMetrics:
			return nil, fmt.Errorf("more than %d metrics: want %s", mostMetrics, wantMetrics)
		}
		all = append(all, m)
	}
	return all, nil
}

func parseMetric(word string) (Metric, bool) {
	switch word {
	case string(slo.Success):
		return Metric{Kind: slo.Success}, true
	case string(slo.Rate):
		return Metric{Kind: slo.Rate}, true
	}
	digits, ok := strings.CutPrefix(word, "p")
	const most = 6 // p99.9999 would need ten million requests
	q, fine := decimal(digits, most)
	return Metric{slo.Percentile, q}, ok && fine && q.Float() > 0 && q.Float() < 100
}

// decimal reads digits with at most one point between them.
func decimal(text string, most int) (d slo.Decimal, ok bool) {
	whole, fraction, point := strings.Cut(text, ".")
	digits := whole + fraction
	if whole == "" || point && fraction == "" || len(digits) > most || strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return d, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return slo.NewDecimal(n, len(fraction)), err == nil
}
