package report

import (
	"strconv"
	"time"

	"gonogo/measure"
)

func accounting(c *measure.Counts) Accounting {
	return Accounting{
		Planned: c.Planned(), Started: c.Started(), Dropped: c.Dropped(),
		OK: c.OK(), Failed: c.Failed(), Censored: c.Censored(),
	}
}

func totals(f *measure.Figures, measured time.Duration) Totals {
	return Totals{
		Accounting: accounting(&f.Counts),
		Requests:   f.Planned(), SuccessRate: percent(f.OK(), f.Planned()), Rate: perSecond(f.OK(), measured),
		BytesIn: f.BytesIn, BytesOut: f.BytesOut, Decoded: unlessZero(f.BytesDecoded), Statuses: statuses(f.Statuses),
		Latency: latency(f), Answered: spread(&f.Answered), Service: spread(&f.Service), Lag: spread(&f.Lag), Late: spread(&f.Late),
		Connect: spread(&f.Connect), TLS: spread(&f.TLS), FirstByte: spread(&f.FirstByte),
		ClientDelay: spread(&f.ClientDelay),
	}
}

// groupRows are the figures of each group; nil where there are none.
func groupRows(s *measure.Summary, measured time.Duration) (rows []Group) {
	for _, f := range s.Groups() {
		rows = append(rows, Group{
			Name: f.Name, Accounting: accounting(&f.Counts),
			Requests: f.Planned(), SuccessRate: percent(f.OK(), f.Planned()), Rate: perSecond(f.OK(), measured),
			Latency: latency(f), Answered: spread(&f.Answered),
		})
	}
	return rows
}

func unlessZero(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

func statuses(all measure.Statuses) map[string]int64 {
	counts := map[string]int64{}
	for _, s := range all {
		counts[strconv.Itoa(s.Status)] = s.Count
	}
	return counts
}

func percent(part, all int64) *float64 {
	if all == 0 {
		return nil
	}
	return number(100 * float64(part) / float64(all))
}

func perSecond(n int64, in time.Duration) *float64 {
	if in <= 0 {
		return nil
	}
	return number(float64(n) / in.Seconds())
}

func inMilliseconds(d time.Duration) *float64 {
	ms := float64(d) / float64(time.Millisecond)
	return &ms
}

func spread(h *measure.Histogram) Spread {
	if h.Count() == 0 {
		return Spread{}
	}
	at := func(q float64) *float64 { return inMilliseconds(h.Quantile(q)) }
	return Spread{
		Count: h.Count(), Min: inMilliseconds(h.Min()), Mean: inMilliseconds(h.Mean()),
		P50: at(0.5), P75: at(0.75), P90: at(0.9), P95: at(0.95), P99: at(0.99), P999: at(0.999),
		Max: inMilliseconds(h.Max()),
	}
}

// few are the figures of a spread that are told of each stretch.
func few(h *measure.Histogram) (p50, p95, p99, longest *float64) {
	if h.Count() == 0 {
		return nil, nil, nil, nil
	}
	at := func(q float64) *float64 { return inMilliseconds(h.Quantile(q)) }
	return at(0.5), at(0.95), at(0.99), inMilliseconds(h.Max())
}

// latency says how all response times were distributed, and which figures are
// those of a request that was not answered well.
func latency(f *measure.Figures) Latency {
	l := Latency{Spread: spread(f.Response()), Charged: []string{}}
	n := l.Count
	if n == 0 {
		return l
	}
	if f.Answered.Count() == 0 {
		l.Charged = append(l.Charged, "min")
	} else {
		l.Min = inMilliseconds(f.Answered.Min())
	}
	for _, figure := range []struct {
		name string
		q    float64
		into **float64
	}{
		{"p50", 0.5, &l.P50},
		{"p75", 0.75, &l.P75},
		{"p90", 0.9, &l.P90},
		{"p95", 0.95, &l.P95},
		{"p99", 0.99, &l.P99},
		{"p99_9", 0.999, &l.P999},
		{"max", 1, &l.Max},
	} {
		d, failed := f.Quantile(figure.q)
		*figure.into = inMilliseconds(d)
		if failed {
			l.Charged = append(l.Charged, figure.name)
		}
	}
	return l
}

func intervals(series []measure.Bucket) []Interval {
	rows := make([]Interval, len(series))
	for i := range series {
		b := &series[i]
		p50, p95, p99, longest := few(&b.Response)
		rows[i] = Interval{
			T: b.Start.Seconds(), Length: b.Length.Seconds(), Phase: b.Phase.String(),
			Planned: b.Planned(), Started: b.Started(), Dropped: b.Dropped(), OK: b.OK(), Failed: b.Failed(), Censored: b.Censored(),
			Rate: perSecond(b.OK(), b.Length), P50: p50, P95: p95, P99: p99, Max: longest, Over: orEmpty(b.Over()),
		}
	}
	return rows
}

// worstWindow returns the ten seconds of the measure phase with the highest p95.
//
// A phase may begin or end within a bucket, so the buckets may be longer together
// than the phase was.
func worstWindow(series []measure.Bucket, measured time.Duration) *Window {
	const length = 10 * time.Second
	var worst *Window
	for i := range series {
		if series[i].Phase != measure.Measure {
			continue
		}
		w := windowFrom(series[i:], length)
		whole := w.Length >= length.Seconds()
		if worst == nil || whole && w.P95 > worst.P95 {
			worst = w
		}
	}
	if worst != nil {
		worst.Length = min(worst.Length, max(measured.Seconds(), 0))
	}
	return worst
}

// windowFrom merges the buckets of the measure phase that start in the given
// length from the first one.
func windowFrom(series []measure.Bucket, length time.Duration) *Window {
	from := series[0].Start
	to := from
	var counts measure.Counts
	var response measure.Histogram
	for i := range series {
		b := &series[i]
		if b.Start >= from+length {
			break
		}
		if b.Phase == measure.Measure {
			counts.Add(&b.Counts)
			response.Merge(&b.Response)
			to = b.Start + b.Length
		}
	}
	rank := (counts.Planned()*95 + 99) / 100
	return &Window{
		T: from.Seconds(), Length: (to - from).Seconds(),
		P95: *inMilliseconds(response.Quantile(0.95)), Charged: rank > counts.OK(),
	}
}
