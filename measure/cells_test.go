package measure

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rowsOf collects the rows of a phase and a step.
func rowsOf(c *Cells, p Phase, step int) []Row {
	var all []Row
	for r := range c.Rows(p, step) {
		r.Over = slices.Clone(r.Over)
		all = append(all, r)
	}
	return all
}

// bruteRows counts outcomes one by one.
func bruteRows(c *Config, all []Outcome, unit int, p Phase, step int) []Row {
	byUnit := map[int]*Row{}
	for i := range all {
		o := &all[i]
		if o.Phase != p {
			continue
		}
		at := int(o.Due/time.Second) / unit * unit
		r := byUnit[at]
		if r == nil {
			r = &Row{Second: at, Over: make([]int64, len(c.Limits))}
			byUnit[at] = r
		}
		if step == o.Step || step == AllSteps && o.Step < len(c.Steps) {
			r.Planned++
			if o.Class == OK {
				r.OK++
			}
		}
		for k, l := range c.Limits {
			if c.isOver(l, o.Step) && (o.Class != OK || l.exceeds(o.Response())) {
				r.Over[k]++
			}
		}
	}
	var rows []Row
	for _, r := range byUnit {
		if step == AllSteps && r.Planned == 0 {
			continue // nothing but groups
		}
		rows = append(rows, *r)
	}
	slices.SortFunc(rows, func(a, b Row) int { return a.Second - b.Second })
	return rows
}

func requireBrute(t *testing.T, w *world, all []Outcome, c *Cells) {
	t.Helper()
	for p := range Phases {
		for step := AllSteps; step < len(w.config.Names()); step++ {
			require.Equal(t, bruteRows(&w.config, all, c.Unit(), p, step), rowsOf(c, p, step))
		}
	}
}

func TestCellsAgreeWithBruteForce(t *testing.T) {
	for _, steps := range []int{1, 2, 7, 40} {
		for _, seconds := range []int{1, 40, 3000, 300_000, 3_000_000} {
			w := newWorld(uint64(steps+seconds), steps, seconds)
			all := w.outcomes(500)
			c := w.summary(w.record(3, all)).Cells()
			requireBrute(t, w, all, c)
			switch seconds {
			case 300_000:
				require.Equal(t, 4, c.Unit())
			case 3_000_000:
				require.Equal(t, 32, c.Unit())
			default:
				require.Equal(t, 1, c.Unit())
			}
		}
	}
}

func TestCellsAreTheSameInAnyOrder(t *testing.T) {
	for _, seconds := range []int{5, 900, 400_000} {
		w := newWorld(uint64(seconds), 5, seconds)
		intervals := w.record(2, w.outcomes(1000))
		for _, room := range []int{cellsRoom, 3000, 300} {
			var want *Cells
			for range 4 {
				c := newCells(&w.config)
				c.room = room
				for i := range intervals {
					c.addInterval(&intervals[i])
				}
				if want == nil {
					want = c
				}
				require.LessOrEqual(t, c.Size(), room)
				require.Equal(t, want.Unit(), c.Unit())
				require.Equal(t, want.blocks, c.blocks)
				w.Shuffle(len(intervals), func(i, j int) { intervals[i], intervals[j] = intervals[j], intervals[i] })
			}
		}
	}
}

// The rows of a run that is too large for its room are longer and say the same.
func TestCellsThatWereWidenedStillCountEverything(t *testing.T) {
	w := newWorld(3, 4, 900)
	all := w.outcomes(3000)
	intervals := w.record(2, all)
	c := newCells(&w.config)
	c.room = 2000
	for i := range intervals {
		c.addInterval(&intervals[i])
	}
	require.Greater(t, c.Unit(), 1)
	requireBrute(t, w, all, c)
}

// A stretch that stands for many seconds leaves behind what they would have.
func TestMergeStretchIsMergeOfItsSeconds(t *testing.T) {
	w := newWorld(11, 3, 200)
	intervals := Join(w.record(2, w.outcomes(4000)))
	whole := w.summary(intervals)
	stretched := NewSummary(w.config)
	for _, of := range byPhase(intervals) {
		var cells []Cell
		for i := range of {
			cells = append(cells, of[i].Cell())
			require.NoError(t, cells[i].Fits(&w.config))
			of[i].Second = of[0].Second
		}
		joined := Join(of)
		require.Len(t, joined, 1)
		stretched.MergeStretch(joined[0], cells)
	}
	require.Equal(t, whole.Cells().blocks, stretched.Cells().blocks)
	for p := range Phases {
		require.Equal(t, whole.Phase(p).Counts, stretched.Phase(p).Counts)
	}
	for _, l := range w.config.Limits {
		want, _, _ := whole.Over(l)
		got, _, _ := stretched.Over(l)
		require.Equal(t, want, got)
	}
}

func byPhase(intervals []Interval) map[Phase][]Interval {
	all := map[Phase][]Interval{}
	for _, i := range intervals {
		all[i.Phase] = append(all[i.Phase], i)
	}
	return all
}

func TestACellThatDoesNotFit(t *testing.T) {
	w := newWorld(1, 2, 10)
	i := w.record(1, w.outcomes(50))[0]
	tests := []struct {
		name  string
		spoil func(*Cell)
		want  string
	}{
		{"a limit too few", func(c *Cell) { c.Over = c.Over[1:] }, "want 4 limits, got 3"},
		{"a step that there is not", func(c *Cell) { c.Steps[len(c.Steps)-1].Step = 2 }, "want 2 steps, got number 2"},
		{"a group that there is not", func(c *Cell) { c.Groups = []StepCounts{{Step: 0}} }, "want 0 groups, got number 0"},
		{"failures within a limit", func(c *Cell) { c.Over[2] = -1 }, "limit 2: -1 requests cannot be beyond it"},
		{"more beyond a limit than there were", func(c *Cell) { c.Over[3] = 1000 }, "limit 3: 1000 requests cannot be beyond it"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := i.Cell()
			c.Over = slices.Clone(c.Over)
			test.spoil(&c)
			require.ErrorContains(t, c.Fits(&w.config), test.want)
		})
	}
}
