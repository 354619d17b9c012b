package live

import (
	"bytes"
	"encoding/json"
	"slices"
	"sync/atomic"
)

// A view is what the page shows at one moment. It never changes, and all who watch share
// it: whoever has seen one writes what is newer in the next.
type view struct {
	version int64
	head    head   // as of the last pulse
	top     []part // of the page, each in its place
	report  []part // in order
	over    bool   // nothing comes after it
	news    []byte // what is new to whoever has seen the version before: nearly everybody
	next    chan struct{}
}

// A part is a piece of the page that changes as a whole.
type part struct {
	id      string
	version int64  // of the view in which it became what it is
	html    string // "": it is gone
	event   []byte // what tells a watcher
}

// head is what stands above the report and changes every second.
type head struct {
	version  int64
	event    []byte
	Elapsed  string   // "1m12s of 5m"
	Progress float64  // share of the plan that is made
	Figures  []figure // of the last seconds
}

// figure is one figure with its name.
type figure struct{ ID, Label, Text string }

// shown is the newest view, for many readers and one writer.
type shown struct {
	at    atomic.Pointer[view]
	draft *view // the writer's next one; nil: nothing has changed
}

func newShown() *shown {
	s := new(shown)
	s.at.Store(&view{next: make(chan struct{})})
	return s
}

// newest is for readers.
func (s *shown) newest() *view { return s.at.Load() }

// current is the newest for the writer.
func (s *shown) current() *view {
	if s.draft != nil {
		return s.draft
	}
	return s.newest()
}

// next is the view that the writer changes.
func (s *shown) next() *view {
	if s.draft == nil {
		draft := *s.newest()
		draft.version++
		draft.next = make(chan struct{})
		s.draft = &draft
	}
	return s.draft
}

// publish shows what was changed, all at once.
func (s *shown) publish() {
	if s.draft == nil {
		return
	}
	old := s.newest()
	s.draft.news = slices.Concat(s.draft.since(old.version)...)
	s.at.Store(s.draft)
	s.draft = nil
	close(old.next)
}

// since are the events that tell whoever has seen a version of this one.
func (v *view) since(version int64) (all [][]byte) {
	if v.head.version > version {
		all = append(all, v.head.event)
	}
	for _, parts := range [][]part{v.top, v.report} {
		for _, p := range parts {
			if p.version > version {
				all = append(all, p.event)
			}
		}
	}
	return all
}

// with returns the parts with one more, or another in the place of that id.
func with(parts []part, p part) []part {
	all := slices.Clone(parts)
	if i := slices.IndexFunc(all, func(old part) bool { return old.id == p.id }); i >= 0 {
		all[i] = p
		return all
	}
	return append(all, p)
}

// newPart returns a part that comes behind another on the page.
func newPart(version int64, id, after, html string) part {
	return part{id: id, version: version, html: html, event: event("part", map[string]string{"id": id, "after": after, "html": html})}
}

// event encodes a server-sent event: its data is JSON, which has no line breaks.
func event(name string, data any) []byte {
	var b bytes.Buffer
	b.WriteString("event: " + name + "\ndata: ")
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // pages are full of "<"
	if err := e.Encode(data); err != nil {
		return nil // texts and finite numbers can always be written
	}
	b.WriteByte('\n') // Encode wrote the first
	return b.Bytes()
}
