package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/internal/proof/peers"
)

// An arrival is one line of the target's log: when the kernel had the request, when
// it had the answer, counted from the target's start, and the answer's status.
type arrival struct {
	received, answered time.Duration
	status             int
}

// readArrivals reads the log of target --arrivals, in the order of reception.
// Requests that the kernel put no stamp on, the very first ones, are left out and counted.
func readArrivals(name string) (list []arrival, unstamped int, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, fmt.Errorf("read arrivals: %w", err)
	}
	defer f.Close()
	return parseArrivals(f)
}

func parseArrivals(from io.Reader) (list []arrival, unstamped int, err error) {
	lines := bufio.NewScanner(from)
	for n := 1; lines.Scan(); n++ {
		a, err := parseArrival(lines.Text())
		if err != nil {
			return nil, 0, fmt.Errorf("read arrivals, line %d: %w", n, err)
		}
		if a.received == 0 {
			unstamped++
			continue
		}
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b arrival) int { return cmp.Compare(a.received, b.received) })
	return list, unstamped, lines.Err()
}

func parseArrival(line string) (arrival, error) {
	fields := strings.Split(line, " ")
	if len(fields) != 3 {
		return arrival{}, fmt.Errorf("want RECEIVED ANSWERED STATUS, got %q", line)
	}
	var n [3]int64
	for i, field := range fields {
		v, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return arrival{}, fmt.Errorf("want RECEIVED ANSWERED STATUS, got %q", line)
		}
		n[i] = v
	}
	return arrival{time.Duration(n[0]), time.Duration(n[1]), int(n[2])}, nil
}

// A Truth is what the target did to the requests of one run, by the kernel's clock.
type Truth struct {
	Requests int64         `json:"requests"`
	Success  float64       `json:"success"`
	Figures  peers.Figures `json:"figures"` // of good answers, from reception

	// Due is the same from when an even row of users would have sent, which is
	// what they would have waited. Nil for a tool that keeps no such row.
	Due *peers.Figures `json:"due,omitempty"`
}

// truthOf takes the latencies of answers below 400.
func truthOf(list []arrival, unstamped int) Truth {
	took := good(list, func(_ int, a arrival) time.Duration { return a.answered - a.received })
	t := Truth{Requests: int64(len(list) + unstamped)}
	if len(took) > 0 {
		t.Success = float64(len(took)) / float64(len(list))
		t.Figures = figures(took)
	}
	return t
}

// dueOf takes the latencies from the grid that lateness is counted from.
func dueOf(list []arrival, every time.Duration) *peers.Figures {
	if len(list) == 0 {
		return nil
	}
	start := origin(list, every)
	f := figures(good(list, func(i int, a arrival) time.Duration { return a.answered - start - time.Duration(i)*every }))
	return &f
}

// good are the latencies of answers below 400, sorted.
func good(list []arrival, latency func(i int, a arrival) time.Duration) []time.Duration {
	var took []time.Duration
	for i, a := range list {
		if a.status < 400 {
			took = append(took, latency(i, a))
		}
	}
	slices.Sort(took)
	return took
}

// figures are the quantiles of what is sorted; all 0 without any.
func figures(sorted []time.Duration) peers.Figures {
	var f peers.Figures
	for i, q := range peers.Shares() {
		if len(sorted) > 0 {
			f[i].MS = ms(peers.Quantile(sorted, q))
		}
	}
	return f
}

// origin is where a grid of equal distances begins, of which nobody knows when the
// tool meant it to: where the request that was most on time is exactly on time.
func origin(list []arrival, every time.Duration) time.Duration {
	first := list[0].received
	for i, a := range list {
		first = min(first, a.received-time.Duration(i)*every)
	}
	return first
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Late says how far behind an ideal row of instants a tool's requests came.
type Late struct {
	Sent     int     `json:"sent"`
	Expected int     `json:"expected"`
	P50      float64 `json:"p50_us"`
	P90      float64 `json:"p90_us"`
	P99      float64 `json:"p99_us"`
	Max      float64 `json:"max_us"`
}

// lateness holds arrivals against a grid of equal distances. What all requests have
// in common, as the way through the kernel, is in none of the figures, for the grid
// lies where the earliest is on time. Some tools send a few requests to warm up:
// only the last ones expected count.
func lateness(list []arrival, every time.Duration, expected int) Late {
	late := Late{Sent: len(list), Expected: expected}
	list = list[max(0, len(list)-expected):]
	if len(list) == 0 {
		return late
	}
	start := origin(list, every)
	behind := make([]time.Duration, len(list))
	for i, a := range list {
		behind[i] = a.received - start - time.Duration(i)*every
	}
	slices.Sort(behind)
	at := func(q float64) float64 {
		return float64(peers.Quantile(behind, q)) / float64(time.Microsecond)
	}
	late.P50, late.P90, late.P99, late.Max = at(0.5), at(0.9), at(0.99), at(1)
	return late
}
