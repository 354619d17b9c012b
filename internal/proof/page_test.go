package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/internal/proof/peers"
)

var update = flag.Bool("update", false, "write the golden pages anew")

func someMachine() Machine {
	return Machine{
		Date: time.Date(2025, 12, 14, 9, 0, 0, 0, time.UTC), CPU: "A Processor", Cores: 2, MemoryGB: 23.6, System: "Debian", Kernel: "6.1",
		Load: "0.7", Split: true, Versions: []Version{{"gonogo", "1.0"}, {"wrk", "4.1.0 (Debian's wrk)"}},
	}
}

func figuresOf(p50, p90, p95, p99 float64) peers.Figures {
	return peers.Figures{{MS: p50}, {MS: p90}, {MS: p95}, {MS: p99}}
}

// someAccuracy has a world of each sort: a fixed truth, one of each run, and one
// that nothing but a run tells.
func someAccuracy() Accuracy {
	stall, drawn := figuresOf(0, 500, 750, 950), figuresOf(20, 38, 45.5, 64)
	due := figuresOf(0.02, 503, 752, 951)
	return Accuracy{Machine: someMachine(), Worlds: []Outcome{
		{
			Name: "stall", About: "It stalls.", Target: "gonogo target --stall 1s/5s", Load: "1000/s", Construction: &stall, Fixed: true,
			Rows: []Row{
				{Tool: "gonogo", Mode: peers.Open, Requests: 20000, Success: 1, Figures: figuresOf(0.023, 503, 752, 951), Truth: Truth{20000, 1, due, &due}},
				{Tool: "hey", Mode: "paced", Requests: 16000, Success: 1, Figures: figuresOf(0.2, 3.4, 4, 906), Truth: Truth{Requests: 16000, Success: 1, Figures: figuresOf(0.1, 3, 3.9, 905)}},
			},
		},
		{
			Name: "lognormal", About: "It varies.", Target: "gonogo target", Load: "1000/s", Construction: &drawn,
			Rows: []Row{
				{
					Tool: "gonogo", Mode: peers.Open, Requests: 1234567, Success: 0.9,
					Figures: peers.Figures{{MS: 20.2}, {MS: 39}, {Word: peers.Failed}, {Word: peers.NotTold}}, Truth: Truth{1234567, 0.88, figuresOf(20.1, 30, 46, 66), nil},
					Remarks: []string{"called its own run INVALID: it was late"},
				},
			},
		},
		{
			Name: "saturated client", About: "It is us.", Target: "gonogo target", Load: "1000 users",
			Rows: []Row{
				{Tool: "gonogo", Mode: "closed", Requests: 1000, Success: 1, Figures: figuresOf(2, 5, 7, 16), Truth: Truth{1000, 1, figuresOf(0.4, 3, 4, 6), nil}},
				{Tool: "gonogo", View: peers.Service, Mode: "closed", Requests: 1000, Success: 1, Figures: figuresOf(0.41, 3.1, 4.2, 6), Truth: Truth{1000, 1, figuresOf(0.4, 3, 4, 6), nil}},
				{Tool: "k6", Mode: "closed", Requests: 900, Success: 1, Figures: figuresOf(60, 130, 220, 12000), Truth: Truth{900, 1, figuresOf(0.016, 0.04, 0.07, 0.5), nil}},
			},
		},
	}}
}

func somePerformance() Performance {
	sample := func(tool string, round int, cost float64) Sample {
		return Sample{Tool: tool, Round: round, Requests: 1000, CPU: cost, Rate: 150000 / cost, Peak: 30 << 20}
	}
	return Performance{
		Machine: someMachine(), Rounds: 2, Seconds: 5,
		Groups: []Group{
			{Key: "http-100", Title: "100 users", Samples: []Sample{sample("gonogo", 0, 6), sample("wrk", 0, 6), sample("wrk", 1, 5), sample("gonogo", 1, 6)}},
			{Key: "http-1000", Title: "1000 users", Samples: []Sample{sample("gonogo", 0, 6), sample("k6", 1, 60)}},
			{Key: "duel-100", Title: "100 users each, at once", Samples: []Sample{sample("gonogo", 0, 9.6), sample("wrk", 0, 10), sample("gonogo", 1, 9.8), sample("wrk", 1, 10)}},
		},
		Lateness: []Punct{
			{"gonogo", peers.Open, Late{5000, 5000, 11, 22, 90, 430}},
			{"vegeta", peers.Open, Late{5000, 5000, 510, 950, 1070, 1500}},
			{"gonogo", peers.Open, Late{5000, 5000, 13, 24, 290, 500}},
		},
		Skipped: []string{"HTTP/2: this gonogo has no --http"},
	}
}

// A page is its results and nothing else, also after they have been kept.
func TestPages(t *testing.T) {
	for name, results := range map[string]any{"accuracy": someAccuracy(), "performance": somePerformance()} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			o := options{docs: folder, results: filepath.Join(folder, "kept")}
			require.NoError(t, o.save(name, results))
			page, err := os.ReadFile(filepath.Join(folder, name+".md"))
			require.NoError(t, err)

			golden := filepath.Join("testdata", name+".md")
			if *update {
				require.NoError(t, os.WriteFile(golden, page, 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), string(page))

			require.NoError(t, os.Remove(filepath.Join(folder, name+".md")))
			if name == "accuracy" {
				require.NoError(t, again[Accuracy](o, name))
			} else {
				require.NoError(t, again[Performance](o, name))
			}
			page, err = os.ReadFile(filepath.Join(folder, name+".md"))
			require.NoError(t, err)
			require.Equal(t, string(want), string(page))
		})
	}
}

// A broken result must not leave half a page in place of the old one.
func TestAPageIsReplacedWhole(t *testing.T) {
	folder := t.TempDir()
	o := options{docs: folder, results: folder}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "accuracy.md"), []byte("old"), 0o644))
	broken := Accuracy{Worlds: []Outcome{{Fixed: true, Rows: []Row{{}}}}} // a fixed truth that is missing
	require.Error(t, o.write("accuracy", broken))
	page, err := os.ReadFile(filepath.Join(folder, "accuracy.md"))
	require.NoError(t, err)
	require.Equal(t, "old", string(page))
}

func TestDeviation(t *testing.T) {
	tests := []struct {
		name        string
		told, truth float64
		want        string
	}{
		{"a share", 777, 750, "+3.6 %"},
		{"below", 40, 50, "−20.0 %"},
		{"a factor", 8.519, 1.768, "4.8 ×"},
		{"a small factor", 4, 750, "0.0053 ×"},
		{"a large factor", 60, 0.016, "3,750 ×"},
		{"both small", 0.023, 0.012, "+11 µs"},
		{"both small, below", 0.012, 0.023, "−11 µs"},
		{"nothing in truth", 60, 0, "+60.0 ms"},
		{"exact", 50, 50, "+0.0 %"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, deviation(tt.told, tt.truth)) })
	}
}

func TestWhatIsNearIsNotBold(t *testing.T) {
	require.Equal(t, "759 ms (+1.2 %)", cell(peers.Value{MS: 759}, 750))
	require.Equal(t, "**760 ms (+1.3 %)**", cell(peers.Value{MS: 760}, 750))
	require.Equal(t, "**740 ms (−1.3 %)**", cell(peers.Value{MS: 740}, 750))
	require.Equal(t, "failed", cell(peers.Value{Word: peers.Failed}, 750))
}

func TestWords(t *testing.T) {
	tests := map[string]string{
		grouped(7): "7", grouped(1000): "1,000", grouped(1234567): "1,234,567",
		milliseconds(0): "0", milliseconds(0.0234): "23 µs", milliseconds(1): "1.00 ms", milliseconds(45.46): "45.5 ms", milliseconds(750): "750 ms", milliseconds(12345): "12.3 s",
		percent(1): "100 %", percent(0.905): "90.5 %", percent(0): "0 %",
	}
	for got, want := range tests {
		require.Equal(t, want, got)
	}
}

func TestRatiosAreWithinARound(t *testing.T) {
	g := Group{Samples: []Sample{
		{Tool: "gonogo", Round: 0, CPU: 10},
		{Tool: "wrk", Round: 0, CPU: 20},
		{Tool: "gonogo", Round: 1, CPU: 30},
		{Tool: "wrk", Round: 1, CPU: 30},
		{Tool: "wrk", Round: 2, CPU: 1}, // gonogo broke in this one
	}}
	got, ok := g.ratio("wrk")
	require.True(t, ok)
	require.Equal(t, Spread{Median: 0.75, Min: 0.5, Max: 1}, got)
	_, ok = g.ratio("k6")
	require.False(t, ok)
}

func TestSpread(t *testing.T) {
	got, ok := spread([]float64{3, 1, 2})
	require.True(t, ok)
	require.Equal(t, Spread{2, 1, 3}, got)
	got, _ = spread([]float64{4, 1, 2, 3})
	require.Equal(t, Spread{2.5, 1, 4}, got)
	_, ok = spread(nil)
	require.False(t, ok)
}

func TestCommandRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no command":       {nil, "want accuracy, performance, cost or render"},
		"another command":  {[]string{"guess"}, `command "guess"`},
		"another world":    {[]string{"accuracy", "-worlds", "heaven"}, `find world "heaven"`},
		"no gonogo":        {[]string{"accuracy", "-gonogo", "no/such/file"}, "find gonogo"},
		"nothing was kept": {[]string{"render", "-results", "no/such/folder"}, "render accuracy.md"},
	} {
		t.Run(name, func(t *testing.T) { require.ErrorContains(t, command(t.Context(), tt.args), tt.want) })
	}
}

// JSON has no NaN: what a page needs must survive being kept.
func TestResultsCanBeKept(t *testing.T) {
	text, err := json.Marshal(someAccuracy())
	require.NoError(t, err)
	var back Accuracy
	require.NoError(t, json.NewDecoder(bytes.NewReader(text)).Decode(&back))
	require.Equal(t, someAccuracy(), back)
}

func TestCountsOfToolsAgreeWithNginx(t *testing.T) {
	require.NoError(t, agree(10_000, 10_000))
	require.NoError(t, agree(10_150, 10_000))
	require.NoError(t, agree(9_850, 10_000))
	require.ErrorContains(t, agree(10_250, 10_000), "the tools counted 10250 requests and nginx 10000")
	require.Error(t, agree(9_700, 10_000))
	require.Error(t, agree(0, 0))
}
