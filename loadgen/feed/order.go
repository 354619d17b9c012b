package feed

import (
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"

	"gonogo/loadgen/session"
)

// An Order says who gets which row.
type Order uint8

// The orders.
const (
	Sequential Order = iota // whoever comes next gets the next row
	Random                  // any row; draw n of the run is fixed by the seed
	Unique                  // user n has row n for life
	Once                    // like Sequential, and no row twice in a run
)

func (o Order) String() string {
	return [...]string{"sequential", "random", "unique", "once", "unknown"}[min(o, 4)]
}

// An End says what comes when no row is left.
type End uint8

// The ends.
const (
	ByOrder End = iota // Repeat for Sequential, Stop for Unique and Once
	Repeat             // from the first row again
	Stop               // the user ends
	Fail               // the user's iterations fail
)

// endsBy returns what to do at the end, with the default resolved.
func (o Order) endsBy(e End) (End, error) {
	if o > Once || e > Fail {
		return 0, fmt.Errorf("order %d, end %d: want ones that there are", o, e)
	}
	switch {
	case o == Random && (e == Stop || e == Fail):
		return 0, errors.New("random order has no end: want at_end to be repeat, or left out")
	case (o == Unique || o == Once) && e == Repeat:
		return 0, fmt.Errorf("order %s cannot repeat rows: want at_end to be stop or fail", o)
	case e != ByOrder:
		return e, nil
	case o == Unique || o == Once:
		return Stop, nil
	}
	return Repeat, nil
}

// draw returns the row that is the user's turn, counted from 0; false: none is left.
func (s *Source) draw(of *session.Session) (row int64, ok bool) {
	rows := s.index.rows
	switch s.order {
	case Unique:
		row = of.User - 1
		return row, 0 <= row && row < rows
	case Random:
		return s.pick(uint64(s.drawn.Add(1))), true
	}
	row = s.drawn.Add(1) - 1
	if s.end == Repeat {
		return row % rows, true
	}
	return row, row < rows
}

// pick is row number draw of the random order.
func (s *Source) pick(draw uint64) int64 {
	var source rand.PCG
	source.Seed(s.seed, draw)
	row, _ := bits.Mul64(source.Uint64(), uint64(s.index.rows))
	return int64(row)
}
