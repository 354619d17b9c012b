// Package feed owns the data that users send: rows of a file, handed out one at a
// time to thousands of users, in bounded memory however long the file is.
//
// A Source is one file (this file). Open reads it once from end to end (pass.go),
// reports what is wrong with it (mistake.go) and keeps where groups of rows begin
// (index.go). While users run, a group is read when a row of it is drawn and stays
// for a while (cache.go). Which row is drawn is decided in order.go. How rows lie
// in a file is a layout (layout.go): csv.go, and json.go with value.go for both forms
// of JSON.
package feed

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"gonogo/loadgen/session"
)

// Options say which file, and who gets which of its rows.
type Options struct {
	Path   string
	Format Format

	// Of CSV.
	Delimiter string   // one ASCII character; empty: a comma
	Header    []string // names of the columns, in a file without a header line

	Order Order
	AtEnd End
	Seed  uint64 // of the order Random
}

// A Source hands out the rows of a file. Any number of users feed from it at once.
type Source struct {
	path    string
	order   Order
	end     End
	seed    uint64
	layout  layout
	columns []string
	index   index
	cache   cache
	bound   []binding
	wanted  []int // by column: the index of its cell, or -1
	cells   int   // how many columns are wanted
	drawn   atomic.Int64
	err     atomic.Pointer[error]
	file    io.Closer
}

// A binding puts a cell into a variable.
type binding struct {
	cell     int
	variable session.Var
}

// Open reads the file once, checks every row of it and keeps it open. The error
// names up to 20 mistakes of the file as path:line:column, and how many more there are.
func Open(o Options) (*Source, error) {
	file, size, err := openRegular(o.Path)
	if err != nil {
		return nil, err
	}
	s, err := open(o, file, size)
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	s.file = file
	return s, nil
}

// open makes the Source of what a file holds.
func open(o Options, file io.ReaderAt, size int64) (*Source, error) {
	end, err := o.Order.endsBy(o.AtEnd)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Path, err)
	}
	layout, err := o.layout()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Path, err)
	}
	p := newPass(o.Path, layout, file, size)
	if err := p.run(); err != nil {
		return nil, err
	}
	s := &Source{
		path: o.Path, order: o.Order, end: end, seed: o.Seed,
		layout: layout, columns: layout.columns(), index: p.index,
	}
	s.wanted = slices.Repeat([]int{-1}, len(s.columns))
	s.cache.init(file, &s.index)
	return s, nil
}

// Columns are the names of the columns, in the order in which the file has them. In
// JSON these are the names in all rows; user.name is the name in the object user.
func (s *Source) Columns() []string { return slices.Clone(s.columns) }

// Rows is how many rows the file has.
func (s *Source) Rows() int { return int(s.index.rows) }

// Bind has a column read into a variable. It comes before the first Feed. A row of
// JSON that lacks the column, or has null there, clears the variable.
func (s *Source) Bind(column string, v session.Var) error {
	i := slices.Index(s.columns, column)
	if i < 0 {
		return fmt.Errorf("%s: has no column %q; want one of %s", s.path, clip(column), s.names())
	}
	if s.wanted[i] < 0 {
		s.wanted[i] = s.cells
		s.cells++
	}
	s.bound = append(s.bound, binding{s.wanted[i], v})
	return nil
}

// mostNames is how many columns an error names.
const mostNames = 20

func (s *Source) names() string {
	var names []string
	for _, name := range s.columns[:min(len(s.columns), mostNames)] {
		names = append(names, clip(name))
	}
	if more := len(s.columns) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// Next puts a row into the user's variables. ok is false where there is none left and
// the user ends. An error fails the iteration: there is no row left and the file's end
// is to Fail, or the file is no longer what Open read. Without a row the variables
// have no values.
func (s *Source) Next(to *session.Session) (ok bool, err error) {
	row, ok := s.draw(to)
	switch {
	case ok:
		if err = s.cache.read(row, s, to); err == nil {
			return true, nil
		}
		err = fmt.Errorf("%s: %w", s.path, err)
	case s.end == Fail:
		err = fmt.Errorf("%s: none of the %d rows is left", s.path, s.index.rows)
	}
	s.clear(to)
	if err != nil {
		s.keep(err)
	}
	return false, err
}

// keep is apart from Next, which would allocate the error that it does not have.
func (s *Source) keep(err error) { s.err.CompareAndSwap(nil, &err) }

// Feed is Next for those who know no errors: after one it returns true, and the first
// text that reads a bound variable fails for its having no value. Err knows why.
func (s *Source) Feed(to *session.Session) bool {
	ok, err := s.Next(to)
	return ok || err != nil
}

// Err is the first error that a user met.
func (s *Source) Err() error {
	if err := s.err.Load(); err != nil {
		return *err
	}
	return nil
}

// Close closes the file. No Feed is under way, and none follows.
func (s *Source) Close() error { return s.file.Close() }

func (s *Source) clear(of *session.Session) {
	for _, b := range s.bound {
		of.Clear(b.variable)
	}
}

// give puts the cells of a row into the variables.
func (s *Source) give(r *record, to *session.Session) {
	for _, b := range s.bound {
		if c := r.cells[b.cell]; c.set {
			to.Set(b.variable, r.text[c.from:c.to])
		} else {
			to.Clear(b.variable)
		}
	}
}

var errChanged = errors.New("the file changed while it was in use; want one that stays as it is for the run")
