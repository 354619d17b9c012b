// Package slotest tells of runs in text and says how they are judged: the worlds
// that slo and slo/validity are tested in. A case is a file of sections, which
// testdata/verdicts/README.md in slo describes.
package slotest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"gonogo/measure"
	"gonogo/slo"
)

// A World is what a case has told so far.
type World struct {
	T          testing.TB
	Objectives []slo.Objective
	Measured   time.Duration // how long the measure phase lasted

	steps   []string
	groups  []string
	spans   map[measure.Phase]slo.Span
	summary *measure.Summary
}

// More are words that a World does not know by itself.
type More struct {
	Fact   func(name, value string)
	Answer func(section string) []string
}

// Run runs the cases of testdata/verdicts. It compares the sections that answer with
// what is judged, or writes that into them. more is asked once a case; nil: there are
// no other words.
func Run(t *testing.T, update bool, more func(*World) More) {
	files, err := filepath.Glob("testdata/verdicts/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { runCase(t, file, update, more) })
	}
}

func runCase(t *testing.T, file string, update bool, more func(*World) More) {
	archive, err := txtar.ParseFile(file)
	require.NoError(t, err)
	w := &World{T: t, Measured: 10 * time.Second}
	var words More
	if more != nil {
		words = more(w)
	}
	for i := range archive.Files {
		f := &archive.Files[i]
		got := w.section(f.Name, lines(f.Data), words)
		if update {
			f.Data = []byte(got)
		}
		require.Equal(t, string(f.Data), got)
	}
	if update {
		require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o644))
	}
}

func lines(data []byte) []string {
	return strings.FieldsFunc(string(data), func(r rune) bool { return r == '\n' })
}

// Run is what was recorded, with its spans where the case has some.
func (w *World) Run() slo.Run {
	r := slo.RunOf(w.summary, w.Measured)
	for p, span := range w.spans {
		r.Spans[p] = span
	}
	return r
}

// section reads a section, or answers it, and returns it as it should be.
func (w *World) section(name string, in []string, more More) string {
	switch {
	case name == "objectives":
		for _, line := range in {
			w.Objectives = append(w.Objectives, w.objective(line))
		}
	case name == "steps":
		w.steps = in
	case name == "groups":
		w.groups = in
	case name == "facts":
		for _, line := range in {
			w.fact(line, more)
		}
	case name == "requests":
		w.record(in)
	case name == "judgements":
		in = w.judgements()
	default:
		require.NotNil(w.T, more.Answer, "unknown section: %s", name)
		in = more.Answer(name)
	}
	return strings.Join(in, "\n") + "\n"
}

// objective reads "name: go p95 < 200ms; no_go p95 > 500ms".
func (w *World) objective(line string) slo.Objective {
	name, bands, found := strings.Cut(line, ": ")
	require.True(w.T, found, line)
	o := slo.Objective{Name: name}
	for _, b := range strings.Split(bands, "; ") {
		which, text, _ := strings.Cut(b, " ")
		if which == "claim" {
			o.Claim = slo.Claim(text)
			continue
		}
		target, err := slo.ParseTarget(text)
		require.NoError(w.T, err)
		switch which {
		case "go":
			o.Go = target
		case "conditional":
			o.Conditional = &target
		case "no_go":
			o.NoGo = &target
		default:
			require.Fail(w.T, "unknown band", b)
		}
	}
	return o
}

func (w *World) fact(line string, more More) {
	name, value, _ := strings.Cut(line, " ")
	switch name {
	case "measured":
		w.Measured = w.Duration(value)
	case "span":
		w.span(strings.Fields(value))
	default:
		require.NotNil(w.T, more.Fact, "unknown fact: %s", line)
		more.Fact(name, value)
	}
}

func (w *World) record(in []string) {
	if w.steps == nil {
		w.steps = []string{"only"}
	}
	c := measure.Config{Steps: w.steps, Groups: w.groups, Highest: time.Minute, Charge: 10 * time.Second}
	c.Limits = slo.Limits(w.Objectives, c.Names())
	r := measure.NewRecorder(c)
	for _, line := range in {
		n, o, until := w.request(line)
		for ; o.Due <= until; o = later(o) {
			for range n {
				r.Record(&o)
			}
		}
	}
	w.summary = measure.NewSummary(c)
	for _, i := range r.Seal() {
		w.summary.Merge(i)
	}
}

// later is the same a second later.
func later(o measure.Outcome) measure.Outcome {
	for _, t := range []*time.Duration{&o.Due, &o.Ready, &o.Sent, &o.FirstByte, &o.Done, &o.Read} {
		*t += time.Second
	}
	return o
}

// span reads "measure 10s 60s".
func (w *World) span(words []string) {
	if w.spans == nil {
		w.spans = map[measure.Phase]slo.Span{}
	}
	w.spans[phases()[words[0]]] = slo.Span{Start: w.Duration(words[1]), Length: w.Duration(words[2])}
}

func phases() map[string]measure.Phase {
	return map[string]measure.Phase{"ramp": measure.Ramp, "warm-up": measure.WarmUp, "measure": measure.Measure}
}

// request reads "19 ok 150ms lag=1ms status=200 phase=measure at=5s..9s @checkout".
// They are due until the last second, so many in each.
func (w *World) request(line string) (n int64, o measure.Outcome, until time.Duration) {
	line, step, _ := strings.Cut(line, " @")
	words := strings.Fields(line)
	o = measure.Outcome{Phase: measure.Measure, Class: w.class(words[1]), Step: w.step(step)}
	for _, word := range words[2:] {
		name, value, found := strings.Cut(word, "=")
		switch {
		case !found:
			o.Done = w.Duration(word)
		case name == "lag":
			o.Sent = w.Duration(value)
		case name == "wait":
			o.Ready = w.Duration(value)
		case name == "status":
			o.Status = int(w.Number(value))
		case name == "phase":
			o.Phase = phases()[value]
		case name == "at":
			from, to, isRange := strings.Cut(value, "..")
			o.Due = w.Duration(from)
			if until = o.Due; isRange {
				until = w.Duration(to)
			}
		default:
			require.Fail(w.T, "unknown word", word)
		}
	}
	if o.Sent == 0 && o.Class != measure.Dropped {
		o.Sent = 1
	}
	if o.Due > 0 {
		o.Done += o.Due
		o.Sent += o.Due
	}
	o.FirstByte, o.Read = o.Done, o.Done
	return w.Number(words[0]), o, until
}

func (w *World) class(word string) measure.Class {
	for c := range measure.Classes {
		if c.String() == word {
			return c
		}
	}
	require.Fail(w.T, "unknown class", word)
	return 0
}

func (w *World) step(name string) int {
	for i, s := range slices.Concat(w.steps, w.groups) {
		if name == "" || s == name {
			return i
		}
	}
	require.Fail(w.T, "unknown step", name)
	return 0
}

// Number reads a whole number.
func (w *World) Number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	require.NoError(w.T, err)
	return n
}

// Duration reads a duration.
func (w *World) Duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	require.NoError(w.T, err)
	return d
}

func (w *World) judgements() []string {
	var out []string
	for _, j := range w.Run().Judge(w.Objectives) {
		out = append(out, fmt.Sprintf("%s: %s, band %s, measured %s%s, margin %s, samples %d: %s",
			j.Objective.Name, j.Verdict, j.Band, j.MeasuredText(), w.inferredText(j), marginText(j), j.Samples, j.Rule))
	}
	return out
}

// inferredText prints the bounds of an inferred judgement, and how much the run says.
func (w *World) inferredText(j slo.Judgement) string {
	if j.Claim == slo.Observed {
		require.Nil(w.T, j.Bounds)
		require.Nil(w.T, j.Inference)
		return ""
	}
	if j.Inference == nil {
		return ", inferred nothing"
	}
	text := fmt.Sprintf(", inferred %.4g to %.4g (deff %.3g, n %.0f)", j.Bounds.Lo, j.Bounds.Hi, j.Inference.Deff, j.Inference.Effective)
	if o := j.Inference.Outages; o != nil {
		text += fmt.Sprintf(", %d outages up to %s, up to %.3g/h", o.Count, o.Longest, o.UpTo)
	}
	return text
}

func marginText(j slo.Judgement) string {
	switch {
	case !j.HasValue():
		return "–"
	case j.Unit == slo.Percent:
		return fmt.Sprintf("%+.4gpt", j.Margin)
	case j.Unit == slo.Count:
		return fmt.Sprintf("%+g", j.Margin)
	}
	return fmt.Sprintf("%+.4g%%", 100*j.Margin)
}
