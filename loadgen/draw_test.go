package loadgen

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDurationsFollowTheirLaw(t *testing.T) {
	const s, n = time.Second, 100_000
	tests := []struct {
		name        string
		d           Distribution
		low, high   time.Duration
		mean, sigma float64 // seconds
	}{
		{"nothing", Distribution{}, 0, 0, 0, 0},
		{"always the same", Distribution{Constant, 3 * s, 9 * s}, 3 * s, 3 * s, 3, 0},
		{"evenly between two", Distribution{Uniform, 2 * s, 6 * s}, 2 * s, 6 * s, 4, 4 / math.Sqrt(12)},
		{"evenly from nothing on", Distribution{Uniform, 0, s}, 0, s, 0.5, 1 / math.Sqrt(12)},
		{"exponential", Distribution{Law: Exponential, A: 2 * s}, 0, math.MaxInt64, 2, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := &Plan{Seed: 3}
			r, again := p.random(userRow), p.random(userRow)
			sum, squares, same := 0.0, 0.0, true
			low, high := time.Duration(math.MaxInt64), time.Duration(0)
			for range n {
				d := test.d.draw(r)
				same = same && d == test.d.draw(again)
				low, high = min(low, d), max(high, d)
				sum += d.Seconds()
				squares += d.Seconds() * d.Seconds()
			}
			require.True(t, same, "the seed decides")
			require.GreaterOrEqual(t, low, test.low)
			require.LessOrEqual(t, high, test.high)
			mean := sum / n
			require.InDelta(t, test.mean, mean, 5*test.sigma/math.Sqrt(n)+1e-9)
			require.InDelta(t, test.sigma, math.Sqrt(max(0, squares/n-mean*mean)), 0.02*test.sigma+1e-6)
		})
	}
}

// inWords are the first requests: each one's step, and when it was due, in ms.
func inWords(all []asked) string {
	var words []string
	for _, a := range all[:min(6, len(all))] {
		words = append(words, fmt.Sprintf("%c %.1f", 'a'+a.step, a.due.Seconds()*1000))
	}
	return strings.Join(words, ", ")
}

func threeSteps(p *Plan) *Plan {
	p.Seed = 42
	p.Steps = []Step{{Name: "a", Weight: 1}, {Name: "b", Weight: 1}, {Name: "c", Weight: 1}}
	return p
}

// A plan and its seed fix every arrival for ever: this is what they are. Gaps and
// picks are drawn from rows of their own, so another step changes no gap.
func TestArrivalsStayWhatTheyWere(t *testing.T) {
	plan := threeSteps(openPlan(Open{Poisson: true, MaxInFlight: 100, Stages: []Stage{{time.Second, 10, 10}}}))
	w := &witness{answer: replies(0)}
	under(t, plan, w, 0, func(*Result) {
		require.Equal(t, "a 128.7, b 163.2, b 178.8, b 206.3, c 383.4, a 395.8", inWords(w.asked))
	})
}

// Users are different people: they neither think as long nor pick the same.
func TestUsersStayWhoTheyWere(t *testing.T) {
	think := Distribution{Law: Exponential, A: 100 * time.Millisecond}
	w := &witness{answer: replies(0)}
	under(t, threeSteps(closedPlan(Closed{Users: 2, ThinkTime: think})), w, 0, func(*Result) {
		require.Equal(t, "a 0.0, a 193.9, a 226.3, c 254.6, b 350.7, a 384.8", inWords(w.of(0)))
		require.Equal(t, "c 0.0, a 171.1, c 218.6, b 620.4, c 630.6, b 690.4", inWords(w.of(1)))
	})
}

func TestRowsOfRandomNumbersAreDifferent(t *testing.T) {
	p := &Plan{Seed: 42}
	seen := map[uint64]int{}
	for _, row := range []int{gapRow, pickRow, sampleRow, userRow, userRow + 1, userRow + 2, coinRow + nobody, coinRow, coinRow + 1} {
		n := p.random(row).Uint64()
		require.NotContains(t, seen, n)
		seen[n] = row
		require.NotEqual(t, n, (&Plan{Seed: 43}).random(row).Uint64())
	}
}
