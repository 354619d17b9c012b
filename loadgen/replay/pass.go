package replay

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"time"
)

// The bounds of what is kept of a file.
const (
	leastGroup  = 256 << 10 // bytes
	mostGroups  = 1 << 16
	mostBuckets = 512
	mostHosts   = 100
	mostMethods = 20
)

// A pass goes through a file once, checks every line and makes the groups.
type pass struct {
	in     *bufio.Reader
	size   int64
	routes *routes
	wrong  mistakes
	reader reader

	groups []group
	least  int64 // bytes of a group
	offset int64 // of the next line
	line   int64 // the number of the one before
	second int64
	facts  facts
	now    int64 // arrivals in the second
	within bool  // a line is longer than what was read of it
	key    []byte
	table  *crc32.Table
	whole  hash.Hash
}

func newPass(o Options, routes *routes, file io.ReaderAt, size int64) *pass {
	return &pass{
		in:   bufio.NewReaderSize(io.NewSectionReader(file, 0, size), longestLine+2),
		size: size, routes: routes, wrong: mistakes{path: o.Path}, least: max(leastGroup, size/mostGroups),
		facts: facts{steps: make([]int64, len(o.Steps)), others: map[string]int64{}, hosts: map[string]int64{}, profile: profile{each: time.Second}},
		table: crc32.MakeTable(crc32.Castagnoli), whole: sha256.New(),
	}
}

// errEnough ends a pass behind a mistake that may be that of every line.
var errEnough = errors.New("enough")

func (p *pass) run() error {
	err := p.next()
	for err == nil {
		err = p.next()
	}
	path := p.wrong.path
	switch {
	case err != io.EOF && err != errEnough:
		return fmt.Errorf("%s: %w", path, err)
	case p.wrong.told != nil:
		return p.wrong.err()
	case p.offset != p.size:
		return fmt.Errorf("%s: %w", path, errChanged)
	case p.facts.lines == 0:
		return fmt.Errorf("%s: has no line; %s", path, wantLine)
	}
	p.endSecond()
	p.whole.Sum(p.facts.digest[:0])
	return nil
}

// next passes over a line. io.EOF: there is none.
func (p *pass) next() error {
	text, err := p.in.ReadSlice('\n')
	p.line++
	p.pass(text)
	if err == bufio.ErrBufferFull {
		p.wrong.add(p.line, flawAt(0, "the line is too long; want %d bytes at most", longestLine))
		for err == bufio.ErrBufferFull {
			text, err = p.in.ReadSlice('\n')
			p.pass(text)
		}
		return err
	}
	if err != nil && (err != io.EOF || len(text) == 0) {
		return err
	}
	if wrong := p.take(text); wrong != nil {
		return wrong
	}
	return err
}

// pass sums up what was read of a line. Its start begins a group where the one before
// is long enough; earlier lines are of instants up to that group's.
func (p *pass) pass(text []byte) {
	p.whole.Write(text)
	n := len(p.groups)
	if n == 0 || !p.within && p.offset-p.groups[n-1].offset >= p.least {
		p.groups = append(p.groups, group{offset: p.offset, before: p.facts.arrivals, after: p.facts.last})
	}
	last := &p.groups[len(p.groups)-1]
	last.sum = crc32.Update(last.sum, p.table, text)
	last.length += uint32(len(text))
	p.offset += int64(len(text))
	p.within = len(text) > 0 && text[len(text)-1] != '\n'
}

// take takes a line.
func (p *pass) take(text []byte) error {
	var l line
	any, f := p.reader.line(text, p.line == 1, &l)
	switch {
	case f != nil && p.line == 1 && isUTF16(text):
		p.wrong.add(p.line, flawAt(0, "the file is UTF-16; want UTF-8"))
		return errEnough
	case f != nil && p.line == 1 && isOfALog(text):
		p.wrong.add(p.line, flawAt(0, "the line is not of a trace; want a file that gonogo import access-log made of the log"))
		return errEnough
	case f != nil:
		p.wrong.add(p.line, f)
	case !any:
	case l.at < p.facts.last:
		p.wrong.add(p.line, flawAt(0, "at goes back, from %v to %v; want the lines in the order of their instants", p.facts.last, l.at))
	default:
		p.facts.last = l.at
		p.facts.lines++
		p.count(&l)
	}
	return nil
}

// isOfALog tells whether a line is one that servers log, and no try at a trace.
func isOfALog(text []byte) bool {
	return bytes.Contains(text, []byte(" HTTP/")) || bytes.Contains(text, []byte(`"status"`))
}

// count counts a line.
func (p *pass) count(l *line) {
	f := &p.facts
	step, counts := p.routes.route(l, &p.key)
	if !counts {
		f.leftOut++
		return
	}
	if step < 0 {
		if _, known := f.others[string(l.method)]; !known && len(f.others) == mostMethods {
			p.wrong.add(p.line, flawAt(0, "the method %s is one too many; want %d at most", clip(l.method), mostMethods))
			return
		}
		f.others[string(l.method)]++
	} else {
		f.steps[step]++
	}
	p.countHost(l.host)
	f.arrivals++
	if second := int64(l.at / time.Second); second != p.second {
		p.endSecond()
		p.second = second
	}
	p.now++
	f.profile.add(l.at)
}

func (p *pass) countHost(host []byte) {
	if len(host) == 0 {
		return
	}
	if _, known := p.facts.hosts[string(host)]; known || len(p.facts.hosts) < mostHosts {
		p.facts.hosts[string(host)]++
	} else {
		p.facts.more++
	}
}

func (p *pass) endSecond() {
	p.facts.peak = max(p.facts.peak, p.now)
	p.now = 0
}

func isUTF16(text []byte) bool {
	return bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff"))
}

// A profile counts arrivals in stretches of one length, which doubles when there are
// too many of them.
type profile struct {
	each   time.Duration
	counts []int64
}

func (p *profile) add(at time.Duration) {
	for at/p.each >= mostBuckets {
		p.double()
	}
	i := int(at / p.each)
	for len(p.counts) <= i {
		p.counts = append(p.counts, 0)
	}
	p.counts[i]++
}

func (p *profile) double() {
	half := (len(p.counts) + 1) / 2
	for i := range half {
		n := p.counts[2*i]
		if 2*i+1 < len(p.counts) {
			n += p.counts[2*i+1]
		}
		p.counts[i] = n
	}
	p.counts = p.counts[:half]
	p.each *= 2
}

// routes find the step that a line belongs to.
type routes struct {
	steps  map[string]int // by method and path
	others map[string]int // the flows of lines that belong to none, by method
	first  int            // of those flows
	all    bool
}

func newRoutes(o Options) *routes {
	r := &routes{steps: map[string]int{}, others: map[string]int{}, first: len(o.Steps), all: o.All}
	for i, s := range o.Steps {
		key := s.Method + " " + s.Path
		if _, twice := r.steps[key]; !twice {
			r.steps[key] = i
		}
	}
	return r
}

// number gives the methods flows of their own.
func (r *routes) number(methods []string) {
	for i, m := range methods {
		r.others[m] = r.first + i
	}
}

// route is the step of a line, -1 where it belongs to none; counts is false for what
// is left out. The key is memory to work in.
func (r *routes) route(l *line, key *[]byte) (step int, counts bool) {
	if !r.all && string(l.method) != "GET" && string(l.method) != "HEAD" {
		return 0, false
	}
	path := l.path
	if i := bytes.IndexByte(path, '?'); i >= 0 {
		path = path[:i]
	}
	*key = append(append(append((*key)[:0], l.method...), ' '), path...)
	if step, ok := r.steps[string(*key)]; ok {
		return step, true
	}
	return -1, true
}
