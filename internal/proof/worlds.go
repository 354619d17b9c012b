package main

import (
	"fmt"
	"strings"
	"time"

	"gonogo/internal/proof/peers"
	"gonogo/target"
)

// A world is a target whose truth is known, and a load on it.
type world struct {
	name   string
	about  string   // for people
	target []string // flags of gonogo target
	load   peers.Load
	period time.Duration // the load lasts a whole number of these; 0: of seconds

	fixed bool     // the truth is what an even row of users would have waited, by construction
	busy  bool     // another process keeps the tools' core busy
	views []string // the further views that matter here
}

// connections is what tools get that know no open model.
const connections = 100

// worlds are all there are, in the order of the page.
func worlds() []world {
	open := func(rate, inFlight int) peers.Load {
		return peers.Load{Rate: rate, Open: inFlight, Users: connections}
	}
	return []world{
		{
			name: "stall", target: []string{"--stall", "1s/5s"}, load: open(1000, 1500), period: 5 * time.Second, fixed: true,
			about: "The target answers at once, but freezes for the last second of every five. Users who come at an even pace " +
				"wait for up to a second in one fifth of the time. A tool that waits for an answer before it sends again does not " +
				"send while the target is frozen, and so hardly sees that it was (coordinated omission).",
		},
		{
			name: "lognormal", target: []string{"--delay", "lognormal:20ms,0.5"}, load: open(1000, 300),
			about: "Delays as real services have them: median 20 ms, a tail to the right. Nothing here is hard to measure: " +
				"what a tool adds to it is its own.",
		},
		{
			name: "bimodal", target: []string{"--delay", "bimodal:10ms,500ms,3%"}, load: open(500, 300),
			about: "10 ms, and 500 ms for 3 % of the requests: the slow mode is in p99 and in nothing below it. " +
				"A histogram with coarse steps, or a tool that fills in what it thinks it missed, moves it.",
		},
		{
			name: "fast errors", target: []string{"--delay", "lognormal:100ms,0.3", "--errors", "503:10%", "--fast-errors"}, load: open(200, 300),
			views: []string{peers.GoodAnswers},
			about: "One request in ten is refused with 503 at once; the others take 100 ms. The truth is of the good answers. " +
				"A tool that puts the refusals among them makes failing look fast. gonogo's own latency counts a failure " +
				"as slower than any limit: where more fail than a percentile leaves out, the percentile has failed.",
		},
		{
			name: "slow drip", target: []string{"--body", "10KiB", "--drip", "200ms"}, load: open(100, 200),
			about: "The first byte comes at once, the last one 200 ms later. A user waits for the last.",
		},
		{
			name: "saturated client", busy: true, views: []string{peers.Service},
			load: peers.Load{Users: 1000, Think: 20 * time.Millisecond},
			about: "1000 users who think for 20 ms, from a client whose one core another process keeps busy; the target answers at once. " +
				"The truth is the time from the request's reception by the target's kernel to the answer's hand-over, which on a " +
				"loopback is its reception by the client's kernel. What a tool reports beyond that is its own queue.",
		},
	}
}

// chosen are the worlds of the names, or all without one.
func chosen(names string) ([]world, error) {
	if names == "" {
		return worlds(), nil
	}
	var out []world
	for name := range strings.SplitSeq(names, ",") {
		found := false
		for _, w := range worlds() {
			if w.name == name {
				out, found = append(out, w), true
			}
		}
		if !found {
			return nil, fmt.Errorf("find world %q: want some of stall, lognormal, bimodal, fast errors, slow drip, saturated client", name)
		}
	}
	return out, nil
}

// lasting is the load, for about so long.
func (w world) lasting(about time.Duration) peers.Load {
	l := w.load
	period := max(w.period, time.Second)
	l.Length = max((about+period-1)/period, 1) * period
	return l
}

// construction is the truth by construction of a good answer, nil where the
// target's behaviour does not tell it.
func (w world) construction() (*peers.Figures, error) {
	var b target.Behaviour
	for i := 0; i+1 < len(w.target); i += 2 {
		var err error
		switch w.target[i] {
		case "--stall":
			b.Stall, err = target.ParseStall(w.target[i+1])
		case "--delay":
			b.Delay, err = target.ParseDelay(w.target[i+1])
		case "--drip":
			b.Drip, err = target.ParseDrip(w.target[i+1])
		case "--body":
			b.Body, err = target.ParseSize(w.target[i+1])
		}
		if err != nil {
			return nil, err
		}
	}
	q := b.Quantiles()
	if q == nil || len(w.target) == 0 {
		return nil, nil
	}
	var f peers.Figures
	for i, v := range []float64{q.P50, q.P90, q.P95, q.P99} {
		f[i].MS = v
	}
	return &f, nil
}

// words say what the load is.
func words(l peers.Load) string {
	if l.Rate > 0 {
		return fmt.Sprintf("%d requests a second at equal distances, %s", l.Rate, l.Length)
	}
	return fmt.Sprintf("%d users, think time %s, %s", l.Users, l.Think, l.Length)
}
