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
		BytesIn: f.BytesIn, BytesOut: f.BytesOut, Statuses: statuses(f.Statuses),
		Latency: latency(f), Answered: spread(&f.Answered), Service: spread(&f.Service), Lag: spread(&f.Lag),
		Connect: spread(&f.Connect), TLS: spread(&f.TLS), FirstByte: spread(&f.FirstByte),
		ClientDelay: spread(&f.ClientDelay),
	}
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

func latency(f *measure.Figures) Latency {
	return Latency{Spread: spread(f.Response()), Failed: failedRanks(&f.Answered, &f.Charged)}
}

// failedRanks names the figures of a response time whose rank falls on a request
// that was not answered well. In a bucket of both, those are the last.
func failedRanks(answered, charged *measure.Histogram) []string {
	names := []string{}
	if charged.Count() == 0 {
		return names
	}
	if answered.Count() == 0 || charged.Min() < answered.Min() {
		names = append(names, "min")
	}
	good := cumulative(answered)
	bad := cumulative(charged)
	n := answered.Count() + charged.Count()
	for _, q := range []struct {
		name     string
		permille int64
	}{{"p50", 500}, {"p75", 750}, {"p90", 900}, {"p95", 950}, {"p99", 990}, {"p99_9", 999}} {
		if onBad(good, bad, (n*q.permille+999)/1000) {
			names = append(names, q.name)
		}
	}
	if charged.Max() >= answered.Max() {
		names = append(names, "max")
	}
	return names
}

// A step of a cumulative distribution: so many are at most high.
type atMost struct {
	high time.Duration
	sum  int64
}

func cumulative(h *measure.Histogram) []atMost {
	var steps []atMost
	var sum int64
	h.Each(func(_, high time.Duration, n int64) {
		sum += n
		steps = append(steps, atMost{high, sum})
	})
	return steps
}

// onBad tells whether the rank falls on one of the bad: whether fewer than rank
// lie below some bad ones, that is good ones of the same bucket and all below.
func onBad(good, bad []atMost, rank int64) bool {
	g, sumGood, sumBad := 0, int64(0), int64(0)
	for _, b := range bad {
		for g < len(good) && good[g].high <= b.high {
			sumGood = good[g].sum
			g++
		}
		if rank <= sumGood+sumBad {
			return false
		}
		if rank <= sumGood+b.sum {
			return true
		}
		sumBad = b.sum
	}
	return false
}

func intervals(series []measure.Bucket) []Interval {
	rows := make([]Interval, len(series))
	for i := range series {
		b := &series[i]
		s := spread(&b.Response)
		rows[i] = Interval{
			T: b.Start.Seconds(), Length: b.Length.Seconds(), Phase: b.Phase.String(),
			Planned: b.Planned(), Started: b.Started(), Dropped: b.Dropped(), OK: b.OK(), Failed: b.Failed(), Censored: b.Censored(),
			Rate: perSecond(b.OK(), b.Length), P50: s.P50, P95: s.P95, P99: s.P99, Max: s.Max, Over: orEmpty(b.Over()),
		}
	}
	return rows
}

// worstWindow returns the ten seconds of the measure phase with the highest p95.
func worstWindow(series []measure.Bucket) *Window {
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
		P95: *inMilliseconds(response.Quantile(0.95)), Failed: rank > counts.OK(),
	}
}
