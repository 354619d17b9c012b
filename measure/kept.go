package measure

import (
	"bytes"
	"errors"
	"fmt"
)

// What is kept of a Summary so that it can be judged again: two parts, each of
// which has one form. Both are varints in the order of the fields.
//
// Figures: a version, how many steps and limits there are; for each phase 0, or 1 and
// its figures over all steps, encoded as in an Interval; in a plan of several steps
// for each of them its counts, statuses and the two histograms of response times, of
// the measure phase; for each limit how many requests of that phase were beyond it.
// Version 2 is for runs that have groups, Setup or Teardown. How many groups there are
// stands between steps and limits, those two phases behind the others, and behind the
// steps, for each group, its counts and the two histograms.
//
// Cells: a version, how many steps and limits there are, the unit in seconds; then
// the blocks of 32 units that hold rows: how many without any are before it, its
// length in bytes, and its rows (row.go). Version 2 is for plans that have groups: how
// many stands between steps and limits.
const (
	keptPlain   = 1
	keptGrouped = 2
)

// Keep returns what Restore takes. It leaves out the errors and the run over time.
func (s *Summary) Keep() (figures, cells []byte) {
	figures = s.config.appendShape(s.hasMore())
	for p := range s.phasesKept() {
		if f := s.Phase(p); f.Planned() > 0 {
			figures = f.append(appendInts(figures, 1))
		} else {
			figures = appendInts(figures, 0)
		}
	}
	if len(s.steps) > 1 {
		for _, f := range s.steps {
			figures = f.Statuses.append(f.Counts.append(figures))
			figures = f.Charged.append(f.Answered.append(figures))
		}
	}
	for _, f := range s.groups {
		figures = f.Charged.append(f.Answered.append(f.Counts.append(figures)))
	}
	return appendInts(figures, s.over...), s.cells.pack()
}

// hasMore tells whether there is something that version 1 does not hold.
func (s *Summary) hasMore() bool {
	return len(s.groups) > 0 || s.phases[Setup].Planned() > 0 || s.phases[Teardown].Planned() > 0
}

func (s *Summary) phasesKept() Phase {
	if s.hasMore() {
		return Phases
	}
	return Setup
}

// appendShape returns what both parts begin with.
func (c *Config) appendShape(more bool) []byte {
	if more {
		return appendInts([]byte{keptGrouped}, int64(len(c.Steps)), int64(len(c.Groups)), int64(len(c.Limits)))
	}
	return appendInts([]byte{keptPlain}, int64(len(c.Steps)), int64(len(c.Limits)))
}

// Restore returns a Summary as far as it was kept, with the Config that it had. It
// refuses what cannot be true, and any second encoding of the same.
func Restore(c Config, figures, cells []byte) (*Summary, error) {
	s := NewSummary(c)
	if err := s.unpack(figures); err != nil {
		return nil, fmt.Errorf("restore the figures of a run: %w", err)
	}
	if err := s.cells.unpack(cells); err != nil {
		return nil, fmt.Errorf("restore the counters of a run: %w", err)
	}
	for p := range Phases {
		var bySecond int64
		for row := range s.cells.Rows(p, AllSteps) {
			bySecond += row.Planned
		}
		if all := s.Phase(p).Planned(); bySecond > all {
			return nil, fmt.Errorf("restore the counters of a run: %d requests of the %v phase by second, of %d", bySecond, p, all)
		}
	}
	return s, nil
}

func (s *Summary) unpack(data []byte) error {
	r := reader{rest: append([]byte(nil), data...)}
	phases := Setup
	more := r.shape(s.config)
	if more {
		phases = Phases
	}
	for p := range phases {
		if r.number(1) == 1 {
			s.phases[p] = r.phase()
		}
	}
	if len(s.steps) > 1 {
		for _, f := range s.steps {
			r.step(f)
		}
	} else if len(s.steps) == 1 {
		s.phases[Measure].Name = s.steps[0].Name
		*s.steps[0], s.phases[Measure] = s.phases[Measure], Figures{}
	}
	for _, f := range s.groups {
		r.whole(f)
	}
	for k := range s.over {
		s.over[k] = r.number(most)
	}
	if more != s.hasMore() {
		r.fail("it has not the version of what it holds")
	}
	if r.err == nil && len(r.rest) > 0 {
		r.fail("%d bytes are left", len(r.rest))
	}
	if r.err != nil {
		return r.err
	}
	return s.plausible()
}

// shape decodes what both parts begin with, and tells whether it is the longer form.
func (r *reader) shape(c *Config) (more bool) {
	v := r.number(most)
	if v != keptPlain && v != keptGrouped {
		r.fail("want version %d or %d, got %d", keptPlain, keptGrouped, v)
	}
	steps, groups := r.number(most), int64(0)
	if v == keptGrouped {
		groups = r.number(most)
	}
	limits := r.number(most)
	switch {
	case r.err != nil:
	case groups != int64(len(c.Groups)):
		r.fail("want %d groups, got %d", len(c.Groups), groups)
	case steps != int64(len(c.Steps)) || limits != int64(len(c.Limits)):
		r.fail("want %d steps and %d limits, got %d and %d", len(c.Steps), len(c.Limits), steps, limits)
	}
	return v == keptGrouped
}

// phase decodes figures that can be trusted.
func (r *reader) phase() Figures {
	f := r.figures()
	if r.err == nil {
		if err := f.check(); err != nil {
			r.fail("%w", err)
		}
	}
	return f
}

// step decodes what is kept of one.
func (r *reader) step(f *Figures) {
	f.Counts, f.Statuses = r.counts(), r.statuses()
	r.responses(f)
}

// whole decodes what is kept of a group.
func (r *reader) whole(f *Figures) {
	f.Counts = r.counts()
	r.responses(f)
}

// responses decodes the response times of what is counted.
func (r *reader) responses(f *Figures) {
	f.Answered, f.Charged = r.histogram(), r.histogram()
	planned, ok := f.Planned(), f.OK()
	if planned < 0 || planned > most || f.Answered.count != ok || f.Charged.count != planned-ok {
		r.fail("%q: its %d requests and their response times do not add up", f.Name, planned)
	} else if err := f.Statuses.check(planned); err != nil {
		r.fail("%q: %w", f.Name, err)
	}
}

// plausible finds what cannot be true of steps, groups and limits together.
func (s *Summary) plausible() error {
	n, all := newCounters(s.config), new(Counts)
	for step, f := range s.steps {
		n.count(step, &f.Counts)
		all.Add(&f.Counts)
	}
	for group, f := range s.groups {
		n.countGroup(group, &f.Counts)
	}
	if total := s.Total(); *all != total.Counts {
		return errors.New("the steps are not the whole")
	}
	n.beyond(s.over)
	if k, ok := n.plausible(); !ok {
		return fmt.Errorf("limit %d: %d requests cannot be beyond it", k, s.over[k])
	}
	return nil
}

// pack encodes the Cells.
func (c *Cells) pack() []byte {
	to := appendInts(c.config.appendShape(len(c.config.Groups) > 0), int64(c.unit))
	empty := int64(0)
	for _, rows := range c.blocks {
		if len(rows) == 0 {
			empty++
			continue
		}
		to = append(appendInts(to, empty, int64(len(rows))), rows...)
		empty = 0
	}
	return to
}

// unpack takes the rows one by one and adds them up again, which has to come to the
// same bytes.
func (c *Cells) unpack(data []byte) error {
	r := reader{rest: append([]byte(nil), data...)}
	r.shape(c.config)
	if c.unit = int(r.number(maxUnits)); c.unit == 0 {
		r.fail("a row of 0 seconds")
	}
	for block := int64(0); r.err == nil && len(r.rest) > 0; block++ {
		block += r.number(maxUnits/blockUnits - 1 - block)
		r.block(c, int(block))
	}
	if r.err != nil {
		return r.err
	}
	if !bytes.Equal(c.pack(), data) {
		return errors.New("the rows are out of order, or more than are kept")
	}
	return nil
}

// block adds the rows of a block.
func (r *reader) block(c *Cells, block int) {
	rows := reader{rest: r.bytes(r.length())}
	for rows.err == nil && len(rows.rest) > 0 {
		unit, phase := splitKey(rows.bytes(1)[0])
		rows.row(&c.row)
		if rows.err == nil {
			c.merge((block*blockUnits+unit)*c.unit, phase)
		}
	}
	if rows.err != nil {
		r.fail("block %d: %w", block, rows.err)
	}
}

// row decodes the counters of one that can be trusted.
func (r *reader) row(n *counters) {
	n.clear()
	left := int64(most)
	for s := 0; s < len(n.planned); s++ {
		if n.planned[s] = r.number(left); n.planned[s] > 0 {
			n.bad[s] = r.number(n.planned[s])
			left -= n.planned[s]
			continue
		}
		s += int(r.number(int64(len(n.planned) - 1 - s)))
	}
	for k := range n.slow {
		if n.isAbout(k) {
			n.slow[k] = r.number(most)
		}
	}
	if _, ok := n.plausible(); !ok || left == most {
		r.fail("the counters of a row make no sense")
	}
}

// MarshalBinary encodes the histogram as an Interval does.
func (h *Histogram) MarshalBinary() ([]byte, error) { return h.append(nil), nil }

// UnmarshalBinary decodes what MarshalBinary encoded. It refuses what cannot be true,
// and any second encoding of the same, and does not keep data.
func (h *Histogram) UnmarshalBinary(data []byte) error {
	r := reader{rest: append([]byte(nil), data...)}
	read := r.histogram()
	if r.err == nil && len(r.rest) > 0 {
		r.fail("%d bytes are left", len(r.rest))
	}
	if r.err != nil {
		return fmt.Errorf("decode a histogram: %w", r.err)
	}
	*h = read
	return nil
}
