package measure

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// split deals outcomes to k Summaries, the first of which may get most of them.
func (w *world) split(k int, all []Outcome) []*Summary {
	shares := make([][]Outcome, k)
	for _, o := range all {
		to := w.IntN(k)
		if w.IntN(3) == 0 {
			to = 0
		}
		shares[to] = append(shares[to], o)
	}
	parts := make([]*Summary, k)
	for i, share := range shares {
		parts[i] = w.summary(w.record(2, share))
	}
	return parts
}

// restored is a Summary after it was written down, with its errors.
func (w *world) restored(t *testing.T, s *Summary) *Summary {
	t.Helper()
	again, err := Restore(w.config, kept(s)[0], kept(s)[1])
	require.NoError(t, err)
	require.NoError(t, again.AddErrors(s.Errors()))
	return again
}

func kept(s *Summary) [2][]byte {
	figures, cells := s.Keep()
	return [2][]byte{figures, cells}
}

// absorbed merges Summaries as a tree that chance grows: in any order and grouping.
func (w *world) absorbed(t *testing.T, parts []*Summary) *Summary {
	t.Helper()
	w.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	whole := NewSummary(w.config)
	if len(parts) > 2 && w.IntN(2) == 0 {
		at := 1 + w.IntN(len(parts)-1)
		require.NoError(t, whole.Absorb(w.absorbed(t, slices.Clone(parts[:at]))))
		parts = parts[at:]
	}
	for _, p := range parts {
		require.NoError(t, whole.Absorb(p))
	}
	return whole
}

// What the parts of a run kept is, merged, what the whole keeps: to the byte.
func TestWhatPartsKeptIsMergedToWhatTheWholeKeeps(t *testing.T) {
	for _, steps := range []int{1, 2, 3, 12} {
		for _, seconds := range []int{1, 60, 4000, 400_000} {
			t.Run(fmt.Sprintf("%d steps in %d seconds", steps, seconds), func(t *testing.T) {
				w := newWorld(uint64(steps+seconds), steps, seconds)
				all := w.outcomes(2000)
				whole := w.summary(w.record(3, all))
				for _, k := range []int{1, 2, 7} {
					parts := w.split(k, all)
					for i := range parts {
						parts[i] = w.restored(t, parts[i])
					}
					before := kept(parts[0])
					merged := w.absorbed(t, slices.Clone(parts))
					require.Equal(t, kept(whole), kept(merged))
					require.Equal(t, whole.Errors(), merged.Errors())
					require.Equal(t, whole.Cells().phases, merged.Cells().phases)
					require.Equal(t, before, kept(parts[0]), "what was absorbed stays")
					again, err := Restore(w.config, kept(merged)[0], kept(merged)[1])
					require.NoError(t, err)
					require.Equal(t, kept(whole), kept(again))
				}
			})
		}
	}
}

// Rows are made longer where there are too many, which depends on what is counted and
// not on who counted it.
func TestAbsorbedCellsEndWithTheUnitOfTheWhole(t *testing.T) {
	w := newWorld(11, 3, 4000)
	all := w.outcomes(3000)
	for _, room := range []int{1 << 10, 1 << 12, 1 << 14, 1 << 20} {
		tight := func(intervals []Interval) *Summary {
			s := NewSummary(w.config)
			s.cells.room = room
			for _, i := range intervals {
				s.Merge(i)
			}
			return s
		}
		whole := tight(w.record(1, all))
		merged := tight(nil)
		rest := all
		for _, n := range []int{50, 1500, 1450} {
			require.NoError(t, merged.Absorb(tight(w.record(1, rest[:n]))))
			rest = rest[n:]
		}
		alone := NewSummary(w.config)
		require.NoError(t, alone.Absorb(whole))
		require.Equal(t, whole.cells.unit, alone.cells.unit, "of long rows no short ones are made")
		require.Equal(t, whole.cells.blocks, alone.cells.blocks)
		require.Equal(t, whole.cells.unit, merged.cells.unit)
		require.Equal(t, whole.cells.blocks, merged.cells.blocks)
		require.Equal(t, whole.cells.phases, merged.cells.phases)
	}
}

func TestAbsorbRefuses(t *testing.T) {
	w := newWorld(3, 3, 20)
	other := w.config
	other.Steps = []string{"step 0", "step 1", "step x"}
	huge := func(change func(*Summary)) *Summary {
		s := NewSummary(w.config)
		change(s)
		return s
	}
	tests := []struct {
		name string
		o    *Summary
		want string
	}{
		{"other steps", NewSummary(other), "merge what was counted: they have not the same steps, groups and limits"},
		{"other groups", NewSummary(groupless(w.config)), "not the same steps, groups and limits"},
		{"requests beyond counting", huge(func(s *Summary) { s.steps[1].Class[OK] = most }), "more than can be counted"},
		{"bytes beyond counting", huge(func(s *Summary) { s.phases[Ramp].BytesIn = math.MaxInt64 }), "more than can be counted"},
		{"times beyond counting", huge(func(s *Summary) { s.groups[0].Answered.sum = math.MaxInt64 }), "more than can be counted"},
		{"seconds beyond counting", huge(func(s *Summary) { s.cells.phases[Measure].planned = most }), "more than can be counted by second"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := w.summary(w.record(1, w.outcomes(500)))
			before := kept(s)
			require.ErrorContains(t, s.Absorb(test.o), test.want)
			require.Equal(t, before, kept(s))
		})
	}
}

func TestAddErrorsRefusesWhatCannotBe(t *testing.T) {
	fine := ErrorGroup{Phase: Measure, Class: Reset, Step: 2, Count: 1}
	tests := []struct {
		name  string
		spoil func(*ErrorGroup)
	}{
		{"what is OK", func(g *ErrorGroup) { g.Class = OK }},
		{"no class", func(g *ErrorGroup) { g.Class = Classes }},
		{"no phase", func(g *ErrorGroup) { g.Phase = Phases }},
		{"a step too many", func(g *ErrorGroup) { g.Step = 3 }},
		{"no step", func(g *ErrorGroup) { g.Step = AllSteps }},
		{"none of it", func(g *ErrorGroup) { g.Count = 0 }},
		{"too many of it", func(g *ErrorGroup) { g.Count = most + 1 }},
		{"a book", func(g *ErrorGroup) { g.Example = strings.Repeat("x", 5001) }},
		{"none of the others", func(g *ErrorGroup) { *g = ErrorGroup{Other: true} }},
	}
	s := NewSummary(newWorld(3, 3, 20).config)
	require.NoError(t, s.AddErrors([]ErrorGroup{fine, {Step: AllSteps, Count: 2, Other: true}}))
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := fine
			test.spoil(&g)
			require.ErrorContains(t, s.AddErrors([]ErrorGroup{fine, g}), "makes no sense")
			require.Len(t, s.Errors(), 2)
		})
	}
}

// Stretches of two lengths fit into those of a third, the shortest there is, whichever
// of them comes first.
func TestCommonUnit(t *testing.T) {
	const s, day = time.Second, 24 * time.Hour
	tests := []struct{ a, b, want time.Duration }{
		{s, s, s},
		{s, 5 * s, 5 * s},
		{2 * s, 5 * s, 10 * s},
		{20 * s, 30 * s, 60 * s},
		{2 * s, 30 * s, 30 * s},
		{240 * s, 720 * s, 720 * s},
		{6 * time.Hour, day, day},
		{day, 4 * day, 4 * day},
		{30 * s, 8 * day, 8 * day},
		{0, s, 0},
		{-s, s, 0},
		{3 * s, s, 0},
		{s, s / 2, 0},
		{s, 3 * day, 0},
		{s, math.MaxInt64, 0},
	}
	for _, test := range tests {
		require.Equal(t, test.want, CommonUnit(test.a, test.b), test)
		require.Equal(t, test.want, CommonUnit(test.b, test.a), test)
	}
	units := append(evenUnits(), 2*86_400, 4*86_400)
	for _, a := range units {
		for _, b := range units {
			for _, c := range units {
				at := func(n int) time.Duration { return time.Duration(n) * s }
				all := CommonUnit(CommonUnit(at(a), at(b)), at(c))
				require.Equal(t, all, CommonUnit(at(a), CommonUnit(at(b), at(c))))
				require.Zero(t, all%at(a)+all%at(b)+all%at(c))
			}
		}
	}
}
