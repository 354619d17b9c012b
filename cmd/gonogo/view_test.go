//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"gonogo/internal/terminal"
	"gonogo/internal/terminal/terminaltest"
	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/slo"
	"gonogo/soak"
)

// A trail keeps the whole run, however long it is, in cells of one length.
func TestTrail(t *testing.T) {
	tests := []struct {
		name        string
		ticks       int
		cells, unit int
		first       trailCell
	}{
		{"one", 1, 1, 1, trailCell{time.Second, 1, 9, 10}},
		{"as many as there are cells", mostCells, mostCells, 1, trailCell{time.Second, 1, 9, 10}},
		{"one more", mostCells + 1, mostCells/2 + 1, 2, trailCell{2 * time.Second, 2, 18, 20}},
		{"a day", 86_400, 338, 256, trailCell{256 * time.Second, 256, 9 * 256, 10 * 256}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var of trail
			for n := 1; n <= tt.ticks; n++ {
				of.put(trailCell{time.Second, float64(n), 9, 10})
			}
			require.Equal(t, tt.first, of.cells[0])
			require.Equal(t, [2]int{tt.cells, tt.unit}, [2]int{len(of.cells), of.unit})
			var sum trailCell
			for _, c := range of.cells {
				sum.add(c)
			}
			require.Equal(t, trailCell{time.Duration(tt.ticks) * time.Second, float64(tt.ticks), int64(9 * tt.ticks), int64(10 * tt.ticks)}, sum, "nothing is lost")
		})
	}
	p95s, rates, bads := (&trail{cells: []trailCell{{2 * time.Second, 7, 9, 12}, {0, -1, 0, 0}}}).values()
	require.Equal(t, [][]float64{{7, -1}, {4.5, -1}, {25, -1}}, [][]float64{p95s, rates, bads})
}

// onTerminal is a view on a terminal of that size, and what there is to see, which
// is complete once the view is closed and the stream is too.
func onTerminal(t *testing.T, p loadgen.Plan, objectives []slo.Objective) (of *progress, seen *terminaltest.Screen, hangUp func()) {
	t.Helper()
	master, slave, err := pty.Open()
	require.NoError(t, err)
	require.NoError(t, pty.Setsize(master, &pty.Winsize{Cols: 80, Rows: 24}))
	seen = terminaltest.New(80, 24)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(seen, master) // ends with the other side
	}()
	std := stdio{err: terminal.NewStream(slave), env: func(string) (string, bool) { return "", false }}
	require.True(t, hasView(std))
	course := newCourse(&p)
	config := (&loadgen.Engine{Plan: course.plan}).Config()
	of = newProgress(course, std)
	of.view = newView(std, &standing{of: soak.NewStanding(config, objectives, p.Measure, course.from())})
	return of, seen, func() {
		require.NoError(t, slave.Close())
		<-done
		require.NoError(t, master.Close())
	}
}

func TestTheViewLeavesOnlyWhatWasSaid(t *testing.T) {
	_, _, stop := terminal.Follow()
	stop() // what hears signals begins with the first, and stays
	before := runtime.NumGoroutine()
	plan := loadgen.Plan{Name: "\x1b[2Jevil\n", Closed: &loadgen.Closed{Users: 7}, Measure: time.Minute, Steps: make([]loadgen.Step, 1)}
	p, seen, hangUp := onTerminal(t, plan, nil)
	for second := 1; second <= 30; second++ {
		at := time.Duration(second) * time.Second
		p.tick(pulseOf(p.plan, loadgen.Tick{At: at, Phase: measure.Measure, Users: 7, Intervals: secondOf(at, 45, 5)}))
		if second == 10 {
			fmt.Fprintln(p.out, "gonogo: the credentials were renewed")
		}
	}
	p.stopping(time.Second)
	p.close()
	fmt.Fprintln(p.out, "the summary")
	hangUp()
	require.Equal(t, `gonogo: the credentials were renewed
stopping: open requests get up to 1s; a second signal ends at once, without a re
port
the summary`, seen.String())
	require.Empty(t, seen.Unknown)
	require.False(t, seen.Hidden, "the cursor is there")
	for runtime.NumGoroutine() > before {
		runtime.Gosched()
	}
}

// What there is to see of a run is made from what the ticks brought.
func TestTheFrameOfAView(t *testing.T) {
	p95, err := slo.ParseTarget("p95 < 200ms")
	require.NoError(t, err)
	plan := loadgen.Plan{Name: "burst", Closed: &loadgen.Closed{Users: 7}, Measure: time.Minute, Steps: make([]loadgen.Step, 1)}
	p, _, hangUp := onTerminal(t, plan, []slo.Objective{{Name: "p95", Go: p95}})
	defer hangUp()
	p.course.target = "http://a.test"
	var last pulse
	for second := 1; second <= 5; second++ {
		at := time.Duration(second) * time.Second
		failed := 0
		if second == 1 {
			failed = 19
		}
		last = pulseOf(p.plan, loadgen.Tick{At: at, Phase: measure.Measure, Users: 7, InFlight: 3, Intervals: secondOf(at, 45, failed)})
		last.cpu = 0.25
		p.view.standing.of.Observe(last.now)
		p.tick(last)
	}
	f := p.view.frame(p, last)
	p.close()
	require.Len(t, f.Judgements, 1)
	require.Equal(t, "fail", string(f.Judgements[0].Verdict), "19 of 244 failed, and one in 20 may")
	f.Width, f.Judgements = 60, nil
	require.Equal(t, `burst   http://a.test   7 users, hold 1m
measure    00:05 of 01:00  8%  [##-------------------------]
now (3s)   45.0/s   7 users   ok 100.00%   3 in flight
response   p50 20ms   p95 20ms   p99 20ms   max 20ms
p95        █▁▁▁▁                    worst 5.00s
rate       ▅▅▅▅▅                    best 45.0/s
errors     █▁▁▁▁                    19 reset
generator  start lag p99 1.0ms   cpu 25%   0 dropped`, strings.Join(f.Lines(24, false), "\n"))
}

// The whole command on a terminal: a view while it runs, the summary alone at the end,
// and on a terminal that knows no escapes none at all.
func TestLoadOnATerminal(t *testing.T) {
	tests := []struct {
		name, env string
		drawn     bool
	}{
		{"a terminal", "TERM=xterm", true},
		{"a terminal that knows no escapes", "TERM=dumb", false},
		{"a terminal of CI", "CI=true", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.NotFoundHandler())
			defer server.Close()
			cmd := exec.Command("gonogo", "load", server.URL, "--users", "2", "--duration", "1500ms", "--slo", "status_404 > 0", "--out-dir", t.TempDir())
			cmd.Env = append(os.Environ(), "NO_COLOR=1", "CI=", tt.env)
			master, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 80, Rows: 40})
			require.NoError(t, err)
			var told bytes.Buffer
			_, _ = io.Copy(&told, master) // Linux ends it with an error
			require.NoError(t, cmd.Wait(), told.String())
			require.NoError(t, master.Close())
			require.Equal(t, tt.drawn, strings.Contains(told.String(), "100%  [####"), "%q", told.String())
			require.Equal(t, tt.drawn, strings.Contains(told.String(), "\x1b"))
			seen := terminaltest.New(80, 40)
			_, _ = seen.Write(told.Bytes())
			require.True(t, strings.HasPrefix(seen.String(), "gonogo "), seen.String())
			require.Contains(t, seen.String(), "✔ GO   every objective holds (exit 0)")
			require.NotContains(t, seen.String(), "in flight")
			require.Empty(t, seen.Unknown)
			require.False(t, seen.Hidden)
		})
	}
}

// What a second of a run costs for being seen: in the middle of ten minutes.
func BenchmarkView(b *testing.B) {
	p95, err := slo.ParseTarget("p95 < 200ms")
	require.NoError(b, err)
	plan := loadgen.Plan{Name: "burst", Closed: &loadgen.Closed{Users: 7}, Measure: time.Hour, Steps: make([]loadgen.Step, 1)}
	course := newCourse(&plan)
	std := stdio{err: terminal.NewStream(os.Stderr), env: func(string) (string, bool) { return "", false }}
	p := newProgress(course, std)
	p.view = newView(std, &standing{of: soak.NewStanding((&loadgen.Engine{Plan: &plan}).Config(), []slo.Objective{{Name: "p95", Go: p95}}, plan.Measure, course.from())})
	ticks := make([]pulse, 300)
	for n := range ticks {
		at := time.Duration(n+1) * time.Second
		ticks[n] = pulseOf(&plan, loadgen.Tick{At: at, Phase: measure.Measure, Users: 7, Intervals: secondOf(at, 2500, 500)})
	}
	for n := 0; b.Loop(); n++ {
		of := ticks[n%len(ticks)]
		p.view.standing.of.Observe(of.now)
		var second measure.Figures
		second.Merge(of.now.Intervals[0].Total())
		p.view.take(of.now.At, &second)
		f := p.view.frame(p, of)
		f.Width = 99
		f.Lines(30, true)
	}
}
