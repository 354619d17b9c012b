package measure

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxGroups   = 1000 // of errors that are kept apart
	shownGroups = 200  // of them in a report
	maxExample  = 500  // bytes: what was wrong with an answer, and how its body began
)

// An Exemplar is an error that has more to show as an example than its text.
type Exemplar interface {
	error
	Example() string
}

// An ErrorGroup is all requests of a phase and step that ended alike.
type ErrorGroup struct {
	Phase   Phase
	Class   Class
	Status  int
	Step    int
	Count   int64
	FirstAt time.Duration // when the first one ended, since the start of the run; when it was due, if it never did
	Example string        // its error; may be empty
	Other   bool          // all that were too diverse to be kept apart; only Count and FirstAt have a meaning
}

// compare orders groups by what sets them apart: the measure phase before the
// others, and what is not kept apart last.
func (g *ErrorGroup) compare(o *ErrorGroup) int {
	return cmp.Or(
		compareBool(g.Other, o.Other),
		compareBool(g.Phase != Measure, o.Phase != Measure),
		cmp.Compare(g.Phase, o.Phase),
		cmp.Compare(g.Class, o.Class),
		cmp.Compare(g.Status, o.Status),
		cmp.Compare(g.Step, o.Step),
	)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// add merges a group that is the same.
func (g *ErrorGroup) add(o *ErrorGroup) {
	g.Count += o.Count
	if earlier(o.FirstAt, g.FirstAt, o.Example, g.Example) {
		g.FirstAt, g.Example = o.FirstAt, o.Example
	}
}

// earlier tells whether a is the first of two errors and so the example. At the
// same instant it is the one with the smaller text, or with any, so that the
// order of merging does not matter.
func earlier(a, b time.Duration, textOfA, textOfB string) bool {
	return cmp.Or(
		cmp.Compare(a, b),
		compareBool(textOfA == "", textOfB == ""),
		cmp.Compare(textOfA, textOfB),
	) < 0
}

// mergeErrors returns the merge of two sets of groups, sorted and bounded, and
// changes neither. Of too many groups the first in order are kept apart: one
// that was given up can never come back, so the order of merging does not matter.
func mergeErrors(a, b []ErrorGroup) []ErrorGroup {
	if len(b) == 0 {
		return a
	}
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(g, o ErrorGroup) int { return g.compare(&o) })
	merged := all[:1]
	for _, g := range all[1:] {
		if last := &merged[len(merged)-1]; last.compare(&g) == 0 {
			last.add(&g)
		} else {
			merged = append(merged, g)
		}
	}
	return bounded(merged, maxGroups)
}

// bounded folds all groups after the first n into one at the end.
func bounded(groups []ErrorGroup, n int) []ErrorGroup {
	if len(groups) <= n || len(groups) == n+1 && groups[n].Other {
		return groups
	}
	other := groups[n]
	for _, g := range groups[n+1:] {
		other.add(&g)
	}
	groups[n] = ErrorGroup{Step: AllSteps, Count: other.Count, FirstAt: other.FirstAt, Other: true}
	return groups[:n+1]
}

// mostFrequent returns the groups as a report lists them.
func mostFrequent(groups []ErrorGroup) []ErrorGroup {
	sorted := slices.SortedStableFunc(slices.Values(groups), func(g, o ErrorGroup) int {
		return cmp.Or(compareBool(g.Other, o.Other), cmp.Compare(o.Count, g.Count))
	})
	return bounded(sorted, shownGroups)
}

// add counts one more request that failed likewise.
func (f *failure) add(at time.Duration, err error) {
	f.count++
	if f.count == 1 || at < f.firstAt || at == f.firstAt && earlier(0, 0, example(err), example(f.err)) {
		f.firstAt, f.err = at, err
	}
}

// example returns an error as valid text of limited length.
func example(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	if e, ok := errors.AsType[Exemplar](err); ok {
		text = e.Example()
	}
	text = strings.ToValidUTF8(text, "?")
	if len(text) <= maxExample {
		return text
	}
	end := maxExample
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
