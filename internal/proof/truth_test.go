package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/internal/proof/peers"
)

func TestParseArrivals(t *testing.T) {
	list, unstamped, err := parseArrivals(strings.NewReader("3000 4000 200\n0 500 200\n1000 2500 503\n"))
	require.NoError(t, err)
	require.Equal(t, []arrival{{1000, 2500, 503}, {3000, 4000, 200}}, list, "in the order of reception")
	require.Equal(t, 1, unstamped)
}

func TestParseArrivalsRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"too few fields":  "1 2\n",
		"too many fields": "1 2 200 4\n",
		"no number":       "1 2 200\n1 x 200\n",
		"too large":       "1 99999999999999999999 200\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := parseArrivals(strings.NewReader(text))
			require.ErrorContains(t, err, "want RECEIVED ANSWERED STATUS")
		})
	}
}

func FuzzParseArrivals(f *testing.F) {
	f.Add("3000 4000 200\n0 500 200\n")
	f.Add("1 2\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, _, err := parseArrivals(strings.NewReader(text))
		if err == nil && len(list) > 0 {
			truthOf(list, 0)
			require.GreaterOrEqual(t, lateness(list, time.Millisecond, 5).Max, 0.0)
		}
	})
}

// row makes arrivals at the instants, each answered after took.
func row(took time.Duration, status int, received ...time.Duration) []arrival {
	var list []arrival
	for _, at := range received {
		list = append(list, arrival{at, at + took, status})
	}
	return list
}

func TestTruthIsOfGoodAnswers(t *testing.T) {
	list := append(row(100*time.Millisecond, 200, 1, 2, 3), row(time.Millisecond, 503, 4)...)
	got := truthOf(list, 2)
	require.Equal(t, Truth{Requests: 6, Success: 0.75, Figures: peers.Figures{{MS: 100}, {MS: 100}, {MS: 100}, {MS: 100}}}, got)
	require.Equal(t, Truth{Requests: 1}, truthOf(row(1, 500, 1), 0), "nothing good has no latency")
	require.Equal(t, Truth{}, truthOf(nil, 0))
}

// A request that is sent late has waited since it was due.
func TestDueCountsFromTheGrid(t *testing.T) {
	const every = 10 * time.Millisecond
	list := row(time.Millisecond, 200, 100*time.Millisecond, 110*time.Millisecond, 150*time.Millisecond)
	require.Equal(t, &peers.Figures{{MS: 1}, {MS: 31}, {MS: 31}, {MS: 31}}, dueOf(list, every))
	require.Nil(t, dueOf(nil, every))
}

func TestLateness(t *testing.T) {
	at := func(micros ...int) []arrival {
		var all []time.Duration
		for _, m := range micros {
			all = append(all, time.Duration(m)*time.Microsecond)
		}
		return row(0, 200, all...)
	}
	tests := []struct {
		name     string
		list     []arrival
		expected int
		want     Late
	}{
		{"all on time", at(5000, 6000, 7000), 3, Late{Sent: 3, Expected: 3}},
		{"one late", at(5000, 6000, 7300, 8000), 4, Late{Sent: 4, Expected: 4, P90: 300, P99: 300, Max: 300}},
		{"what all have in common is nobody's", at(5100, 6100, 7100), 3, Late{Sent: 3, Expected: 3}},
		{"the first one late", at(5200, 6000, 7000), 3, Late{Sent: 3, Expected: 3, P90: 200, P99: 200, Max: 200}},
		{"warming up does not count", at(100, 110, 5000, 6000, 7000), 3, Late{Sent: 5, Expected: 3}},
		{"nothing came", nil, 3, Late{Expected: 3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, lateness(tt.list, time.Millisecond, tt.expected)) })
	}
}

func TestParseStatus(t *testing.T) {
	n, err := parseStatus("Active connections: 1 \nserver accepts handled requests\n 2 2 345 \nReading: 0 Writing: 1 Waiting: 0 \n")
	require.NoError(t, err)
	require.EqualValues(t, 345, n)
	_, err = parseStatus("<html>")
	require.ErrorContains(t, err, "want three numbers")
}
