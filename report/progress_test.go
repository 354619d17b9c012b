package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestProgressLine(t *testing.T) {
	closed := Progress{
		Elapsed: 130 * time.Second, Total: 330 * time.Second, Phase: "measure", Users: 1000, Rate: ptr(2183.0),
		OK: ptr(99.92), P50: ptr(38.0), P95: ptr(187.0), P99: ptr(311.0), Errors: 12, InFlight: 37, Lag: ptr(1.2),
	}
	with := func(change func(*Progress)) Progress {
		p := closed
		change(&p)
		return p
	}
	tests := []struct {
		name string
		p    Progress
		want string
	}{
		{
			"all of it", closed,
			"02:10 of 05:30  measure  1,000 users  2,183/s  ok 99.92%  p50 38ms  p95 187ms  p99 311ms  err 12  open 37  lag 1.2ms",
		},
		{
			"what says least goes first", with(func(p *Progress) { p.Width = 80 }),
			"02:10 of 05:30  measure  2,183/s  ok 99.92%  p95 187ms  err 12  lag 1.2ms",
		},
		{"then almost all", with(func(p *Progress) { p.Width = 36 }), "02:10 of 05:30  2,183/s  p95 187ms"},
		{"at last it is cut", with(func(p *Progress) { p.Width = 9 }), "02:10 of…"},
		{
			"the open model", with(func(p *Progress) { p.Planned = ptr(500.0) }),
			"02:10 of 05:30  measure  plan 500/s  2,183/s  ok 99.92%  p50 38ms  p95 187ms  p99 311ms  err 12  open 37  lag 1.2ms",
		},
		{
			"the first second",
			Progress{Total: 24 * time.Hour, Phase: "ramp", Users: 1},
			"00:00:00 of 24:00:00  ramp  1 user  -  ok -  p50 -  p95 -  p99 -  err 0  open 0  lag -",
		},
		{
			"one failure in a million is not 100 %", with(func(p *Progress) { p.OK = ptr(99.9999); p.Width = 60 }),
			"02:10 of 05:30  measure  2,183/s  ok >99.99%  p95 187ms",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, ProgressLine(test.p))
		})
	}
}

func TestSpark(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
		want   string
	}{
		{"nothing", nil, ""},
		{"nothing is known", []float64{-1, -1}, ".."},
		{"steady stands half-way up", []float64{5, 5, 5}, "▅▅▅"},
		{"nothing is the lowest", []float64{0, 0}, "▁▁"},
		{"one that stands out", []float64{1, 1, 8, 1, -1}, "▂▂█▂."},
		{"rising", []float64{1, 2, 3, 4, 5, 6, 7, 8}, "▁▂▃▄▅▅▆▇"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, Spark(tt.values)) })
	}
}
