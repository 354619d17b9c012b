package metrics

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// objectives is a Standing that never changes.
type objectives []Objective

func (o objectives) Objectives() []Objective { return o }

var epoch = time.Unix(1_800_000_000, 0)

// small is a run of two steps.
func small(standing Standing) *Collector {
	return NewCollector(Run{
		Scenario: "shop", Kind: "load", Version: "1.2.3", Own: 2, Closed: true,
		Steps:    []Step{{"look", "GET", "shop.test"}, {"pay", "POST", "shop.test"}},
		Statuses: []string{"pass", "fail"}, Verdicts: []string{"GO", "NO-GO"},
	}, standing)
}

// A shot is a request of second's.
type shot struct {
	step   int
	class  measure.Class
	status int
	took   time.Duration
}

// second is one of a run of so many steps.
func second(at time.Duration, steps int, shots ...shot) Second {
	c := measure.Config{Charge: 10 * time.Second, Steps: make([]string, steps)}
	r := measure.NewRecorder(c)
	for _, s := range shots {
		sent := at + 100*time.Microsecond
		r.Record(&measure.Outcome{
			Step: s.step, Phase: measure.Measure, Class: s.class, Status: s.status, BytesIn: 100,
			Due: at, Ready: at, Sent: sent, FirstByte: at + s.took, Done: at + s.took, Read: at + s.took,
		})
	}
	return Second{
		Run: "20270115_080000", Started: epoch, At: epoch.Add(at), Users: 7, InFlight: 3, CPU: 0.25, RSS: 30 << 20, Own: r.Seal(),
	}
}

func exposition(t *testing.T, s *Snapshot) string {
	t.Helper()
	var text bytes.Buffer
	for _, f := range s.exposed() {
		_, err := expfmt.MetricFamilyToText(&text, f)
		require.NoError(t, err)
	}
	return text.String()
}

// ran is a small run with something of everything.
func ran() *Collector {
	left := 0.5
	c := small(objectives{{"p95 < 200ms", "pass", &left}, {"rate > 10/s", "fail", nil}})
	c.Observe(second(time.Second, 2,
		shot{0, measure.OK, 200, 3 * time.Millisecond}, shot{0, measure.OK, 200, 40 * time.Millisecond}, shot{1, measure.Status, 503, time.Millisecond}))
	c.Observe(second(2*time.Second, 2, shot{1, measure.OK, 201, 2 * time.Second}, shot{1, measure.Dropped, 0, 0}))
	c.Decide("GO", epoch.Add(3*time.Second))
	return c
}

// What is exposed in text, to the letter.
func TestWhatIsExposed(t *testing.T) {
	const file = "testdata/exposed.txt"
	got := exposition(t, ran().Snapshot())
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// values are those of a metric without histograms, by its labels' values.
func values(s *Snapshot, name string) map[string]float64 {
	all := map[string]float64{}
	for _, f := range s.Families {
		for _, series := range f.Series {
			if f.Name == name {
				var labels []string
				for _, l := range series.Labels {
					labels = append(labels, l.Value)
				}
				all[strings.Join(labels, " ")] = series.Value
			}
		}
	}
	return all
}

func TestThereIsNothingToTellBeforeARun(t *testing.T) {
	c := small(objectives{})
	require.Nil(t, c.Snapshot())
	require.Empty(t, c.Snapshot().exposed())
}

// While nothing happens it is the same snapshot; what has other figures is later, even
// where the clock is not.
func TestSnapshotsFollowEachOther(t *testing.T) {
	c := small(objectives{})
	c.Observe(second(time.Second, 2))
	first := c.Snapshot()
	require.Same(t, first, c.Snapshot())
	require.Equal(t, epoch.Add(time.Second), first.At)
	c.Observe(second(0, 2, shot{0, measure.OK, 200, time.Millisecond})) // the clock was set back
	back := c.Snapshot()
	require.Equal(t, epoch.Add(time.Second+time.Millisecond), back.At)
	require.Zero(t, values(first, "gonogo_requests_total")["ok shop look"])
	require.EqualValues(t, 1, values(back, "gonogo_requests_total")["ok shop look"])
	c.Decide("NO-GO", epoch)
	decided := c.Snapshot()
	require.True(t, decided.At.After(back.At))
	require.Equal(t, map[string]float64{"shop GO": 0, "shop NO-GO": 1}, values(decided, "gonogo_decision"))
	require.Equal(t, map[string]float64{"shop GO": 0, "shop NO-GO": 0}, values(back, "gonogo_decision"))
}

// What is not known is left out: a processor in use of 0 would be a claim.
func TestWhatIsNotKnownIsLeftOut(t *testing.T) {
	c := small(objectives{})
	s := second(time.Second, 2)
	s.CPU, s.RSS = -1, -1
	c.Observe(s)
	got := c.Snapshot()
	for _, name := range []string{"gonogo_generator_cpu_ratio", "gonogo_generator_resident_bytes", "gonogo_workers", "gonogo_slo_status", "gonogo_responses_total"} {
		require.NotContains(t, exposition(t, got), name)
	}
	require.Equal(t, map[string]float64{"shop": 7}, values(got, "gonogo_users"))
}

// The steps of another target come behind those of the own one.
func TestStepsOfTheOtherTarget(t *testing.T) {
	c := NewCollector(Run{Own: 1, Steps: []Step{{Name: "a"}, {Name: "a@against"}}}, objectives{})
	s := second(time.Second, 1, shot{0, measure.OK, 200, time.Millisecond})
	s.Against = second(time.Second, 1, shot{0, measure.Timeout, 0, time.Second}).Own
	c.Observe(s)
	got := values(c.Snapshot(), "gonogo_requests_total")
	require.EqualValues(t, 1, got["ok  a"])
	require.EqualValues(t, 1, got["timeout  a@against"])
	require.EqualValues(t, 0, got["ok  a@against"])
}

// Five hundred steps are two hundred and the others; none of their requests is lost.
func TestStepsAreBounded(t *testing.T) {
	run := Run{Own: 500}
	var shots []shot
	for i := range 500 {
		run.Steps = append(run.Steps, Step{Name: fmt.Sprint("step ", i), Method: "GET", Host: "h"})
		shots = append(shots, shot{i, measure.OK, 200, time.Millisecond})
	}
	run.Steps[7].Name = "other"
	c := NewCollector(run, objectives{})
	c.Observe(second(time.Second, 500, shots...))
	got := c.Snapshot()
	bytes := values(got, "gonogo_received_bytes_total")
	require.Len(t, bytes, 201)
	require.EqualValues(t, 300*100, bytes[" other"])
	require.EqualValues(t, 100, bytes[" other (2)"])
	require.Contains(t, exposition(t, got), `{error_type="",http_request_method="_OTHER",scenario="",server_address="",step="other",le="0.005"} 300`)
}

// Statuses that come late share one count, and those that were there first keep theirs.
func TestStatusesAreBounded(t *testing.T) {
	c := NewCollector(Run{Own: 1, Steps: []Step{{Name: "a"}}}, objectives{})
	for status := 999; status >= 100; status-- {
		c.Observe(second(time.Second, 1, shot{0, measure.OK, status, time.Millisecond}))
	}
	c.Observe(second(time.Second, 1, shot{0, measure.OK, 999, time.Millisecond}))
	got := values(c.Snapshot(), "gonogo_responses_total")
	require.Len(t, got, mostStatuses+1)
	require.EqualValues(t, 2, got["999  a"])
	require.EqualValues(t, 900-mostStatuses, got["_OTHER  a"])
}

// Names come from files and targets of others.
func TestHostileNamesAreInert(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	names := []string{long, long + "y", "a\x1b[31mred", "<script>alert(1)</script>", "line\nbreak\"quote\\", "\u202eright to left", "broken \xff\xfe", ""}
	run := Run{Scenario: long, Own: len(names)}
	var all objectives
	for _, n := range names {
		run.Steps = append(run.Steps, Step{n, n, n})
		all = append(all, Objective{Name: n, Status: "pass"})
	}
	run.Statuses = []string{"pass"}
	c := NewCollector(run, all)
	c.Observe(second(time.Second, len(names)))
	got := c.Snapshot()
	require.Len(t, values(got, "gonogo_received_bytes_total"), len(names), "cut, they still differ")
	require.Len(t, values(got, "gonogo_slo_status"), len(names))
	for _, f := range got.Families {
		for _, s := range f.Series {
			for _, l := range s.Labels {
				require.True(t, utf8.ValidString(l.Value))
				require.LessOrEqual(t, utf8.RuneCountInString(l.Value), mostColumns+4)
				require.NotContains(t, l.Value, "\x1b")
				require.NotContains(t, l.Value, "\u202e")
				require.NotContains(t, l.Value, "\n")
			}
		}
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	_, err := parser.TextToMetricFamilies(strings.NewReader(exposition(t, got)))
	require.NoError(t, err)
}

// judging is a Standing that takes long.
type judging struct{ asked int }

func (j *judging) Objectives() []Objective {
	j.asked++
	time.Sleep(100 * time.Millisecond)
	return nil
}

// Judging a day takes a tenth of a second. It is done for at most a fiftieth of the
// time, however often somebody asks, but the last state is never an old one.
func TestJudgingTakesLittleOfTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &judging{}
		c := small(j)
		start := time.Now()
		for time.Since(start) < 58*time.Second {
			c.Observe(second(time.Since(start), 2))
			c.Snapshot()
			time.Sleep(100 * time.Millisecond)
		}
		require.Equal(t, 12, j.asked)
		c.Decide("GO", time.Now())
		c.Snapshot()
		require.Equal(t, 13, j.asked)
	})
}

// The budget may be overspent without bounds, where none is allowed.
func TestABudgetMayBeInfinite(t *testing.T) {
	left := math.Inf(-1)
	c := small(objectives{{"success >= 100%", "fail", &left}})
	c.Observe(second(time.Second, 2))
	require.Contains(t, exposition(t, c.Snapshot()), `gonogo_slo_error_budget_remaining_ratio{scenario="shop",slo="success >= 100%"} -Inf`)
}
