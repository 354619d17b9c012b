package measure

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatIsKeptCanBeJudgedAgain(t *testing.T) {
	for _, steps := range []int{1, 3, 12} {
		for _, seconds := range []int{1, 60, 400_000} {
			w := newWorld(uint64(steps*seconds), steps, seconds)
			whole := w.summary(w.record(2, w.outcomes(2000)))
			figures, cells := whole.Keep()
			again, err := Restore(w.config, figures, cells)
			require.NoError(t, err)
			for p := range Phases {
				requireSame(t, whole.Phase(p), again.Phase(p))
			}
			for i, f := range whole.Steps() {
				g := again.Steps()[i]
				require.Equal(t, f.Name, g.Name)
				require.Equal(t, f.Counts, g.Counts)
				require.Equal(t, f.Statuses, g.Statuses)
				require.Equal(t, contents(&f.Answered), contents(&g.Answered))
				require.Equal(t, contents(&f.Charged), contents(&g.Charged))
			}
			for i, f := range whole.Groups() {
				require.Equal(t, f.Name, again.Groups()[i].Name)
				requireSame(t, f, again.Groups()[i])
			}
			for _, l := range w.config.Limits {
				over, scheduled, _ := whole.Over(l)
				gotOver, gotScheduled, known := again.Over(l)
				require.True(t, known)
				require.Equal(t, []int64{over, scheduled}, []int64{gotOver, gotScheduled})
			}
			require.Equal(t, whole.Cells().blocks, again.Cells().blocks)
			require.Equal(t, whole.Cells().Unit(), again.Cells().Unit())
			figuresAgain, cellsAgain := again.Keep()
			require.Equal(t, figures, figuresAgain)
			require.Equal(t, cells, cellsAgain)
		}
	}
}

func requireSame(t *testing.T, f, g *Figures) {
	t.Helper()
	require.Equal(t, f.Counts, g.Counts)
	require.Equal(t, f.Statuses, g.Statuses)
	for c, h := range f.histograms() {
		require.Equal(t, contents(h), contents(g.histograms()[c]))
	}
}

// contents are all that a histogram holds.
func contents(h *Histogram) any {
	var buckets [][2]int64
	for i, n := range h.each() {
		buckets = append(buckets, [2]int64{int64(i), n})
	}
	return []any{h.Count(), h.Exact(), buckets}
}

func TestAnEmptySummaryIsKept(t *testing.T) {
	w := newWorld(1, 2, 10)
	figures, cells := NewSummary(w.config).Keep()
	s, err := Restore(w.config, figures, cells)
	require.NoError(t, err)
	require.Zero(t, s.Total().Planned())
}

func TestRestoreRefuses(t *testing.T) {
	w := newWorld(5, 3, 100)
	s := w.summary(w.record(2, w.outcomes(500)))
	figures, cells := s.Keep()
	fewer := w.config
	fewer.Limits = fewer.Limits[1:]
	tests := []struct {
		name           string
		config         Config
		figures, cells []byte
		want           string
	}{
		{"nothing", w.config, nil, nil, "restore the figures of a run: want a number"},
		{"figures of another version", w.config, append([]byte{9}, figures[1:]...), cells, "figures of a run: want version 1 or 2, got 9"},
		{"figures of other limits", fewer, figures, cells, "want 3 steps and 5 limits, got 3 and 6"},
		{"figures cut short", w.config, figures[:len(figures)-1], cells, "figures of a run: want a number"},
		{"figures of other groups", groupless(w.config), figures, cells, "figures of a run: want 0 groups, got 1"},
		{"figures with more behind", w.config, append(slices.Clone(figures), 0), cells, "1 bytes are left"},
		{"figures of a step too many requests", w.config, changedAt(figures, len(figures)-1), cells, "cannot be beyond it"},
		{"no cells", w.config, figures, nil, "restore the counters of a run: want a number"},
		{"cells of another version", w.config, figures, append([]byte{3}, cells[1:]...), "counters of a run: want version 1 or 2, got 3"},
		{"cells cut short", w.config, figures, cells[:len(cells)-1], "counters of a run: want 61 more bytes"},
		{"cells twice", w.config, figures, append(slices.Clone(cells), cells[5:]...), "by second, of"},
		{"cells out of order", w.config, figures, swappedRows(w), "out of order"},
		{"cells of no length", w.config, figures, append([]byte{2, 3, 1, 6, 0}, cells[5:]...), "a row of 0 seconds"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Restore(test.config, test.figures, test.cells)
			require.ErrorContains(t, err, test.want)
		})
	}
}

// groupless is a plan without the groups of another.
func groupless(c Config) Config {
	c.Groups = nil
	c.Limits = slices.DeleteFunc(slices.Clone(c.Limits), func(l Limit) bool { return l.Step >= len(c.Steps) })
	return c
}

// swappedRows are cells of two seconds in the wrong order.
func swappedRows(w *world) []byte {
	c := newCells(&w.config)
	var rows [][]byte
	for second := range 2 {
		c.addInterval(&Interval{Second: second, Phase: Measure, Over: make([]int64, len(w.config.Limits)), Steps: []Part{{Step: 1, Figures: Figures{Counts: Counts{Class: [Classes]int64{OK: 1}}}}}})
		rows = append(rows, c.blocks[0][len(slices.Concat(rows...)):])
	}
	c.blocks[0] = slices.Concat(rows[1], rows[0])
	return c.pack()
}

// changedAt adds a lot to the varint that ends at a place.
func changedAt(data []byte, at int) []byte {
	return append(slices.Clone(data[:at]), 0xff, 0xff, 0x7f)
}

// What is restored is kept as the same bytes again: there is no second encoding.
func FuzzRestore(f *testing.F) {
	configs := map[bool]Config{}
	for _, steps := range []int{2, 3} {
		w := newWorld(3, steps, 40)
		configs[steps == 3] = w.config
		for _, n := range []int{0, 1, 30} {
			figures, cells := w.summary(w.record(1, w.outcomes(n))).Keep()
			f.Add(steps == 3, figures, cells)
		}
	}
	f.Fuzz(func(t *testing.T, grouped bool, figures, cells []byte) {
		s, err := Restore(configs[grouped], figures, cells)
		if err != nil {
			return
		}
		figuresAgain, cellsAgain := s.Keep()
		require.True(t, bytes.Equal(figures, figuresAgain))
		require.True(t, bytes.Equal(cells, cellsAgain))
		for p := range Phases {
			for row := range s.Cells().Rows(p, AllSteps) {
				require.Positive(t, row.Planned)
			}
		}
	})
}

func TestAHistogramIsKeptByItself(t *testing.T) {
	var h, again Histogram
	for _, d := range []time.Duration{0, time.Microsecond, 3 * time.Millisecond, 3 * time.Millisecond, time.Hour} {
		data, err := h.MarshalBinary()
		require.NoError(t, err)
		require.NoError(t, again.UnmarshalBinary(data))
		require.Equal(t, h.Exact(), again.Exact())
		require.Equal(t, h.Count(), again.Count())
		require.Equal(t, h.Quantile(0.5), again.Quantile(0.5))
		h.Record(d)
	}
	data, _ := h.MarshalBinary()
	for _, bad := range [][]byte{nil, data[:len(data)-1], append(slices.Clone(data), 0), {1}} {
		require.ErrorContains(t, again.UnmarshalBinary(bad), "decode a histogram: ")
	}
}

// What is decoded encodes to the same bytes: there is no second encoding.
func FuzzUnmarshalHistogram(f *testing.F) {
	var h Histogram
	for range 3 {
		data, _ := h.MarshalBinary()
		f.Add(data)
		h.Record(20 * time.Millisecond)
		h.Record(2 * time.Second)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var h Histogram
		if h.UnmarshalBinary(data) != nil {
			return
		}
		again, err := h.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, data, again)
		var n int64
		h.Each(func(low, high time.Duration, count int64) {
			require.True(t, low < high || high == 0)
			n += count
		})
		require.Equal(t, h.Count(), n)
	})
}
