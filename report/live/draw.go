package live

import (
	"fmt"
	"slices"
	"time"

	"gonogo/internal/machine"
	"gonogo/report"
	"gonogo/report/html"
)

const (
	drawnEvery = 900 * time.Millisecond // at most: a second, which is never quite one
	rest       = 400                    // times what drawing took: it costs no more than a quarter of a percent of a processor
	byteTakes  = time.Nanosecond
)

// A pen knows when it may draw again.
type pen struct {
	draws func(*report.Report) []html.Section
	spent func(do func()) time.Duration // how long a processor worked for it
	next  time.Time
}

func newPen() pen { return pen{draws: html.Sections, spent: machine.Spent} }

// draw draws a report. Whatever goes wrong with it, the run goes on: that is worth more
// than a picture of it.
func (p *pen) draw(of func() (*report.Report, error)) (all []html.Section, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("draw the report so far: %v", broken)
		}
	}()
	r, err := of()
	if err != nil {
		return nil, fmt.Errorf("make the report so far: %w", err)
	}
	return p.draws(r), nil
}

// rest puts the pen away for as long as what it did is worth.
func (p *pen) rest(took time.Duration) { p.next = time.Now().Add(max(drawnEvery, rest*took)) }

// refresh shows how the run is now, and draws the report if it is time.
func (b *board) refresh() {
	if b.state == over || b.pulses == 0 {
		return
	}
	if b.told != b.pulses {
		b.told = b.pulses
		b.now()
	}
	if b.drawn == b.pulses || b.last.Report == nil || time.Now().Before(b.pen.next) {
		return
	}
	b.drawn = b.pulses
	sent := 0
	took := b.pen.spent(func() {
		sent = b.draw(func() (*report.Report, error) { return b.last.Report(b.whole, b.against) }) * b.watching()
	})
	b.pen.rest(took + time.Duration(sent)*byteTakes)
}

// verdict is the section that says how a run ended.
const verdict = "verdict"

// draw shows a report, and returns how many bytes of it are new.
func (b *board) draw(of func() (*report.Report, error)) (fresh int) {
	sections, err := b.pen.draw(of)
	if err != nil {
		if b.trouble != err.Error() { // said once
			b.trouble = err.Error()
			b.log(time.Now(), b.trouble)
		}
		return 0
	}
	old := b.shown.current().report
	v := b.shown.next()
	v.report = nil
	after := ""
	for _, s := range sections {
		if s.ID == verdict && b.state != over {
			continue // there is none yet: the top of the page says how it stands
		}
		p, known := find(old, s.ID)
		if !known || p.html != string(s.HTML) {
			p = newPart(v.version, s.ID, after, string(s.HTML))
			fresh += len(p.event)
		}
		v.report = append(v.report, p)
		after = s.ID
	}
	for _, p := range old {
		if _, stays := find(v.report, p.id); stays {
			continue
		}
		if p.html != "" {
			p = newPart(v.version, p.id, "", "")
		}
		v.report = append(v.report, p)
	}
	return fresh
}

func find(parts []part, id string) (part, bool) {
	i := slices.IndexFunc(parts, func(p part) bool { return p.id == id })
	if i < 0 {
		return part{}, false
	}
	return parts[i], true
}
