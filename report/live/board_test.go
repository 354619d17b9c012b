package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
	"gonogo/report"
	"gonogo/report/html"
)

func TestASecondIsShownToWhoWatches(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		v := w.watch(t)
		v.update()
		w.pulse()
		_, got := v.update()
		require.JSONEq(t, `{"Elapsed":"1s of 1m, measure","Progress":0.016666666666666666,"Figures":[
			{"ID":"rate","Label":"good answers","Text":"10.0/s"},
			{"ID":"p50","Label":"p50","Text":"10ms"},{"ID":"p95","Label":"p95","Text":"10ms"},{"ID":"p99","Label":"p99","Text":"10ms"},
			{"ID":"ok","Label":"success","Text":"100.00%"},{"ID":"errors","Label":"errors so far","Text":"0"},
			{"ID":"users","Label":"users","Text":"3"},{"ID":"inflight","Label":"in flight","Text":"0"},
			{"ID":"lag","Label":"our own lag p99","Text":"0ms"}]}`, got["now"])
		require.Equal(t, "drawn", got["steps"])
		require.Equal(t, "Running.", got["state"])
		v.close()
	})
}

func TestFiguresAreOfTheLastTenSeconds(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		for range 5 {
			w.pulse()
		}
		w.second += 20 // in which nothing was due
		w.Pulse(Pulse{At: 25 * time.Second, CPU: 0.5, Memory: 3 << 20, Arrivals: new(7.0)})
		v := w.watch(t)
		_, got := v.update()
		var h head
		require.NoError(t, json.Unmarshal([]byte(got["now"]), &h))
		require.Equal(t, figure{"rate", "good answers", "2.00/s"}, h.Figures[0])
		require.Contains(t, h.Figures, figure{"arrivals", "planned arrivals", "7.00/s"})
		require.Contains(t, h.Figures, figure{"cpu", "our own CPU", "50%"})
		require.Contains(t, h.Figures, figure{"memory", "our own memory", "3.0 MiB"})
		v.close()
	})
}

// What nobody looks at costs nothing, and is there all the same when somebody does.
func TestAPageThatIsOpenedLateShowsAll(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var seen int64
		w.parts = func() []html.Section { return []html.Section{{ID: "all", HTML: template.HTML(fmt.Sprint(seen))}} }
		for range 3600 {
			w.pulse()
			time.Sleep(time.Second)
		}
		require.Zero(t, w.draws.Load())
		w.Pulse(Pulse{At: time.Hour, Report: func(of, _ *measure.Summary) (*report.Report, error) {
			seen = of.Total().Planned()
			return &report.Report{}, nil
		}})
		answer, page := w.ask(t, http.MethodGet, "/", nil)
		require.Equal(t, http.StatusOK, answer.StatusCode)
		require.Contains(t, page, `<div data-part="all">36000</div>`)
		require.EqualValues(t, 1, w.draws.Load())
	})
}

// Earlier segments of a run are part of it.
func TestWhatWasBeforeIsShown(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		recorder := measure.NewRecorder(config())
		recorder.Record(&measure.Outcome{Phase: measure.Measure, Status: 200, Done: time.Millisecond, Read: time.Millisecond})
		before := measure.NewSummary(config())
		for _, i := range recorder.Seal() {
			before.Merge(i)
		}
		w.Begin(Run{ID: "resumed", Config: config(), Before: before, From: time.Minute})
		w.second = 60
		w.pulse()
		synctest.Wait()
		require.EqualValues(t, 11, w.board.whole.Total().Planned())
		_, length := w.board.recent.sum()
		require.Equal(t, time.Second, length)
	})
}

func TestBothTargetsAreShown(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.Begin(Run{Config: config(), Against: new(config())})
		recorder := measure.NewRecorder(config())
		recorder.Record(&measure.Outcome{Phase: measure.Measure, Class: measure.Timeout, Done: time.Second, Read: time.Second})
		w.Pulse(Pulse{At: time.Second, Against: recorder.Seal(), Report: func(_, against *measure.Summary) (*report.Report, error) {
			require.EqualValues(t, 1, against.Total().Planned())
			return &report.Report{}, nil
		}})
		v := w.watch(t)
		_, got := v.update()
		require.Contains(t, got["now"], `{"ID":"errors","Label":"errors so far","Text":"1"}`)
		v.close()
	})
}

// A part of a second would look like a drop.
func TestASecondIsDrawnWhenItIsOver(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		recorder := measure.NewRecorder(config())
		for _, due := range []time.Duration{100 * time.Millisecond, 900 * time.Millisecond, 1100 * time.Millisecond} {
			recorder.Record(&measure.Outcome{Phase: measure.Measure, Status: 200, Due: due, Sent: due, Done: due, Read: due})
		}
		w.Pulse(Pulse{At: 1200 * time.Millisecond, Intervals: recorder.Seal()})
		synctest.Wait()
		require.EqualValues(t, 2, w.board.whole.Total().Planned())
		w.Pulse(Pulse{At: 2 * time.Second})
		synctest.Wait()
		require.EqualValues(t, 3, w.board.whole.Total().Planned())
	})
}

// However many watch, it is drawn once, and they get the same.
func TestTwentyWatchersShareADrawing(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var all []*watcher
		for range 20 {
			v := w.watch(t)
			v.update()
			all = append(all, v)
		}
		w.pulse()
		_, first := all[0].update()
		for _, v := range all[1:] {
			_, got := v.update()
			require.Equal(t, first, got)
		}
		require.EqualValues(t, 1, w.draws.Load())
		for _, v := range all {
			v.close()
		}
	})
}

// Drawing never takes more than a quarter of a percent of one processor.
func TestDrawingIsRareWhereItIsSlow(t *testing.T) {
	tests := []struct {
		name        string
		takes       time.Duration
		least, most int64
	}{
		{"a quick one comes each second", time.Millisecond, 190, 201},
		{"one of 25 ms comes every ten seconds", 25 * time.Millisecond, 19, 21},
		{"one of a quarter of a second comes twice in 200 s", 250 * time.Millisecond, 2, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.takes = test.takes
				v := w.watch(t)
				read := make(chan struct{})
				go func() {
					defer close(read)
					for _, more := v.next(); more; _, more = v.next() {
					}
				}()
				for range 200 {
					w.pulse()
					time.Sleep(time.Second)
				}
				n := w.draws.Load()
				require.GreaterOrEqual(t, n, test.least)
				require.LessOrEqual(t, n, test.most)
				v.close()
				<-read
			})
		})
	}
}

// What many are sent is work, too.
func TestManyWatchersMakeDrawingsRarer(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		long := string(make([]byte, 1<<20))
		n := 0
		w.parts = func() []html.Section {
			n++
			return []html.Section{{ID: "long", HTML: template.HTML(fmt.Sprint(n, long))}}
		}
		w.board.post(func() { w.board.watching = func() int { return 100 } }) // of a MiB each: 0.1 s
		for range 60 {
			w.pulse()
			time.Sleep(time.Second)
		}
		require.LessOrEqual(t, w.draws.Load(), int64(4))
		w.board.post(func() { w.board.watching = w.watchers.count })
	})
}

func TestSectionsComeAndGo(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.parts = func() []html.Section { // there is no verdict yet
			return []html.Section{{ID: "verdict", HTML: "?"}, {ID: "a", HTML: "1"}, {ID: "c", HTML: "3"}}
		}
		v := w.watch(t)
		v.update()
		next := func() map[string]string {
			w.pulse()
			_, got := v.update()
			delete(got, "now")
			delete(got, "state")
			delete(got, "log")
			time.Sleep(2 * time.Second)
			return got
		}
		require.Equal(t, map[string]string{"a": "1", "c": "3 after a"}, next())
		w.parts = func() []html.Section {
			return []html.Section{{ID: "a", HTML: "1"}, {ID: "b", HTML: "2"}, {ID: "c", HTML: "3"}}
		}
		require.Equal(t, map[string]string{"b": "2 after a"}, next())
		w.parts = func() []html.Section { return []html.Section{{ID: "a", HTML: "1"}, {ID: "c", HTML: "3"}} }
		require.Equal(t, map[string]string{"b": ""}, next())
		require.Empty(t, next())
		w.parts = func() []html.Section { return []html.Section{{ID: "b", HTML: "2"}, {ID: "a", HTML: "1"}} }
		require.Equal(t, map[string]string{"b": "2", "c": ""}, next())
		v.close()
	})
}

// The run is worth more than a picture of it.
func TestADrawingThatBreaksIsSaidOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.parts = func() []html.Section { panic("no ink") }
		v := w.watch(t)
		for range 3 {
			w.pulse()
			time.Sleep(2 * time.Second)
		}
		synctest.Wait()
		require.Len(t, w.board.events, 2)
		require.Contains(t, w.board.events[1], "draw the report so far: no ink")
		w.Pulse(Pulse{At: 9 * time.Second, Phase: "measure", Report: func(_, _ *measure.Summary) (*report.Report, error) { return nil, errors.New("<no> report") }})
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Contains(t, w.board.events[2], "make the report so far: &lt;no&gt; report")
		v.close()
	})
}

func TestTheLogIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		for i := range 200 {
			w.Say(fmt.Sprint("event ", i))
		}
		synctest.Wait()
		require.Len(t, w.board.events, mostEvents)
		require.Contains(t, w.board.events[mostEvents-1], "event 199")
	})
}

func TestHostileTextsAreInert(t *testing.T) {
	const evil = "<script>alert(1)</script>\x1b[31m\u202e\r\n\ndata: x\xff"
	inBubble(t, func(t *testing.T, w *world) {
		w.Begin(Run{ID: evil, Scenario: evil, Target: evil, Load: evil, Config: config()})
		w.Say(evil)
		w.pulse()
		w.Pulse(Pulse{At: 2 * time.Second, Phase: evil, Report: func(_, _ *measure.Summary) (*report.Report, error) {
			return &report.Report{Objectives: []report.Objective{{Name: evil, Target: evil + evil, Verdict: evil, Shown: evil}}}, nil
		}})
		_, page := w.ask(t, http.MethodGet, "/", nil)
		for _, bad := range []string{"<script>alert", "\x1b", "\u202e", "\r", "\xff", "\ndata: x"} {
			require.NotContains(t, page, bad)
		}
		require.Contains(t, page, "&lt;script&gt;alert(1)&lt;/script&gt;")
	})
}
