package slo

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// Judging a run again by limits that it did not count is right, or open where the
// histogram cannot know.
func TestLimitsThatWereNotCountedAreReadFromTheHistogram(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 1))
	answers := map[Verdict]int{}
	for range 400 {
		limit := time.Duration(190+random.IntN(40)) * time.Millisecond
		times := make([]time.Duration, 1+random.IntN(30))
		for i := range times {
			times[i] = limit + time.Duration(random.NormFloat64()*float64(200*time.Microsecond))
			switch random.IntN(8) {
			case 0:
				times[i] = limit
			case 1:
				times[i] = failed
			}
		}
		q := 1000 * (1 + random.IntN(99))
		o := Objective{Go: Target{
			Metric: Percentile, Quantile: NewDecimal(int64(q), 3), Limit: NewDecimal(int64(limit), 6),
			Op: []Op{Less, LessEqual}[random.IntN(2)],
		}}
		j := Judge([]Objective{o}, recorded(nil, times), time.Second)[0]
		answers[j.Verdict]++
		low, high := measure.BucketOf(limit)
		switch j.Verdict {
		case Pass:
			require.True(t, oracle(o.Go, times, q), "%s of %v", o.Go, times)
		case Fail:
			require.False(t, oracle(o.Go, times, q), "%s of %v", o.Go, times)
		default:
			inBucket := 0
			for _, d := range times {
				if d > low && d <= high {
					inBucket++
				}
			}
			require.Positive(t, inBucket, "%s of %v", o.Go, times)
			require.Equal(t, []Verdict{Pass, Fail}, j.Touches)
			require.Contains(t, j.Rule, "cannot be told: it was not counted, and in the histogram the limit's bucket is ")
		}
		require.Contains(t, j.Rule, DurationText(low)+" to "+DurationText(high))
	}
	require.Len(t, answers, 3)
}

func TestTheExtremesOfAHistogramAreExact(t *testing.T) {
	times := []time.Duration{200*time.Millisecond - 7, 200*time.Millisecond - 5, 200*time.Millisecond - 3}
	for text, want := range map[string]Verdict{
		"max < 200ms": Pass, "max < 199.999997ms": Fail, "max <= 199.999997ms": Pass, "max < 199.999995ms": Fail,
		"p50 < 199.999996ms": Inconclusive, "min < 199.999993ms": Fail, "min <= 199.999993ms": Pass, "min < 199.999995ms": Pass, "p50 < 199ms": Fail,
	} {
		o := Objective{Go: mustParse(t, text)}
		j := Judge([]Objective{o}, recorded(nil, times), time.Second)[0]
		require.Equal(t, want, j.Verdict, "%s: %s", text, j.Rule)
	}
}

// Counters that were kept go before the histogram, and what is neither counted nor
// in a histogram is not judged.
func TestWhatIsNeitherCountedNorInAHistogram(t *testing.T) {
	counted := []Objective{bandsOf(t, "p95 < 200ms", "", "")}
	s := recorded(counted, []time.Duration{time.Millisecond})
	j := Judge([]Objective{bandsOf(t, "p95 < 200ms", "p95 < 300ms", "")}, s, time.Second)[0]
	require.Equal(t, Pass, j.Verdict)
	require.Equal(t, "p95 < 200ms holds; p95 < 300ms was not counted, and is judged by the histogram: the limit's bucket is 299.775ms to 300.031ms", j.Rule)

	in := RunOf(overTime(nil, []moment{{0, 1}}), time.Second)
	for _, text := range []string{"p95 < 200ms every 1s", "p95{only} < 200ms every 1s"} {
		j := in.Judge([]Objective{{Go: mustParse(t, text)}})[0]
		require.Equal(t, Inconclusive, j.Verdict)
		require.Equal(t, "it cannot be judged from what is kept: 200ms was not counted by second in this run (a run counts the limits of its own objectives: give it this one)", j.Rule)
	}
	j = in.Judge([]Objective{inferring(t, "p95 < 200ms", "", "")})[0]
	require.Equal(t, Inconclusive, j.Verdict)
	require.Equal(t, "it cannot be judged from what is kept: 200ms was not counted by second in this run (a run counts the limits of its own objectives: give it this one)", j.Rule)
}
