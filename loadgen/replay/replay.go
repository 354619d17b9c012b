// Package replay owns the traces of requests that were made once and are made again:
// files with a line of JSON for each, in the order of their instants, such as
//
//	{"at":1.25,"method":"GET","path":"/a?b=c","host":"example.test"}
//
// where at is seconds since some beginning, and host may be left out. A file may be of
// any length: nothing here grows with it.
//
// A Trace is such a file (this file). Open reads it once from end to end (pass.go),
// reports what is wrong with it (mistake.go), counts, and keeps where groups of lines
// begin. A run reads it again, some groups ahead (play.go). line.go reads one line.
package replay

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sort"
	"time"
)

// Options say which file, and what its lines are about.
type Options struct {
	Path  string
	Steps []Step // a line belongs to the first one of its method and path
	All   bool   // lines of all methods count; else those of GET and HEAD alone
}

// A Step is a method with a path, without a query, in the form that Path gives it.
type Step struct{ Method, Path string }

// A Trace is a file that was read and found to be good. It may be played many times,
// at the same time too.
type Trace struct {
	path   string
	file   io.ReaderAt
	close  func() error
	groups []group
	routes *routes
	facts  facts
}

// A group is a stretch of whole lines.
type group struct {
	offset int64
	before int64         // how many arrivals come before it
	after  time.Duration // the instant of the line before, which is that of its own or earlier
	length uint32        // in bytes
	sum    uint32        // CRC-32C
}

// facts are what a pass counts.
type facts struct {
	lines    int64
	arrivals int64
	leftOut  int64
	last     time.Duration // the instant of the last line
	peak     int64
	steps    []int64
	others   map[string]int64 // by method
	hosts    map[string]int64
	more     int64 // lines of hosts that are not kept apart
	profile  profile
	digest   [sha256.Size]byte
}

// Open reads the file once, checks every line and keeps it open. The error names up
// to 20 mistakes of the file as path:line:column, and how many more there are.
func Open(o Options) (*Trace, error) {
	about, err := os.Stat(o.Path)
	if err != nil {
		return nil, err
	}
	if !about.Mode().IsRegular() { // opening a FIFO would wait for a writer
		return nil, fmt.Errorf("%s: is no regular file: want one that can be read again", o.Path)
	}
	file, err := os.Open(o.Path)
	if err != nil {
		return nil, err
	}
	t, err := open(o, file, about.Size())
	if err != nil {
		_ = file.Close() // it was only read
		return nil, err
	}
	t.close = file.Close
	return t, nil
}

// open makes the Trace of what a file holds.
func open(o Options, file io.ReaderAt, size int64) (*Trace, error) {
	routes := newRoutes(o)
	p := newPass(o, routes, file, size)
	if err := p.run(); err != nil {
		return nil, err
	}
	routes.number(slices.Sorted(maps.Keys(p.facts.others)))
	return &Trace{path: o.Path, file: file, groups: p.groups, routes: routes, facts: p.facts, close: func() error { return nil }}, nil
}

// Close closes the file. Nothing is played any more.
func (t *Trace) Close() error { return t.close() }

// Lines is how many lines there are, those that are left out included.
func (t *Trace) Lines() int64 { return t.facts.lines }

// LeftOut is how many lines are left out for their method.
func (t *Trace) LeftOut() int64 { return t.facts.leftOut }

// Arrivals is how many arrivals a Playback has.
func (t *Trace) Arrivals() int64 { return t.facts.arrivals }

// Peak is the most arrivals in a second, counted from the beginning.
func (t *Trace) Peak() int64 { return t.facts.peak }

// Length is until the end of the second in which the last line is.
func (t *Trace) Length() time.Duration { return (t.facts.last/time.Second + 1) * time.Second }

// Last is the instant of the last line.
func (t *Trace) Last() time.Duration { return t.facts.last }

// Digest is the SHA-256 of the file.
func (t *Trace) Digest() [sha256.Size]byte { return t.facts.digest }

// Others are the methods of arrivals that belong to no step. Their flows come behind
// those of the steps, in this order.
func (t *Trace) Others() []string { return slices.Sorted(maps.Keys(t.facts.others)) }

// Flows is how many arrivals before an instant are of each flow. It reads that part of
// the file again, unless it is all of it.
func (t *Trace) Flows(before time.Duration) ([]int64, error) {
	all := slices.Clone(t.facts.steps)
	for _, m := range t.Others() {
		all = append(all, t.facts.others[m])
	}
	if before > t.facts.last {
		return all, nil
	}
	clear(all)
	p := t.Play(0)
	defer p.Close()
	for r, more := p.Next(); more && r.At < before; r, more = p.Next() {
		all[r.Flow]++
	}
	return all, p.Err()
}

// Elsewhere is how many lines name a host of which here returns false, and one of
// those hosts.
func (t *Trace) Elsewhere(here func(host string) bool) (lines int64, example string) {
	for _, host := range slices.Sorted(maps.Keys(t.facts.hosts)) {
		if !here(host) {
			lines += t.facts.hosts[host]
			if example == "" {
				example = host
			}
		}
	}
	return lines + t.facts.more, example
}

// Counts are the arrivals in one stretch of time after the other. There are some
// hundreds of them at most, as long as that makes them.
func (t *Trace) Counts() (each time.Duration, counts []int64) {
	return t.facts.profile.each, slices.Clone(t.facts.profile.counts)
}

// Before is how many arrivals come before an instant. Where the file is no longer what
// it was it is an estimate; a Playback says so.
func (t *Trace) Before(at time.Duration) int64 {
	i := t.groupOf(at)
	b := t.newBatch()
	b.read(t, i)
	n := sort.Search(len(b.arrivals), func(i int) bool { return b.arrivals[i].At >= at })
	return t.groups[i].before + int64(n)
}

// groupOf is the last group behind which all is of that instant or later. What lies
// before it is earlier.
func (t *Trace) groupOf(at time.Duration) int {
	n := sort.Search(len(t.groups), func(i int) bool { return t.groups[i].after >= at })
	return max(n-1, 0)
}

var errChanged = errors.New("the file changed while it was in use; want one that stays as it is for the run")
