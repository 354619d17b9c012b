package live

import (
	"html/template"
	"slices"
	"strings"
	"sync"
	"time"

	"gonogo/measure"
	"gonogo/report"
	"gonogo/report/html"
	"gonogo/report/show"
)

// A board makes what the page shows. All but mail, shown and ended belongs to the one
// goroutine that runs run.
type board struct {
	shown *shown
	ended chan struct{} // closed when nothing changes any more

	mu   sync.Mutex
	mail []func() // what is to be done, in order
	wake chan struct{}

	kind     string
	watching func() int // how many watch
	pen      pen

	of      Run
	whole   *measure.Summary
	against *measure.Summary
	recent  recent

	// Of the second that goes on: a part of it would look like a drop.
	unripe, unripeAgainst []measure.Interval

	last     Pulse
	state    state
	pulses   int // taken
	told     int // of them, when the figures of now were made
	drawn    int // likewise the report
	events   []string
	trouble  string // the last with drawing
	finished bool
}

// state is how far the run is.
type state int

const (
	starting state = iota
	running
	stopping
	over
)

func newBoard(kind string, watching func() int) *board {
	b := &board{
		shown: newShown(), ended: make(chan struct{}), wake: make(chan struct{}, 1),
		kind: kind, watching: watching, pen: newPen(),
	}
	b.put("state", words(starting, ""))
	b.shown.publish()
	return b
}

// post has the board's goroutine do something. It does not wait.
func (b *board) post(do func()) {
	b.mu.Lock()
	b.mail = append(b.mail, do)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// run does what was posted, and draws when it is time, until close. There is time for it
// each second: what is drawn and the figures of now are one message.
func (b *board) run() {
	defer close(b.ended)
	for !b.finished {
		<-b.wake
		b.mu.Lock()
		mail := b.mail
		b.mail = nil
		b.mu.Unlock()
		for _, do := range mail {
			do()
		}
		if b.watching() > 0 {
			b.refresh()
		}
		b.shown.publish()
	}
}

// close ends the board once all is done that was posted before.
func (b *board) close() {
	b.post(func() {
		if b.state != over {
			b.end(nil)
		}
		b.finished = true
		b.shown.next().over = true
	})
	<-b.ended
}

// look returns the page as it is now, or nearly so. cancelled is closed when nobody
// wants it any more.
func (b *board) look(cancelled <-chan struct{}) *view {
	seen := make(chan struct{})
	b.post(func() {
		b.refresh()
		b.shown.publish()
		close(seen)
	})
	select {
	case <-seen:
	case <-b.ended:
	case <-cancelled:
	}
	return b.shown.newest()
}

func (b *board) begin(r Run) {
	b.of, b.last, b.recent = r, Pulse{At: r.From}, recent{}
	b.pulses, b.told, b.drawn = 0, 0, 0
	b.unripe, b.unripeAgainst = nil, nil
	if b.whole = r.Before; b.whole == nil {
		b.whole = measure.NewSummary(r.Config)
	}
	if b.against = nil; r.Against != nil {
		b.against = measure.NewSummary(*r.Against)
	}
	b.put("title", b.title())
	b.turn(starting)
}

// title says what is run.
func (b *board) title() string {
	r := b.of
	return `<p class="brand">` + inert("gonogo "+b.kind, 40) + "</p><h1>" + inert(r.Scenario, 100) + "</h1>" +
		`<p class="about">` + inert(r.Target, 200) + " · " + inert(r.Load, 200) + " · run " + inert(r.ID, 40) + "</p>"
}

// inert makes a text of unknown origin part of a page.
func inert(text string, most int) string { return template.HTMLEscapeString(show.Inert(text, most)) }

func (b *board) take(p Pulse) {
	b.unripe = ripen(b.whole, b.unripe, p.Intervals, p.At)
	b.unripeAgainst = ripen(b.against, b.unripeAgainst, p.Against, p.At)
	b.recent.add(p, b.last.At)
	if p.Phase != b.last.Phase {
		b.log(time.Now(), "phase "+p.Phase)
	}
	b.last = p
	b.last.Intervals, b.last.Against = nil, nil
	b.pulses++
	if b.state == starting {
		b.turn(running)
	}
}

// ripen merges the intervals of seconds that are over, and returns the others.
func ripen(into *measure.Summary, held, fresh []measure.Interval, at time.Duration) (rest []measure.Interval) {
	for _, i := range slices.Concat(held, fresh) {
		if time.Duration(i.Second+1)*time.Second <= at {
			into.Merge(i)
		} else {
			rest = append(rest, i)
		}
	}
	return rest
}

// errors counts all that did not end well.
func (b *board) errors() (n int64) {
	for _, s := range []*measure.Summary{b.whole, b.against} {
		for p := measure.Phase(0); s != nil && p < measure.Phases; p++ {
			f := s.Phase(p)
			n += f.Planned() - f.OK()
		}
	}
	return n
}

const mostEvents = 50

func (b *board) log(at time.Time, text string) {
	line := `<li><time>` + at.UTC().Format("15:04:05Z") + "</time> " + inert(text, 300) + "</li>"
	b.events = append(b.events, line)
	b.events = b.events[max(0, len(b.events)-mostEvents):]
	var list strings.Builder
	for i := range b.events { // the newest is read first
		list.WriteString(b.events[len(b.events)-1-i])
	}
	b.put("log", "<ol>"+list.String()+"</ol>")
}

// turn notes how far the run is.
func (b *board) turn(to state) {
	if b.state == over || to == b.state {
		return
	}
	if b.state = to; to == stopping {
		b.log(time.Now(), "the run was told to stop")
	}
	b.put("state", words(to, ""))
}

// words say how far the run is.
func words(s state, verdict string) string {
	if s == over && verdict != "" {
		return `Ended: <strong class="` + html.Tone(verdict) + `">` + report.Symbol(verdict) + " " + inert(verdict, 40) + `</strong>`
	}
	return map[state]string{
		starting: "Starting: no request has ended yet.", running: "Running.",
		stopping: "Stopping: what is open is waited for, then comes the report.", over: "Ended, without a report.",
	}[s]
}

// end draws the last report, if anybody looks.
func (b *board) end(r *report.Report) {
	b.state = over
	if r == nil {
		b.put("state", words(over, ""))
		return
	}
	if b.watching() > 0 {
		b.draw(func() (*report.Report, error) { return r, nil })
	}
	b.put("state", words(over, r.Verdict))
	for _, name := range r.Files {
		b.log(time.Now(), "written: "+name)
	}
}

// put shows a part of the top of the page, unless it is there already.
func (b *board) put(id, text string) {
	if old, known := find(b.shown.current().top, id); known && old.html == text {
		return
	}
	v := b.shown.next()
	v.top = with(v.top, newPart(v.version, id, "", text))
}
