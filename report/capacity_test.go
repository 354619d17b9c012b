package report

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func searched(found Capacity) *Report {
	of := burst()
	for _, level := range []float64{100, 200, 400} {
		trial := NewTrial(level, of)
		if level > 200 {
			trial.Verdict, trial.Reasons = "NO-GO", []string{"p95 < 200ms does not hold"}
		}
		found.Trials = append(found.Trials, trial)
	}
	return OfCapacity(of, found)
}

func TestCapacity(t *testing.T) {
	tests := []struct {
		name    string
		found   Capacity
		verdict string
		exit    int
		words   string
	}{
		{
			"bracketed",
			Capacity{Unit: "/s", Highest: 200, Missed: 210, Sure: true, Why: "bracketed within the precision and met twice"},
			"GO", 0, "capacity is between 200/s and 210/s: bracketed within the precision and met twice",
		},
		{
			"never missed",
			Capacity{Unit: "users", Highest: 400, Sure: true, Why: "the highest level to be tried was met"},
			"GO", 0, "capacity is at least 400 users: the highest level to be tried was met",
		},
		{
			"never met",
			Capacity{Unit: "/s", Missed: 100, Why: "the objectives were missed at the lowest level"},
			"NO-GO", 10, "no level met the objectives: the objectives were missed at the lowest level",
		},
		{
			"stopped early",
			Capacity{Unit: "/s", Highest: 200, Missed: 400, Why: "stopped early"},
			"INCONCLUSIVE", 12, "capacity is between 200/s and 400/s: stopped early",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := searched(test.found)
			require.Equal(t, test.verdict, r.Verdict)
			require.Equal(t, test.exit, r.ExitCode)
			require.Equal(t, test.words, r.Reasons[0])

			var file, text, again bytes.Buffer
			require.NoError(t, Encode(&file, r))
			require.NoError(t, Text(&text, r, Style{}))
			require.Contains(t, text.String(), "CAPACITY")
			read, err := Read(&file)
			require.NoError(t, err)
			require.NoError(t, Text(&again, read, Style{}))
			require.Equal(t, text.String(), again.String())
		})
	}
}

// The report of a search leaves that of the run alone.
func TestOfCapacityCopies(t *testing.T) {
	of := burst()
	before, err := json.Marshal(of)
	require.NoError(t, err)
	OfCapacity(of, Capacity{Unit: "/s"})
	after, err := json.Marshal(of)
	require.NoError(t, err)
	require.Equal(t, string(before), string(after))
}
