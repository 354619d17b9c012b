package main

import (
	"fmt"
	"slices"
)

// group finds one by its key; an empty one where it was not run.
func (p Performance) group(key string) Group {
	for _, g := range p.Groups {
		if g.Key == key {
			return g
		}
	}
	return Group{Key: key}
}

// ranged is a median with its range.
func ranged(s Spread, format string) string {
	if s.Min == s.Max {
		return fmt.Sprintf(format, s.Median)
	}
	return fmt.Sprintf(format+" ("+format+" – "+format+")", s.Median, s.Min, s.Max)
}

// costTable has a line for each tool of a group.
func costTable(g Group) string {
	if len(g.Samples) == 0 {
		return "Not run."
	}
	t := table{texts: 1, head: []string{"tool", "CPU a request, µs", "gonogo takes", "requests a second", "peak memory, MB"}}
	for _, tool := range g.tools() {
		cost, _ := g.of(tool, cpu)
		speed, _ := g.of(tool, rate)
		memory, _ := g.of(tool, peak)
		takes := ""
		if ratio, ok := g.ratio(tool); ok && tool != "gonogo" {
			takes = ranged(ratio, "%.3f") + " ×"
		}
		t.add(tool, ranged(cost, "%.2f"), takes, grouped(int64(speed.Median)), fmt.Sprintf("%.0f", memory.Median))
	}
	return t.String()
}

// memoryTable has a line for each tool of some groups.
func memoryTable(p Performance) string {
	t := table{texts: 2, head: []string{"load", "tool", "peak memory, MB", "CPU a request, µs"}}
	for _, key := range []string{"http-1000", "http-10000", "steps-500"} {
		g := p.group(key)
		for _, tool := range g.tools() {
			memory, _ := g.of(tool, peak)
			cost, _ := g.of(tool, cpu)
			t.add(g.Title, tool, ranged(memory, "%.0f"), ranged(cost, "%.2f"))
		}
	}
	return t.String()
}

// lateTable has a line for each tool.
func lateTable(p Performance) string {
	if len(p.Lateness) == 0 {
		return "Not run."
	}
	t := table{texts: 2, head: []string{"tool", "mode", "requests sent", "p50, µs", "p90, µs", "p99, µs", "max, µs"}}
	var done []string
	for _, one := range p.Lateness {
		if slices.Contains(done, one.Tool) {
			continue
		}
		done = append(done, one.Tool)
		cells := []string{one.Tool, one.Mode, fmt.Sprintf("%s of %s", grouped(int64(one.Sent)), grouped(int64(one.Expected)))}
		for _, figure := range []func(Late) float64{p50, p90, p99, most} {
			s, _ := p.punctual(one.Tool, figure)
			cells = append(cells, ranged(s, "%.0f"))
		}
		t.add(cells...)
	}
	return t.String()
}

func p50(l Late) float64  { return l.P50 }
func p90(l Late) float64  { return l.P90 }
func p99(l Late) float64  { return l.P99 }
func most(l Late) float64 { return l.Max }

// A limit is what gonogo has to hold.
type limit struct {
	what   string
	most   float64
	format string
	value  func(Performance) (Spread, bool)
	floor  func(Performance) (Spread, bool) // what wrk has of the same; nil: nothing to compare
}

func limits() []limit {
	ratio := func(key, tool string) func(Performance) (Spread, bool) {
		return func(p Performance) (Spread, bool) { return p.group(key).ratio(tool) }
	}
	memory := func(key string) func(Performance) (Spread, bool) {
		return func(p Performance) (Spread, bool) { return p.group(key).of("gonogo", peak) }
	}
	late := func(figure func(Late) float64) func(Performance) (Spread, bool) {
		return func(p Performance) (Spread, bool) { return p.punctual("gonogo", figure) }
	}
	floor := func(key, tool string) func(Performance) (Spread, bool) {
		return func(p Performance) (Spread, bool) { return p.group(key).between("wrk", tool) }
	}
	against := func(tool string, users int, most float64) limit {
		key, what := fmt.Sprintf("http-%d", users), fmt.Sprintf("against %s, %d users", tool, users)
		return limit{what, most, "%.3f ×", ratio(key, tool), floor(key, tool)}
	}
	return []limit{
		{"CPU a request against wrk, 100 users", 1.05, "%.3f ×", ratio("http-100", "wrk"), nil},
		{"CPU a request against wrk, 1000 users", 1.05, "%.3f ×", ratio("http-1000", "wrk"), nil},
		{"the same, both at once, 100 users each", 1.05, "%.3f ×", ratio("duel-100", "wrk"), nil},
		{"the same, both at once, 1000 users each", 1.05, "%.3f ×", ratio("duel-1000", "wrk"), nil},
		against("k6", 100, 1.0/9),
		against("k6", 1000, 1.0/9),
		against("vegeta", 100, 1.0/7),
		against("vegeta", 1000, 1.0/7),
		against("hey", 100, 1/4.5),
		against("hey", 1000, 1/4.5),
		{"CPU a request over TLS 1.3 against wrk, 100 users", 1, "%.3f ×", ratio("tls-100", "wrk"), nil},
		{"the same, both at once, 100 users each", 1, "%.3f ×", ratio("duel-tls-100", "wrk"), nil},
		{"CPU a request over HTTP/2 against h2load, 100 streams on 10 connections", 1.5, "%.3f ×", ratio("http2", "h2load"), nil},
		{"CPU a request of a journey against wrk's plain GET, 1000 users", 1.6, "%.3f ×", ratio("journey-1000", "wrk"), nil},
		{"the same, both at once", 1.6, "%.3f ×", ratio("duel-journey-1000", "wrk"), nil},
		{"CPU a request of a journey against k6, 1000 users", 1.0 / 8, "%.3f ×", ratio("journey-1000", "k6"), nil},
		{"peak memory of a journey against k6, 1000 users", 1.0 / 6, "%.3f ×", func(p Performance) (Spread, bool) {
			return p.group("journey-1000").share("gonogo", "k6", peak)
		}, nil},
		{"peak memory, 1000 users", 32, "%.0f MB", memory("http-1000"), nil},
		{"peak memory, 10,000 users", 130, "%.0f MB", memory("http-10000"), nil},
		{"peak memory, 1000 users, 500 named steps", 160, "%.0f MB", memory("steps-500"), nil},
		{"lateness at 1000/s as the target's kernel saw it, p50", 30, "%.0f µs", late(p50), nil},
		{"the same, p99", 150, "%.0f µs", late(p99), nil},
	}
}

// least is what the cheapest client there is would have to show for it.
func (l limit) least(p Performance) string {
	if l.floor == nil {
		return ""
	}
	s, ok := l.floor(p)
	if !ok {
		return ""
	}
	return fmt.Sprintf(l.format, s.Median)
}

// limitTable says of each limit whether it was held: its median counts.
func limitTable(p Performance) string {
	t := table{texts: 1, head: []string{"what", "limit", "measured: median (range)", "", "wrk's own"}}
	for _, l := range limits() {
		most := "≤ " + fmt.Sprintf(l.format, l.most)
		if s, ok := l.value(p); ok {
			t.add(l.what, most, ranged(s, l.format), verdict(s.Median <= l.most), l.least(p))
		} else {
			t.add(l.what, most, "not measured", "", "")
		}
	}
	return t.String()
}
