package soak

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func aLine() Line {
	return Line{
		At: time.Date(2025, 12, 13, 16, 0, 10, 0, time.UTC), Run: "20251213_160000", Elapsed: 10 * time.Second,
		Rate: 412, OK: new(99.987), P50: new(41.2), P95: new(118.0), P99: new(203.4), Max: new(611.0),
		Errors: 2, InFlight: 37, Lag: new(0.0), Verdict: "pass", Budget: new(99.84), RSS: 86 << 20,
	}
}

// The log's line is a promise: its keys, their order and their units.
func TestTheLineOfTheLog(t *testing.T) {
	l := aLine()
	require.Equal(t,
		"2025-12-13T16:00:10Z run=20251213_160000 t=10s rps=412.0 ok=99.98% p50=41ms p95=118ms p99=203ms max=611ms err=2 inflight=37 lag=0ms slo=pass budget=99.8% rss=86MiB\n",
		string(Logfmt.render(l.At, l.Run, l.fields())))
	require.Equal(t,
		`{"ts":"2025-12-13T16:00:10Z","run":"20251213_160000","t_s":10,"rps":412,"ok_percent":99.987,"p50_ms":41.2,"p95_ms":118,"p99_ms":203.4,"max_ms":611,"err":2,"inflight":37,"lag_ms":0,"slo":"pass","budget_percent":99.84,"rss_bytes":90177536}`+"\n",
		string(JSON.render(l.At, l.Run, l.fields())))
}

// A day of lines is a megabyte and a half.
func TestADayOfLinesIsSmall(t *testing.T) {
	l := aLine()
	require.Less(t, 8640*len(Logfmt.render(l.At, l.Run, l.fields())), 1_600_000)
}

func TestValuesOfALine(t *testing.T) {
	tests := []struct {
		name      string
		line      func(*Line)
		key, want string
	}{
		{"what is not known is a dash", func(l *Line) { l.P95 = nil }, "p95", "-"},
		{"memory that the system does not tell", func(l *Line) { l.RSS = -1 }, "rss", "-"},
		{"a share never rounds up to all", func(l *Line) { l.OK = new(99.999) }, "ok", "99.99%"},
		{"all is all", func(l *Line) { l.OK = new(100.0) }, "ok", "100.00%"},
		{"a short time keeps its digits", func(l *Line) { l.P50 = new(0.234) }, "p50", "0.23ms"},
		{"a few milliseconds", func(l *Line) { l.P50 = new(4.25) }, "p50", "4.2ms"},
		{"a long time stays in milliseconds", func(l *Line) { l.Max = new(61234.0) }, "max", "61234ms"},
		{"an overspent budget is below nothing", func(l *Line) { l.Budget = new(-12.34) }, "budget", "-12.4%"},
		{"a day", func(l *Line) { l.Elapsed = 24*time.Hour + 300*time.Millisecond }, "t", "86400s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := aLine()
			tt.line(&l)
			text := string(Logfmt.render(l.At, l.Run, l.fields()))
			require.Contains(t, text, " "+tt.key+"="+tt.want)
			require.True(t, json.Valid(JSON.render(l.At, l.Run, l.fields())))
		})
	}
}

func TestEventsAreQuotedWhereTheyMustBe(t *testing.T) {
	e := Event{At: aLine().At, Run: "r", Elapsed: time.Hour, Kind: "slo_breach", Fields: []Field{
		Text("slo", `p95 < 200ms`), Text("value", "1.4%"), Text("text", "a\n\x1b[31m\"b\""), Text("none", ""),
	}}
	require.Equal(t, `2025-12-13T16:00:10Z run=r event=slo_breach t=3600s slo="p95 < 200ms" value=1.4% text="a\n\x1b[31m\"b\"" none=""`+"\n",
		string(Logfmt.render(e.At, e.Run, e.fields())))
	var parsed map[string]any
	require.NoError(t, json.Unmarshal(JSON.render(e.At, e.Run, e.fields()), &parsed))
	require.Equal(t, map[string]any{
		"ts": "2025-12-13T16:00:10Z", "run": "r", "event": "slo_breach", "t_s": 3600.0,
		"slo": "p95 < 200ms", "value": "1.4%", "text": "a\n\x1b[31m\"b\"", "none": "",
	}, parsed)
	require.Equal(t, `slo_breach slo="p95 < 200ms" value=1.4% text="a\n\x1b[31m\"b\"" none=""`, e.String())
	require.Equal(t, "checkpoint", (&Event{Kind: "checkpoint"}).String())
}

// Whatever a line holds, it is one line, and JSON where that is asked for.
func FuzzRender(f *testing.F) {
	f.Add("20251213_160000", "p95 < 200ms", 1.5)
	f.Add("a b", "\"=\\\n\r\u2028\xff", math.Inf(1))
	f.Add("", "", math.NaN())
	f.Fuzz(func(t *testing.T, run, text string, value float64) {
		l := aLine()
		l.Run, l.P95, l.Budget, l.Rate, l.Verdict = run, &value, &value, value, text
		e := Event{Kind: text, Fields: []Field{Text("text", text), {Key: "value", Text: text, Value: value}}}
		for _, fields := range [][]Field{l.fields(), e.fields()} {
			for _, format := range []Format{Logfmt, JSON} {
				line := string(format.render(l.At, run, fields))
				require.Equal(t, 1, strings.Count(line, "\n"))
				require.True(t, strings.HasSuffix(line, "\n"))
				require.False(t, strings.ContainsAny(line, "\r\x1b\x00"))
				if format == JSON {
					require.True(t, json.Valid([]byte(line)), line)
				}
			}
		}
	})
}
