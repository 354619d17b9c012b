package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/internal/proof/peers"
)

// Performance is all that docs/performance.md is made of.
type Performance struct {
	Machine  Machine  `json:"machine"`
	Rounds   int      `json:"rounds"`
	Seconds  float64  `json:"seconds"`
	Groups   []Group  `json:"groups"`
	Lateness []Punct  `json:"lateness"`
	Skipped  []string `json:"skipped,omitempty"`
}

// A Punct is how punctual a tool was in one run.
type Punct struct {
	Tool string `json:"tool"`
	Mode string `json:"mode"`
	Late
}

// An effort is how much is run.
type effort struct {
	rounds int
	length time.Duration
	only   []string // keys of groups; none: all
	tools  []string // likewise
}

func (e effort) wants(key string) bool { return len(e.only) == 0 || slices.Contains(e.only, key) }

// among leaves out the tools that are not wanted.
func (e effort) among(tools []string) []string {
	if len(e.tools) == 0 {
		return tools
	}
	return slices.DeleteFunc(slices.Clone(tools), func(t string) bool { return !slices.Contains(e.tools, t) })
}

// A contest is a group that is to be run.
type contest struct {
	Group
	over   func(*server) string // the URL
	load   peers.Load
	tools  []string
	atOnce bool // else in turns
}

func plain(s *server) string { return "http://" + s.Address + "/health" }
func tls13(s *server) string { return "https://" + s.TLS + "/health" }
func http2(s *server) string { return "https://" + s.HTTP2 + "/health" }

// contests are all groups of the page, in order.
func contests() []contest {
	all, both := []string{"gonogo", "wrk", "h2load", "ab", "fortio", "hey", "vegeta", "k6"}, []string{"gonogo", "wrk"}
	group := func(key, title string) Group { return Group{Key: key, Title: title} }
	return []contest{
		{group("http-100", "100 users"), plain, peers.Load{Users: 100}, all, false},
		{group("http-1000", "1000 users"), plain, peers.Load{Users: 1000}, all, false},
		{group("http-10000", "10,000 users"), plain, peers.Load{Users: 10_000}, both, false},
		{group("steps-500", "1000 users, 500 named steps"), plain, peers.Load{Users: 1000, Steps: 500}, []string{"gonogo"}, false},
		{group("tls-100", "100 users over TLS 1.3"), tls13, peers.Load{Users: 100}, []string{"gonogo", "wrk", "h2load"}, false},
		{group("http2", "HTTP/2 over TLS, 10 connections of 10 streams"), http2, peers.Load{Users: 100, Connections: 10}, []string{"gonogo", "h2load"}, false},
		{group("journey-1000", "1000 users on a journey"), plain, peers.Load{Users: 1000, Journey: true}, []string{"gonogo", "k6", "wrk"}, false},
		{group("duel-journey-1000", "1000 users each, a journey and a plain GET, at once"), plain, peers.Load{Users: 1000, Journey: true}, both, true},
		{group("duel-100", "100 users each, at once"), plain, peers.Load{Users: 100}, both, true},
		{group("duel-1000", "1000 users each, at once"), plain, peers.Load{Users: 1000}, both, true},
		{group("duel-tls-100", "100 users each over TLS 1.3, at once"), tls13, peers.Load{Users: 100}, both, true},
	}
}

// perform runs the contests and the lateness.
func (l *lab) perform(ctx context.Context, config string, e effort) (p Performance, err error) {
	p = Performance{Machine: l.machine(ctx), Rounds: e.rounds, Seconds: e.length.Seconds()}
	s, err := l.nginx(ctx, config)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	for _, c := range contests() {
		if !e.wants(c.Key) {
			continue
		}
		if why := l.cannot(ctx, c); why != "" {
			l.notice("%s: left out: %s", c.Title, why)
			p.Skipped = append(p.Skipped, c.Title+": "+why)
			continue
		}
		tools, err := l.tools(e.among(c.tools)...)
		if err != nil {
			return p, err
		}
		c.load.URL, c.load.Length = c.over(s), e.length
		run := l.group
		if c.atOnce {
			run = l.duel
		}
		g, err := run(ctx, s, c.Group, tools, c.load, e.rounds)
		if err != nil {
			return p, err
		}
		p.Groups = append(p.Groups, g)
	}
	if e.wants("lateness") {
		p.Lateness, err = l.punctuality(ctx, e)
	}
	return p, err
}

// cannot says why a contest cannot be held here, or nothing.
func (l *lab) cannot(ctx context.Context, c contest) string {
	if flag := l.missing(ctx, c.load); flag != "" {
		return "this gonogo has no " + flag
	}
	const spare = 200 // descriptors that are no connection
	text, err := exec.CommandContext(ctx, "sh", "-c", "ulimit -n").Output()
	if err != nil {
		return err.Error()
	}
	limit, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err == nil && limit < c.load.Users+spare {
		return fmt.Sprintf("a process may have only %d descriptors", limit)
	}
	return ""
}

// missing is the first flag of the load that this gonogo does not know, if there is one.
func (l *lab) missing(ctx context.Context, load peers.Load) string {
	gonogo, err := peers.Named("gonogo")
	if err != nil {
		return err.Error()
	}
	command, err := gonogo.Plan(load)
	if err != nil {
		return err.Error()
	}
	help, err := exec.CommandContext(ctx, l.programs["gonogo"], "load", "--help").Output()
	if err != nil {
		return err.Error()
	}
	for _, flag := range command.Args {
		if strings.HasPrefix(flag, "--") && !strings.Contains(string(help), flag+" ") {
			return flag
		}
	}
	return ""
}

// The load of which lateness is measured.
const (
	lateRate  = 1000
	lateEvery = time.Second / lateRate
)

// punctuality lets each tool that can keep a rate do so in rounds.
func (l *lab) punctuality(ctx context.Context, e effort) ([]Punct, error) {
	tools, err := l.tools(e.among([]string{"gonogo", "vegeta", "k6", "fortio"})...)
	if err != nil {
		return nil, err
	}
	load := peers.Load{Rate: lateRate, Open: 50, Users: 50, Length: e.length, CostOnly: true}
	var out []Punct
	for round := range e.rounds {
		for i := range tools {
			t := tools[(i+round)%len(tools)]
			fmt.Fprintf(l.log, "lateness, round %d: %s\n", round+1, t.Name)
			r, list, _, err := l.observe(ctx, nil, t, load)
			if ctx.Err() != nil {
				return out, ctx.Err()
			}
			if err != nil {
				l.notice("%s is left out of lateness: %v", t.Name, err)
				continue
			}
			out = append(out, Punct{t.Name, r.Mode, lateness(list, lateEvery, int(load.Length/lateEvery))})
		}
	}
	return out, nil
}

// punctual takes the median over a tool's runs of one figure.
func (p Performance) punctual(tool string, figure func(Late) float64) (Spread, bool) {
	var values []float64
	for _, one := range p.Lateness {
		if one.Tool == tool {
			values = append(values, figure(one.Late))
		}
	}
	return spread(values)
}
