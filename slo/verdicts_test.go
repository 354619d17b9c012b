package slo

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

var update = flag.Bool("update", false, "write what was judged into testdata/verdicts")

// TestVerdicts runs the cases of testdata/verdicts; its README says how to
// write one.
func TestVerdicts(t *testing.T) {
	files, err := filepath.Glob("testdata/verdicts/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { runCase(t, file) })
	}
}

func runCase(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	require.NoError(t, err)
	w := world{t: t, facts: Facts{Measured: 10 * time.Second}}
	for i := range archive.Files {
		f := &archive.Files[i]
		got := w.section(f.Name, lines(f.Data))
		if *update {
			f.Data = []byte(got)
		}
		require.Equal(t, string(f.Data), got)
	}
	if *update {
		require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o644))
	}
}

func lines(data []byte) []string {
	return strings.FieldsFunc(string(data), func(r rune) bool { return r == '\n' })
}

// A world is what a case has told so far.
type world struct {
	t          *testing.T
	objectives []Objective
	steps      []string
	facts      Facts
	spans      map[measure.Phase]Span
	summary    *measure.Summary
}

// run is what was recorded, with its spans where the case has some.
func (w *world) run() Run {
	r := RunOf(w.summary, w.facts.Measured)
	for p, span := range w.spans {
		r.Spans[p] = span
	}
	return r
}

// section reads a section, or answers it, and returns it as it should be.
func (w *world) section(name string, in []string) string {
	switch name {
	case "objectives":
		for _, line := range in {
			w.objectives = append(w.objectives, w.objective(line))
		}
	case "steps":
		w.steps = in
	case "facts":
		for _, line := range in {
			w.fact(line)
		}
	case "requests":
		w.record(in)
	case "judgements":
		in = w.judgements()
	case "validity":
		in = w.validity()
	default:
		require.Fail(w.t, "unknown section", name)
	}
	return strings.Join(in, "\n") + "\n"
}

// objective reads "name: go p95 < 200ms; no_go p95 > 500ms".
func (w *world) objective(line string) Objective {
	name, bands, found := strings.Cut(line, ": ")
	require.True(w.t, found, line)
	o := Objective{Name: name}
	for _, b := range strings.Split(bands, "; ") {
		which, text, _ := strings.Cut(b, " ")
		if which == "claim" {
			o.Claim = Claim(text)
			continue
		}
		target := mustParse(w.t, text)
		switch which {
		case "go":
			o.Go = target
		case "conditional":
			o.Conditional = &target
		case "no_go":
			o.NoGo = &target
		default:
			require.Fail(w.t, "unknown band", b)
		}
	}
	return o
}

func (w *world) fact(line string) {
	name, value, _ := strings.Cut(line, " ")
	switch name {
	case "measure":
		w.facts.Measure = w.duration(value)
	case "measured":
		w.facts.Measured = w.duration(value)
	case "planned":
		w.facts.Planned = float64(w.number(value))
	case "issued":
		w.facts.Issued = w.number(value)
	case "poisson":
		w.facts.Poisson = true
	case "stopped-early":
		w.facts.StoppedEarly = true
	case "span":
		w.span(strings.Fields(value))
	case "phase", "departures", "health", "stall", "sleep", "step":
		w.observed(name, value)
	default:
		require.Fail(w.t, "unknown fact", line)
	}
}

func (w *world) record(in []string) {
	if w.steps == nil {
		w.steps = []string{"only"}
	}
	c := measure.Config{
		Steps: w.steps, Limits: Limits(w.objectives, w.steps),
		Highest: time.Minute, Charge: 10 * time.Second,
	}
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
func (w *world) span(words []string) {
	if w.spans == nil {
		w.spans = map[measure.Phase]Span{}
	}
	w.spans[phases()[words[0]]] = Span{w.duration(words[1]), w.duration(words[2])}
}

func phases() map[string]measure.Phase {
	return map[string]measure.Phase{"ramp": measure.Ramp, "warm-up": measure.WarmUp, "measure": measure.Measure}
}

// request reads "19 ok 150ms lag=1ms status=200 phase=measure at=5s..9s @checkout".
// They are due until the last second, so many in each.
func (w *world) request(line string) (n int64, o measure.Outcome, until time.Duration) {
	line, step, _ := strings.Cut(line, " @")
	words := strings.Fields(line)
	o = measure.Outcome{Phase: measure.Measure, Class: w.class(words[1]), Step: w.step(step)}
	for _, word := range words[2:] {
		name, value, found := strings.Cut(word, "=")
		switch {
		case !found:
			o.Done = w.duration(word)
		case name == "lag":
			o.Sent = w.duration(value)
		case name == "wait":
			o.Ready = w.duration(value)
		case name == "status":
			o.Status = int(w.number(value))
		case name == "phase":
			o.Phase = phases()[value]
		case name == "at":
			from, to, isRange := strings.Cut(value, "..")
			o.Due = w.duration(from)
			if until = o.Due; isRange {
				until = w.duration(to)
			}
		default:
			require.Fail(w.t, "unknown word", word)
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
	return w.number(words[0]), o, until
}

func (w *world) class(word string) measure.Class {
	for c := range measure.Classes {
		if c.String() == word {
			return c
		}
	}
	require.Fail(w.t, "unknown class", word)
	return 0
}

func (w *world) step(name string) int {
	for i, s := range w.steps {
		if name == "" || s == name {
			return i
		}
	}
	require.Fail(w.t, "unknown step", name)
	return 0
}

func (w *world) number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	require.NoError(w.t, err)
	return n
}

func (w *world) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	require.NoError(w.t, err)
	return d
}

func (w *world) judgements() []string {
	var out []string
	for _, j := range w.run().Judge(w.objectives) {
		out = append(out, fmt.Sprintf("%s: %s, band %s, measured %s%s, margin %s, samples %d: %s",
			j.Objective.Name, j.Verdict, j.Band, j.MeasuredText(), w.inferredText(j), marginText(j), j.Samples, j.Rule))
	}
	return out
}

// inferredText prints the bounds of an inferred judgement, and how much the run says.
func (w *world) inferredText(j Judgement) string {
	if j.Claim == Observed {
		require.Nil(w.t, j.Bounds)
		require.Nil(w.t, j.Inference)
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

func marginText(j Judgement) string {
	switch {
	case !j.HasValue():
		return "–"
	case j.Unit == Percent:
		return fmt.Sprintf("%+.4gpt", j.Margin)
	case j.Unit == Count:
		return fmt.Sprintf("%+g", j.Margin)
	}
	return fmt.Sprintf("%+.4g%%", 100*j.Margin)
}

func (w *world) validity() []string {
	v := w.run().Validate(w.facts, w.objectives)
	out := []string{"valid"}
	if !v.Valid {
		out[0] = "INVALID"
	}
	for _, c := range v.Checks {
		state := map[[2]bool]string{{true, false}: "ok", {false, true}: "warning", {false, false}: "INVALID"}[[2]bool{c.OK, c.Warning}]
		require.NotEmpty(w.t, state)
		require.Equal(w.t, c.OK, c.Reason == "" && c.Remedy == "")
		line := fmt.Sprintf("%s: %s: %s, limit %s", c.Name, state, c.Measured, c.Limit)
		if !c.OK {
			line += ": " + c.Reason
		}
		out = append(out, line)
	}
	return out
}
