package trigger

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"gonogo/slo"
)

var update = flag.Bool("update", false, "write what was evaluated into testdata")

// TestTriggers runs the cases of testdata/triggers; testdata/README.md says how
// to write one.
func TestTriggers(t *testing.T) {
	eachCase(t, "testdata/triggers/*.txtar", func(t *testing.T) teller { return &triggerCase{t: t, options: Defaults()} })
}

// TestStops runs the cases of testdata/stops.
func TestStops(t *testing.T) {
	eachCase(t, "testdata/stops/*.txtar", func(t *testing.T) teller {
		return &stopCase{t: t, options: StopDefaults(), cells: map[Counter][]Cell{}}
	})
}

// A teller reads a section of a case, or answers it, and returns it as it should be.
type teller interface {
	section(name string, in []string) []string
}

func eachCase(t *testing.T, pattern string, of func(*testing.T) teller) {
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			require.NotEmpty(t, strings.TrimSpace(string(archive.Comment)), "say why")
			told := of(t)
			for i := range archive.Files {
				f := &archive.Files[i]
				got := strings.Join(append(told.section(f.Name, lines(f.Data)), ""), "\n")
				if *update {
					f.Data = []byte(got)
				}
				require.Equal(t, string(f.Data), got)
			}
			if *update {
				require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o644))
			}
		})
	}
}

func lines(data []byte) []string {
	return strings.FieldsFunc(string(data), func(r rune) bool { return r == '\n' })
}

type triggerCase struct {
	t        *testing.T
	rule     Rule
	options  Options
	trigger  *Trigger
	second   int
	happened []Transition
}

func (c *triggerCase) section(name string, in []string) []string {
	switch name {
	case "rule":
		rule, err := Parse(in[0])
		require.NoError(c.t, err)
		c.rule = rule
	case "baseline":
		words := strings.SplitN(in[0], " ", 4)
		c.rule = c.rule.Against(Baseline{duration(c.t, words[0]), duration(c.t, words[1]), duration(c.t, words[2]), words[3]})
	case "options":
		for _, line := range in {
			c.option(line)
		}
	case "refused":
		_, err := New(c.rule, c.options)
		require.Error(c.t, err)
		return lines([]byte(err.Error()))
	case "cells":
		c.play(in)
	case "transitions":
		return c.transitions()
	default:
		require.Fail(c.t, "unknown section", name)
	}
	return in
}

func (c *triggerCase) option(line string) {
	name, value, _ := strings.Cut(line, " ")
	o := &c.options
	durations := map[string]*time.Duration{
		"start": &o.Start, "every": &o.Every, "window": &o.Window, "clear_for": &o.ClearFor,
		"no_data_after": &o.NoDataAfter, "cooldown": &o.Cooldown,
	}
	switch {
	case durations[name] != nil:
		*durations[name] = duration(c.t, value)
	case name == "reading":
		o.Reading = Reading(value)
	case name == "on_no_data":
		o.OnNoData = NoData(value)
	case name == "min_samples":
		o.MinSamples = number(c.t, value)
	case name == "min_bad":
		o.MinBad = number(c.t, value)
	case name == "max_returns":
		o.MaxReturns = int(number(c.t, value))
	default:
		require.Fail(c.t, "unknown option", line)
	}
}

// play gives the trigger second by second what lines like these say, one after
// the other:
//
//	5m: 100 due 1 bad
//	3s: missing
//	release by Ann
func (c *triggerCase) play(in []string) {
	var err error
	c.trigger, err = New(c.rule, c.options)
	require.NoError(c.t, err)
	for _, line := range in {
		if by, is := strings.CutPrefix(line, "release by "); is {
			c.happened = append(c.happened, c.trigger.Release(by)...)
			continue
		}
		seconds, cell := stretch(c.t, line)
		for range seconds {
			if cell != nil {
				require.NoError(c.t, c.trigger.Add(Cell{c.second, cell.Due, cell.Bad}))
			}
			c.second++
			c.happened = append(c.happened, c.trigger.Decide(time.Duration(c.second)*time.Second)...)
		}
	}
}

// stretch reads "20s: 100 due 3 bad"; a nil cell is missing.
func stretch(t *testing.T, line string) (seconds int, c *Cell) {
	length, what, found := strings.Cut(line, ": ")
	require.True(t, found, line)
	seconds = int(duration(t, length) / time.Second)
	if what == "missing" {
		return seconds, nil
	}
	words := strings.Fields(what)
	require.Len(t, words, 4, line)
	require.Equal(t, []string{"due", "bad"}, []string{words[1], words[3]}, line)
	return seconds, &Cell{Due: number(t, words[0]), Bad: number(t, words[2])}
}

func (c *triggerCase) transitions() []string {
	var out []string
	for _, transition := range c.happened {
		require.NotEmpty(c.t, transition.Why)
		out = append(out, strings.Replace(transition.String(), ": "+c.rule.String(), "", 1))
	}
	return append(out, short(time.Duration(c.second)*time.Second)+" "+c.trigger.Status().String())
}

type stopCase struct {
	t          *testing.T
	objectives []slo.Objective
	options    StopOptions
	cells      map[Counter][]Cell
	seconds    int
}

func (c *stopCase) section(name string, in []string) []string {
	counter, isCells := strings.CutPrefix(name, "cells of ")
	switch {
	case name == "objectives":
		for _, line := range in {
			c.objectives = append(c.objectives, objective(c.t, line))
		}
	case name == "options":
		for _, line := range in {
			c.option(line)
		}
	case isCells:
		c.count(counter, in)
	case name == "watched":
		return c.watched()
	case name == "stop":
		return c.stop()
	default:
		require.Fail(c.t, "unknown section", name)
	}
	return in
}

// objective reads "name: go p95 < 200ms; no_go p95 > 500ms".
func objective(t *testing.T, line string) slo.Objective {
	name, bands, found := strings.Cut(line, ": ")
	require.True(t, found, line)
	o := slo.Objective{Name: name}
	for _, b := range strings.Split(bands, "; ") {
		which, text, _ := strings.Cut(b, " ")
		target, err := slo.ParseTarget(text)
		require.NoError(t, err)
		switch which {
		case "go":
			o.Go = target
		case "conditional":
			o.Conditional = &target
		case "no_go":
			o.NoGo = &target
		default:
			require.Fail(t, "unknown band", b)
		}
	}
	return o
}

func (c *stopCase) option(line string) {
	name, value, _ := strings.Cut(line, " ")
	switch name {
	case "block":
		c.options.Block = duration(c.t, value)
	case "start":
		c.options.Start = duration(c.t, value)
	case "alpha":
		alpha, err := strconv.ParseFloat(value, 64)
		require.NoError(c.t, err)
		c.options.Alpha = alpha
	default:
		require.Fail(c.t, "unknown option", line)
	}
}

// count reads the cells of "failures" or of a comparison's counter.
func (c *stopCase) count(counter string, in []string) {
	of := failures()
	if counter != "failures" {
		target, err := slo.ParseTarget(counter)
		require.NoError(c.t, err)
		of = resolve(target, "").counter
	}
	second := 0
	for _, line := range in {
		seconds, cell := stretch(c.t, line)
		for range seconds {
			if cell != nil {
				c.cells[of] = append(c.cells[of], Cell{second, cell.Due, cell.Bad})
			}
			second++
		}
	}
	c.seconds = max(c.seconds, second)
}

func (c *stopCase) stopper() *Stopper {
	s, err := NewStopper(c.objectives, c.options)
	require.NoError(c.t, err)
	return s
}

func (c *stopCase) watched() []string {
	s := c.stopper()
	var out []string
	for _, e := range s.Evidence() {
		out = append(out, "watched: "+e.Objective+": "+e.Claim)
	}
	for _, text := range s.Unwatched() {
		out = append(out, "not watched: "+text)
	}
	for _, counter := range s.Counters() {
		out = append(out, "counter: "+counter.what(slo.DurationText(counter.Latency)))
	}
	return out
}

func (c *stopCase) stop() []string {
	s := c.stopper()
	for of, cells := range c.cells {
		require.NoError(c.t, s.Add(of, cells...))
	}
	var stop *Stop
	for second := range c.seconds {
		if stop = s.Decide(time.Duration(second+1) * time.Second); stop != nil {
			require.Same(c.t, stop, s.Decide(time.Hour))
			break
		}
	}
	if stop == nil {
		return []string{"none"}
	}
	return told(stop)
}

func told(s *Stop) []string {
	out := []string{short(s.At) + " " + s.Claim, s.Rule}
	if b := s.Bounds; b != nil {
		out = append(out, "objective "+s.Objective, "bounds "+percent(b.Lo)+" to "+percent(b.Hi)+" at "+percent(b.Confidence))
	}
	return out
}

func duration(t *testing.T, text string) time.Duration {
	d, err := time.ParseDuration(text)
	require.NoError(t, err)
	return d
}

func number(t *testing.T, text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	require.NoError(t, err)
	return n
}
