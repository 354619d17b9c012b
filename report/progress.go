package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/report/show"
)

// A Progress is what is shown while a run goes on. The figures are those of the
// last few seconds; nil is not known yet.
type Progress struct {
	Elapsed, Total time.Duration
	Phase          string
	Users          int      // of the closed model, now; 0 in the open one
	Planned        *float64 // arrivals a second of the open model, now
	Rate           *float64 // requests answered well a second
	OK             *float64 // percent of the requests
	P50, P95, P99  *float64 // of the response time, in milliseconds
	Errors         int64    // since the start
	InFlight       int      // open requests
	Lag            *float64 // p99, in milliseconds
	Width          int      // columns there are; 0: as many as it takes
}

// ProgressLine prints p on one line, without a line break. Where that is too
// long, what says least is left out.
func ProgressLine(p Progress) string {
	parts := p.parts()
	line := together(parts)
	for p.Width > 0 && show.Columns(line) > p.Width && len(parts) > 1 {
		parts = withoutLeast(parts)
		line = together(parts)
	}
	if p.Width > 0 {
		return show.Inert(line, p.Width)
	}
	return line
}

// A part of the progress line. The lower its rank, the longer it stays.
type part struct {
	text string
	rank int
}

func (p *Progress) parts() []part {
	return []part{
		{elapsed(p.Elapsed, p.Total), 0},
		{show.Inert(p.Phase, 12), 3},
		{p.wanted(), 7},
		{show.Rate(p.Rate), 1},
		{"ok " + okShare(p.OK), 2},
		{"p50 " + show.Milliseconds(p.P50), 8},
		{"p95 " + show.Milliseconds(p.P95), 1},
		{"p99 " + show.Milliseconds(p.P99), 6},
		{"err " + show.Count(p.Errors), 4},
		{"open " + show.Count(int64(p.InFlight)), 9},
		{"lag " + show.Milliseconds(p.Lag), 5},
	}
}

// elapsed prints both as a clock does, with days as hours.
func elapsed(now, total time.Duration) string {
	clock := func(d time.Duration) string {
		s := int64(max(d, 0) / time.Second)
		if max(now, total) < time.Hour {
			return fmt.Sprintf("%02d:%02d", s/60, s%60)
		}
		return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return clock(now) + " of " + clock(total)
}

// wanted says what load is asked for at the moment.
func (p *Progress) wanted() string {
	if p.Planned != nil {
		return "plan " + show.Rate(p.Planned)
	}
	return show.Counted(int64(p.Users), "user")
}

// okShare does not round up to 100 %.
func okShare(percent *float64) string {
	switch {
	case percent == nil:
		return show.None
	case *percent < 100 && *percent > 99.99:
		return ">99.99%"
	}
	return fmt.Sprintf("%.2f%%", *percent)
}

func together(parts []part) string {
	var texts []string
	for _, p := range parts {
		if p.text != "" {
			texts = append(texts, p.text)
		}
	}
	return strings.Join(texts, "  ")
}

func withoutLeast(parts []part) []part {
	least := 0
	for i, p := range parts {
		if p.rank > parts[least].rank {
			least = i
		}
	}
	return append(parts[:least:least], parts[least+1:]...)
}

// Spark draws values over time as blocks, from 0 to the highest; a dot is a value
// below 0, which there is none of. Steady values stand half-way up.
func Spark(values []float64) string {
	var known []float64
	for _, v := range values {
		if v >= 0 {
			known = append(known, v)
		}
	}
	if len(known) == 0 {
		return strings.Repeat(".", len(values))
	}
	slices.Sort(known)
	peak := max(known[len(known)-1], 2*known[len(known)/2])
	var line strings.Builder
	for _, v := range values {
		if v < 0 {
			line.WriteByte('.')
			continue
		}
		level := 0
		if peak > 0 {
			level = min(int(v/peak*float64(len(levels()))), len(levels())-1)
		}
		line.WriteRune(levels()[level])
	}
	return line.String()
}
