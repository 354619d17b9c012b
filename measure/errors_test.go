package measure

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestErrorsAreGroupedByPhaseClassStatusAndStep(t *testing.T) {
	c := Config{Steps: []string{"a", "b"}}
	r, s := NewRecorder(c), NewSummary(c)
	refused, reset := errors.New("connection refused"), errors.New("connection reset")
	ms := time.Millisecond
	for _, o := range []Outcome{
		{Phase: Measure, Class: Connect, Done: 7 * ms, Err: refused},
		{Phase: Measure, Class: Connect, Done: 5 * ms, Err: reset},
		{Phase: Measure, Class: Connect, Done: 5 * ms, Err: refused},
		{Phase: Measure, Class: Connect, Done: 5 * ms},
		{Phase: Measure, Class: Connect, Done: 4 * ms, Step: 1},
		{Phase: WarmUp, Class: Connect, Done: 3 * ms, Err: refused},
		{Phase: Measure, Class: Status, Status: 503, Done: 3 * ms},
		{Phase: Measure, Class: Status, Status: 503, Due: 2 * time.Second, Done: 3 * time.Second},
		{Phase: Measure, Class: Dropped, Due: 9 * ms},
		{Phase: Measure, Class: OK},
	} {
		r.Record(&o)
	}
	for _, i := range r.Seal() {
		s.Merge(i)
	}
	require.Equal(t, []ErrorGroup{
		{Phase: Measure, Class: Connect, Count: 4, FirstAt: 5 * ms, Example: "connection refused"},
		{Phase: Measure, Class: Status, Status: 503, Count: 2, FirstAt: 3 * ms},
		{Phase: Measure, Class: Connect, Step: 1, Count: 1, FirstAt: 4 * ms},
		{Phase: Measure, Class: Dropped, Count: 1, FirstAt: 9 * ms},
		{Phase: WarmUp, Class: Connect, Count: 1, FirstAt: 3 * ms, Example: "connection refused"},
	}, s.Errors())
}

func TestGroupsOfErrorsAreBoundedInAnyOrder(t *testing.T) {
	w := newWorld(1, 1, 1)
	var sets [][]ErrorGroup
	for range 20 {
		var groups []ErrorGroup
		for range 200 {
			groups = append(groups, ErrorGroup{
				Phase: Phase(w.IntN(3)), Class: Status, Status: w.IntN(2000), Count: 1,
				FirstAt: time.Duration(w.IntN(1000)), Example: []string{"", "a", "b"}[w.IntN(3)],
			})
		}
		sets = append(sets, mergeErrors(nil, groups))
	}
	merge := func() (all []ErrorGroup) {
		for _, set := range sets {
			all = mergeErrors(all, set)
		}
		return all
	}
	want := merge()
	require.Len(t, want, maxGroups+1)
	require.True(t, want[maxGroups].Other)
	var count int64
	for _, g := range want {
		count += g.Count
	}
	require.EqualValues(t, 20*200, count)
	for range 5 {
		w.Shuffle(len(sets), func(i, j int) { sets[i], sets[j] = sets[j], sets[i] })
		require.Equal(t, want, merge())
	}
	shown := mostFrequent(want)
	require.Len(t, shown, shownGroups+1)
	require.True(t, shown[shownGroups].Other)
	require.GreaterOrEqual(t, shown[0].Count, shown[1].Count)
}

func TestTheFirstExampleIsTheSameInAnyOrder(t *testing.T) {
	groups := []ErrorGroup{
		{Class: TLS, Count: 1, FirstAt: 2, Example: "a"},
		{Class: TLS, Count: 1, FirstAt: 1, Example: "c"},
		{Class: TLS, Count: 1, FirstAt: 1},
		{Class: TLS, Count: 1, FirstAt: 1, Example: "b"},
	}
	w := newWorld(1, 1, 1)
	for range 24 {
		w.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
		require.Equal(t, []ErrorGroup{{Class: TLS, Count: 4, FirstAt: 1, Example: "b"}}, mergeErrors(nil, groups))
	}
}

func TestOneGroupTooManyIsNotKeptApart(t *testing.T) {
	groups := make([]ErrorGroup, shownGroups+1)
	for i := range groups {
		groups[i] = ErrorGroup{Class: Status, Status: i, Count: 1, FirstAt: 5}
	}
	require.Equal(t, groups[:shownGroups], mostFrequent(groups[:shownGroups]))
	shown := mostFrequent(groups)
	require.Equal(t, ErrorGroup{Step: AllSteps, Count: 1, FirstAt: 5, Other: true}, shown[shownGroups])
}

func TestExamplesAreShortValidText(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"no error", nil, ""},
		{"a short one", errors.New("broken pipe"), "broken pipe"},
		{"bytes that are no text", errors.New("a\xffb"), "a?b"},
		{"a long one", errors.New(strings.Repeat("x", 1000)), strings.Repeat("x", maxExample)},
		{"one that has more to show", fmt.Errorf("x: %w", shown{}), "shown"},
		{"a long one, cut between runes", errors.New(strings.Repeat("é", 1000)[1:]), "?" + strings.Repeat("é", (maxExample-1)/2)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, example(test.err)) })
	}
}

type shown struct{}

func (shown) Error() string   { return "short" }
func (shown) Example() string { return "shown" }
