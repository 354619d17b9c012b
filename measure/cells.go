package measure

import (
	"iter"
	"slices"
)

// Cells are the exact counters of a whole run, second by second and phase by
// phase: per step and group how many requests were due and how many were OK, per limit how
// many were beyond it. Windows and confidence are judged from them.
//
// A row stands for a second at first. When a run has more than 131,072 of them (36
// hours), or its rows take more than 16 MiB, each stands for twice as long, and so
// on. How long depends on what was counted, not on its order. Rows are packed
// (row.go): a second of a plan with one step and four limits takes about 10 bytes.
type Cells struct {
	config *Config
	unit   int      // seconds that a row stands for
	blocks [][]byte // rows by unit and phase, each block those of blockUnits units
	size   int      // bytes of all blocks
	room   int      // bytes that they may take

	row, other counters // what is being added, and a row that is looked at
	packed     []byte
}

const (
	blockUnits = 32 // so that unit and phase fit into a byte
	maxUnits   = 1 << 17
	cellsRoom  = 16 << 20
)

func newCells(c *Config) *Cells {
	return &Cells{config: c, unit: 1, room: cellsRoom, row: newCounters(c), other: newCounters(c)}
}

// Unit returns how many seconds a row stands for: 1 until there are too many.
func (c *Cells) Unit() int { return c.unit }

// Size returns how many bytes the rows take.
func (c *Cells) Size() int { return c.size }

// Index returns where in a Row a limit is counted; false if it is none of the Config's.
func (c *Cells) Index(l Limit) (index int, counted bool) {
	index = slices.Index(c.config.Limits, l)
	return index, index >= 0
}

// Limits returns the Config's, in order.
func (c *Cells) Limits() []Limit { return c.config.Limits }

// A Row is what became of the requests that were due in Unit seconds of a phase, or of
// the runs of a group.
type Row struct {
	Second      int // the first of them, since the start of the run
	Planned, OK int64
	Over        []int64 // for each of Config.Limits, whatever its step: requests that were not OK or slower; valid until the next Row
}

// Rows yields the rows of a phase in order of time, their counts those of a
// step or group, or of AllSteps. Where nothing was due in any of them there is no row,
// and none of AllSteps where no request was. The Cells must not be added to meanwhile.
func (c *Cells) Rows(phase Phase, step int) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		n, over := newCounters(c.config), make([]int64, 0, len(c.config.Limits))
		for second, of := range c.each(&n) {
			if of != phase {
				continue
			}
			planned := n.plannedIn(step)
			if planned == 0 && step == AllSteps {
				continue
			}
			over = n.over(over[:0])
			if !yield(Row{second, planned, planned - n.badIn(step), over}) {
				return
			}
		}
	}
}

// each yields the first second and the phase of each row, whose counters it puts
// into n.
func (c *Cells) each(n *counters) iter.Seq2[int, Phase] {
	return func(yield func(int, Phase) bool) {
		for block, rows := range c.blocks {
			for len(rows) > 0 {
				unit, phase := splitKey(rows[0])
				rows = rows[n.read(rows):]
				if !yield((block*blockUnits+unit)*c.unit, phase) {
					return
				}
			}
		}
	}
}

// addInterval adds an Interval's counters.
func (c *Cells) addInterval(i *Interval) {
	c.row.clear()
	for p := range i.Steps {
		c.row.count(i.Steps[p].Step, &i.Steps[p].Counts)
	}
	for p := range i.Groups {
		c.row.countGroup(i.Groups[p].Step, &i.Groups[p].Counts)
	}
	c.row.beyond(i.Over)
	c.merge(i.Second, i.Phase)
}

// addCell adds a Cell.
func (c *Cells) addCell(cell *Cell) {
	c.row.clear()
	c.row.countCell(cell)
	c.merge(cell.Second, cell.Phase)
}

// merge adds c.row to what is known of a second and phase.
func (c *Cells) merge(second int, phase Phase) {
	for second/c.unit >= maxUnits {
		c.widen()
	}
	c.put(second, phase)
	for c.size > c.room && c.unit < maxUnits {
		c.widen()
	}
}

// put adds c.row to the row of a second and phase. That one is the last of its
// block most of the time; passing over the others takes less than a microsecond
// in a plan of one step.
func (c *Cells) put(second int, phase Phase) {
	unit := second / c.unit
	block, key := unit/blockUnits, keyOf(unit%blockUnits, phase)
	for len(c.blocks) <= block {
		c.blocks = append(c.blocks, nil)
	}
	rows, at := c.blocks[block], 0
	for at < len(rows) && rows[at] < key {
		at += c.other.read(rows[at:])
	}
	after := at
	if at < len(rows) && rows[at] == key {
		after += c.other.read(rows[at:])
		c.row.sum(&c.other)
	}
	c.packed = c.row.append(c.packed[:0], key)
	c.blocks[block] = slices.Concat(rows[:at], c.packed, rows[after:])
	c.size += len(c.blocks[block]) - len(rows)
}

// widen doubles the unit. Counts only grow, and with them the size of the rows of
// one unit: in whatever order they come, the unit ends as the first that fits.
func (c *Cells) widen() {
	wide := newCells(c.config)
	wide.unit = 2 * c.unit
	for second, phase := range c.each(&wide.row) {
		wide.put(second, phase)
	}
	c.unit, c.blocks, c.size = wide.unit, wide.blocks, wide.size
}
