package chart

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonogo/report/show"
)

// Figure draws the map.
func (h Heat) Figure() Figure {
	c, f, height := newCanvas(h.ID), figure(h.ID, h.Title), tall(h.Height)
	m := h.cells()
	if m.total == 0 {
		return f.empty(c, Width, height, Table{Head: h.head()})
	}
	first, end := m.columns[0].T, m.end()
	bands := on(h.Bands, first, end)
	f.Says, f.Table = h.says(m, bands), h.table(m)

	lo, hi, names := m.lo(), m.hi(), &labels{}
	for _, limit := range usable(h.Limits, true) {
		lo, hi = min(lo, limit.Value), max(hi, limit.Value)
		names.add(limit.Value, limit.Label, limitInk())
	}
	fr := frame{y: 16 + top(bands, true)}
	fr.h = float64(height) - fr.y - 24
	clock := clocked(scale{lo: first, hi: end}, h.Start)
	if clock {
		fr.h -= lineHeight
	}
	fr.vertical(logarithmic(lo, hi, int(fr.h/(lineHeight+3))))
	fr.x = margin(fr.ys, h.Unit)
	fr.w = Width - fr.x - names.width()
	fr.across(first, end, m.step)
	fr.xs.ticks = timely(fr.xs.lo, fr.xs.hi, fr.w, clock)
	names.place(fr)

	c.data = m.data(fr)
	c.values(fr, h.Unit)
	c.times(fr, h.Start)
	c.above(fr, bands)
	m.legend(c, h.noun())
	c.open(fr)
	c.bands(fr, bands)
	c.grid(fr)
	m.draw(c, fr)
	c.limits(fr, h.Limits, true)
	c.close()
	names.draw(c, fr)
	f.SVG = c.draw(Width, height, f)
	return f
}

func (h Heat) noun() string {
	if h.Noun == "" {
		return "requests"
	}
	return named(h.Noun)
}

// cells are the columns and the rows of a map that are drawn.
type cells struct {
	columns    []HeatColumn
	edges      []float64
	total      int64
	top        float64 // the most in a cell, a second
	from, upto int     // the rows that are not empty
	step       float64 // how long a column is: the median
}

// mostHeatRows and mostHeatColumns are what is drawn; where there are more, some are added up.
const (
	mostHeatRows    = 100
	mostHeatColumns = 400
)

// cells puts what a caller gave in order.
func (h Heat) cells() cells {
	var m cells
	m.edges = h.edges()
	if len(m.edges) < 2 {
		return m
	}
	for _, col := range h.Columns {
		if math.Abs(col.T) <= farthest && col.Length > 0 && col.Length <= farthest {
			counts := make([]int64, len(m.edges)-1)
			for i, n := range col.Counts[:min(len(col.Counts), len(counts))] {
				counts[i] = min(max(n, 0), 1<<40)
			}
			m.columns = append(m.columns, HeatColumn{T: col.T, Length: col.Length, Counts: counts})
		}
	}
	slices.SortStableFunc(m.columns, func(a, b HeatColumn) int { return cmp.Compare(a.T, b.T) })
	for len(m.edges)-1 > mostHeatRows {
		m.halveRows()
	}
	for len(m.columns) > mostHeatColumns {
		m.halveColumns()
	}
	m.from, m.upto, m.step = len(m.edges), 0, m.median()
	for _, col := range m.columns {
		for i, n := range col.Counts {
			if n > 0 {
				m.total += n
				m.top = max(m.top, float64(n)/col.Length)
				m.from, m.upto = min(m.from, i), max(m.upto, i+1)
			}
		}
	}
	return m
}

// edges are those of the rows as far as they rise. The first may be 0 and the last without
// end: they are put where a row of the usual height ends.
func (h Heat) edges() []float64 {
	var out []float64
	for _, v := range h.RowEdges {
		if math.IsNaN(v) || len(out) > 0 && v <= out[len(out)-1] {
			return out
		}
		out = append(out, v)
	}
	if len(out) < 3 {
		return slices.DeleteFunc(out, func(v float64) bool { return v <= 0 || math.IsInf(v, 0) })
	}
	if out[0] <= 0 {
		out[0] = out[1] * out[1] / out[2]
	}
	if last := len(out) - 1; math.IsInf(out[last], 1) {
		out[last] = out[last-1] * out[last-1] / out[last-2]
	}
	return out
}

func (m *cells) halveRows() {
	var edges []float64
	for i := 0; i < len(m.edges)-1; i += 2 {
		edges = append(edges, m.edges[i])
	}
	edges = append(edges, m.edges[len(m.edges)-1])
	for k, col := range m.columns {
		counts := make([]int64, len(edges)-1)
		for i, n := range col.Counts {
			counts[i/2] += n
		}
		m.columns[k].Counts = counts
	}
	m.edges = edges
}

func (m *cells) halveColumns() {
	var out []HeatColumn
	for k := 0; k < len(m.columns); k += 2 {
		col := m.columns[k]
		if k+1 < len(m.columns) {
			next := m.columns[k+1]
			col.Length += next.Length
			for i, n := range next.Counts {
				col.Counts[i] += n
			}
		}
		out = append(out, col)
	}
	m.columns = out
}

func (m cells) lo() float64 { return m.edges[m.from] }
func (m cells) hi() float64 { return m.edges[m.upto] }

// end is where the last column ends.
func (m cells) end() float64 {
	end := math.Inf(-1)
	for _, col := range m.columns {
		end = max(end, col.T+col.Length)
	}
	return end
}

// median is the length of the column in the middle of all by their length.
func (m cells) median() float64 {
	if len(m.columns) == 0 {
		return 1
	}
	var lengths []float64
	for _, col := range m.columns {
		lengths = append(lengths, col.Length)
	}
	slices.Sort(lengths)
	return lengths[len(lengths)/2]
}

// level is the colour of a cell, 1..levels: by its count a second, on a log scale from the
// fewest that there can be, one in a column, to the most.
func (m cells) level(n int64, length float64) int {
	least := 1 / m.step
	if m.top <= least {
		return levels
	}
	share := math.Log(float64(n)/length/least) / math.Log(m.top/least)
	return min(max(1+int(share*levels), 1), levels)
}

// draw writes a path for each level and width of column: a cell is a piece of a thick
// line, and cells of one level on top of each other are one piece.
func (m cells) draw(c *canvas, f frame) {
	type look struct{ level, width int }
	traces := map[look]*trace{}
	for _, col := range m.columns {
		x := f.px(col.T)
		width := max(f.px(col.T+col.Length)-x, 1)
		for i := m.from; i < m.upto; {
			if col.Counts[i] == 0 {
				i++
				continue
			}
			level, to := m.level(col.Counts[i], col.Length), i+1
			for to < m.upto && col.Counts[to] > 0 && m.level(col.Counts[to], col.Length) == level {
				to++
			}
			l := look{level, width}
			if traces[l] == nil {
				traces[l] = &trace{}
			}
			traces[l].move(x, f.py(m.edges[to])) // downwards, which is the shorter way to write
			traces[l].draw(x, f.py(m.edges[i]))
			i = to
		}
	}
	looks := make([]look, 0, len(traces))
	for l := range traces {
		looks = append(looks, l)
	}
	slices.SortFunc(looks, func(a, b look) int {
		return cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(a.width, b.width))
	})
	c.printf(`<g shape-rendering="crispEdges">`)
	for _, l := range looks {
		class, colour := heatInk(l.level)
		c.printf(`<path class="%s" stroke="%s" stroke-width="%d" transform="translate(%s 0)" d="%s"/>`,
			class, colour, l.width, num(float64(l.width)/2), traces[l])
	}
	c.end()
}

// legend shows the colours with the counts where they start and end.
func (m cells) legend(c *canvas, noun string) {
	const wide = 22
	left, right := noun+" in a cell: "+digits(1/m.step)+"/s", digits(m.top)+"/s"
	x := float64(Width) - 4 - textWidth(right)
	c.group(textInk(), "")
	c.text(x, 12, right)
	c.end()
	c.group(textInk(), "end")
	c.text(x-levels*wide-12, 12, left)
	c.end()
	for i := 1; i <= levels; i++ {
		class, colour := heatInk(i)
		c.printf(`<rect class="%s" fill="%s" x="%s" y="3" width="%d" height="10"/>`, class, colour, num(x-6+float64(i-1-levels)*wide), wide)
	}
}

func (h Heat) head() []string {
	return []string{"time", h.noun(), "most between", "highest up to"}
}

// table is a row for each column: a cell of it each would be more than anybody reads.
func (h Heat) table(m cells) Table {
	t := Table{Head: h.head()}
	for _, col := range m.columns {
		sum, mode, last := int64(0), -1, -1
		for i, n := range col.Counts {
			if sum += n; n > 0 {
				last = i
				if mode < 0 || n > col.Counts[mode] {
					mode = i
				}
			}
		}
		row := []string{elapsed(col.T), show.Count(sum), show.None, show.None}
		if mode >= 0 {
			row[2] = h.Unit.Text(m.edges[mode]) + " and " + h.Unit.Text(m.edges[mode+1])
			row[3] = h.Unit.Text(m.edges[last+1])
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// data are the places of the columns.
func (m cells) data(f frame) string {
	at := make([]int, len(m.columns))
	for i, col := range m.columns {
		at[i] = f.px(col.T + col.Length/2)
	}
	return places(at)
}

// says is the map in words: how many, where most of them are and when the highest came.
func (h Heat) says(m cells, bands []Band) string {
	rows, mode, highest := make([]int64, len(m.edges)-1), 0, 0.0
	for _, col := range m.columns {
		for i, n := range col.Counts {
			rows[i] += n
		}
	}
	for i, n := range rows {
		if n > rows[mode] {
			mode = i
		}
	}
	for _, col := range m.columns {
		if col.Counts[m.upto-1] > 0 {
			highest = col.T
			break
		}
	}
	out := fmt.Sprintf("%s %s from %s to %s; most between %s and %s (%s); the highest up to %s, first at %s.",
		show.Count(m.total), h.noun(), elapsed(m.columns[0].T), elapsed(m.end()),
		h.Unit.Text(m.edges[mode]), h.Unit.Text(m.edges[mode+1]), show.Share(rows[mode], m.total), h.Unit.Text(m.hi()), elapsed(highest))
	return strings.TrimSpace(out + " " + marked(bands))
}
