package measure

import "encoding/binary"

// counters are those of a row of Cells while it is worked on. All of them add up.
type counters struct {
	config       *Config
	planned, bad []int64 // by step, then by group; bad is what was not OK
	slow         []int64 // by limit: what was OK and beyond it
}

func newCounters(c *Config) counters {
	n := len(c.Steps) + len(c.Groups)
	return counters{c, make([]int64, n), make([]int64, n), make([]int64, len(c.Limits))}
}

func (n *counters) clear() {
	clear(n.planned)
	clear(n.bad)
	clear(n.slow)
}

// countCell takes all that a Cell counts.
func (n *counters) countCell(c *Cell) {
	for s := range c.Steps {
		n.count(c.Steps[s].Step, &c.Steps[s].Counts)
	}
	for g := range c.Groups {
		n.countGroup(c.Groups[g].Step, &c.Groups[g].Counts)
	}
	n.beyond(c.Over)
}

// countGroup takes the counts of a group.
func (n *counters) countGroup(group int, c *Counts) { n.count(len(n.config.Steps)+group, c) }

// count takes the counts of a step.
func (n *counters) count(step int, c *Counts) {
	planned := c.Planned()
	n.planned[step] = planned
	n.bad[step] = planned - c.OK()
}

// beyond takes what was not OK or slower, by limit. All steps and groups are counted by then.
func (n *counters) beyond(over []int64) {
	all := n.badIn(AllSteps)
	for k := range over {
		n.slow[k] = over[k] - n.badFor(k, all)
	}
}

// over is the reverse: by limit, what was not OK or slower.
func (n *counters) over(to []int64) []int64 {
	all := n.badIn(AllSteps)
	for k, slow := range n.slow {
		to = append(to, slow+n.badFor(k, all))
	}
	return to
}

// badFor returns how many of the requests that a limit is about were not OK,
// given how many that is in all.
func (n *counters) badFor(limit int, all int64) int64 {
	if step := n.config.Limits[limit].Step; step != AllSteps {
		return n.bad[step]
	}
	return all
}

// plausible tells whether no more requests are beyond a limit than there are, and
// if not which limit that is.
func (n *counters) plausible() (limit int, ok bool) {
	planned, bad := n.plannedIn(AllSteps), n.badIn(AllSteps)
	for k, slow := range n.slow {
		most := planned - bad
		if step := n.config.Limits[k].Step; step != AllSteps {
			most = n.planned[step] - n.bad[step]
		}
		if slow < 0 || slow > most {
			return k, false
		}
	}
	return 0, true
}

func (n *counters) badIn(step int) int64     { return n.sumIn(n.bad, step) }
func (n *counters) plannedIn(step int) int64 { return n.sumIn(n.planned, step) }

func (n *counters) sumIn(counts []int64, step int) (sum int64) {
	if step != AllSteps {
		return counts[step]
	}
	for _, of := range counts[:len(n.config.Steps)] {
		sum += of
	}
	return sum
}

// A packed row is its key, which is 4*unit + phase, the unit within its block of
// 32, or 128 + 2*unit for Setup and one more for Teardown. Then come varints: per step,
// and then per group, how many requests were due and, unless that is
// 0, how many of them were not OK; behind a 0, how many more steps without
// requests follow. Then per limit how many were OK and beyond it, left out for a
// step without requests.

func keyOf(unit int, phase Phase) byte {
	if phase < Setup {
		return byte(unit*int(Setup) + int(phase))
	}
	return byte(besides + unit*int(Phases-Setup) + int(phase-Setup))
}

func splitKey(key byte) (unit int, phase Phase) {
	k := int(key)
	if k < besides {
		return k / int(Setup), Phase(k % int(Setup))
	}
	k -= besides
	return k / int(Phases-Setup), Setup + Phase(k%int(Phases-Setup))
}

// besides is the first key of the phases beside the others.
const besides = blockUnits * int(Setup)

// append packs the row.
func (n *counters) append(to []byte, key byte) []byte {
	to = append(to, key)
	for s := 0; s < len(n.planned); s++ {
		to = binary.AppendUvarint(to, uint64(n.planned[s]))
		if n.planned[s] != 0 {
			to = binary.AppendUvarint(to, uint64(n.bad[s]))
			continue
		}
		from := s + 1
		for s+1 < len(n.planned) && n.planned[s+1] == 0 {
			s++
		}
		to = binary.AppendUvarint(to, uint64(s+1-from))
	}
	for k, slow := range n.slow {
		if n.isAbout(k) {
			to = binary.AppendUvarint(to, uint64(slow))
		}
	}
	return to
}

// isAbout tells whether a limit is about any request of the row.
func (n *counters) isAbout(limit int) bool {
	step := n.config.Limits[limit].Step
	return step == AllSteps || n.planned[step] != 0
}

// read takes the place of the counters by those of a packed row, which has to be
// whole, and returns its length.
func (n *counters) read(packed []byte) (length int) {
	length = 1
	for s := 0; s < len(n.planned); s++ {
		n.planned[s], length = varint(packed, length)
		if n.planned[s] != 0 {
			n.bad[s], length = varint(packed, length)
			continue
		}
		more, after := varint(packed, length)
		clear(n.planned[s : s+1+int(more)])
		clear(n.bad[s : s+1+int(more)])
		s, length = s+int(more), after
	}
	for k := range n.slow {
		n.slow[k] = 0
		if n.isAbout(k) {
			n.slow[k], length = varint(packed, length)
		}
	}
	return length
}

// varint reads the one that begins at a place, and returns the place behind it.
func varint(packed []byte, at int) (n int64, after int) {
	if b := packed[at]; b < 0x80 {
		return int64(b), at + 1
	}
	v, size := binary.Uvarint(packed[at:])
	return int64(v), at + size
}

// sum adds the counters of the same second.
func (n *counters) sum(o *counters) {
	for s := range o.planned {
		n.planned[s] += o.planned[s]
		n.bad[s] += o.bad[s]
	}
	for k, slow := range o.slow {
		n.slow[k] += slow
	}
}
