package importer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/internal/yamlfile"
)

// The bounds of summing up.
const (
	maxRoutes  = 20_000 // kept apart while reading
	maxBuckets = 720    // of time; their length doubles when there are more
	topRoutes  = 20     // that become steps
	mostStages = 24
	mostHosts  = 100
)

// traffic sums a log up: how often each path was asked for, and how many requests
// there were over time.
type traffic struct {
	total   int
	routes  map[string]*route
	others  int // requests of paths that are not kept apart
	hosts   map[string]int
	buckets map[int64]int
	length  int64 // of a bucket, in seconds
}

// route is a path without what differs from one thing to the next, and one of the
// paths that it stands for.
type route struct {
	key, method, path string
	count             int
}

func newTraffic() *traffic {
	return &traffic{routes: map[string]*route{}, hosts: map[string]int{}, buckets: map[int64]int{}, length: 1}
}

func (t *traffic) count(req logged) {
	t.total++
	path, _, _ := strings.Cut(req.path, "?")
	key := req.method + " " + general(path)
	switch r := t.routes[key]; {
	case r != nil:
		r.count++
	case len(t.routes) < maxRoutes && len(path) < longestKey*2:
		t.routes[key] = &route{key, req.method, path, 1}
	default:
		t.others++
	}
	if _, ok := t.hosts[req.host]; ok || len(t.hosts) < mostHosts {
		t.hosts[req.host]++
	}
	t.buckets[floor(req.at.Unix(), t.length)]++
	for len(t.buckets) > maxBuckets {
		t.length *= 2
		wider := map[int64]int{}
		for at, n := range t.buckets {
			wider[floor(at, t.length)] += n
		}
		t.buckets = wider
	}
}

func floor(at, length int64) int64 {
	if rest := at % length; rest < 0 {
		return at - rest - length
	} else {
		return at - rest
	}
}

var oneOfMany = lazily(`^(?:\d+|[0-9a-fA-F]{16,}|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})$`)

// general replaces the segments of a path that are numbers and the like.
func general(path string) string {
	if !strings.ContainsAny(path, "0123456789") && len(path) < 17 {
		return path
	}
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if s != "" && oneOfMany().MatchString(s) {
			segments[i] = "{id}"
		}
	}
	return strings.Join(segments, "/")
}

// scenario is the summary as a scenario.
func (t *traffic) scenario(l *logReader, o LogOptions) *Scenario {
	s := &Scenario{Name: named(o.Name, "replay"), Target: o.Target}
	s.Head = []string{
		fmt.Sprintf("Made of an access log with %d requests. Each arrival asks for one of the paths,", t.total),
		"by its share; the rate follows the log. The trace beside it has every request at its instant.",
		"The log has no bodies and no credentials: add what the requests need.",
	}
	if s.Target == "" {
		t.target(s)
	}
	t.steps(s, l)
	t.load(s)
	s.call(names{})
	s.Objectives = []Objective{{Name: "latency", Go: "p95 < 500ms"}, {Name: "success", Go: "success > 99%"}}
	return s
}

// target guesses it: the host that was asked most, or this machine.
func (t *traffic) target(s *Scenario) {
	best, most := "", 0
	for _, host := range slices.Sorted(maps.Keys(t.hosts)) {
		if n := t.hosts[host]; host != "" && n > most {
			best, most = host, n
		}
	}
	s.Target, s.TargetNote = "http://localhost:8080", "the log names no host: write your target"
	if best != "" {
		s.Target, s.TargetNote = "https://"+best, "guessed: the host that was asked most. Is it one that may be loaded?"
	}
}

// steps are the paths that were asked for most.
func (t *traffic) steps(s *Scenario, l *logReader) {
	all := slices.SortedFunc(maps.Values(t.routes), func(a, b *route) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.key, b.key))
	})
	rest := t.others
	for i, r := range all {
		if i >= topRoutes {
			rest += r.count
			continue
		}
		step := Step{Name: r.key, Method: r.method, Path: escaped(plain(r.path)), Weight: r.count}
		step.Weight = max(1, int(float64(r.count)*1000/float64(t.total)+0.5))
		step.Comment = []string{fmt.Sprintf("%s, %s %%", plural(r.count, "request"), percent(r.count, t.total))}
		if r.method != "GET" && r.method != "HEAD" && r.method != "OPTIONS" {
			step.Comment = append(step.Comment, "Changes data, and its body is not in the log.")
		}
		s.Steps = append(s.Steps, step)
	}
	if rest > 0 {
		s.StepsNote = []string{fmt.Sprintf("The other paths have %d requests, %s %%, and are in the trace only.", rest, percent(rest, t.total))}
		l.src.note(l.src.at(0, 0), "%d requests (%s %%) of rarer paths are in the trace, and not in the scenario", rest, percent(rest, t.total))
	}
}

func percent(n, of int) string { return strconv.FormatFloat(float64(n)*100/float64(of), 'f', 1, 64) }

// load makes stages of the requests over time.
func (t *traffic) load(s *Scenario) {
	at := slices.Sorted(maps.Keys(t.buckets))
	begin, span := at[0], at[len(at)-1]-at[0]+t.length
	width := t.length
	for (span+width-1)/width > mostStages {
		width *= 2
	}
	stages := (span + width - 1) / width
	if span > int64(366*24*time.Hour/time.Second) { // a clock was wrong
		s.Load = Load{Stages: []string{"60s:10"}, Comment: []string{"The times of the log span more than a year: write the rate yourself."}}
		return
	}
	counts := make([]int, stages)
	for at, n := range t.buckets {
		counts[(at-begin)/width] += n
	}
	peak := 0.0
	for i, n := range counts {
		length := min(width, span-int64(i)*width)
		rate := float64(n) / float64(length)
		peak = max(peak, rate)
		s.Load.Stages = append(s.Load.Stages, yamlfile.Duration(time.Duration(length)*time.Second).String()+":"+rateText(rate))
	}
	if peak > 0 {
		s.Load.Comment = []string{"Arrivals as in the log, which lasted " + yamlfile.Duration(time.Duration(span)*time.Second).String() + ": length and rate a second. The highest is " + rateText(peak) + "/s."}
	}
}

// rateText has three digits that count.
func rateText(rate float64) string {
	digits := 3
	for limit := 1.0; digits > 0 && rate >= limit; limit *= 10 {
		digits--
	}
	for limit := 0.1; digits < 9 && 0 < rate && rate < limit; limit /= 10 {
		digits++
	}
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(rate, 'f', digits+1, 64), "0"), ".")
}
