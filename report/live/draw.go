package live

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/report"
)

const (
	drawnEvery = time.Second // at most
	rest       = 200         // times what drawing took: it costs no more than half a percent of a processor
	byteTakes  = time.Nanosecond
)

// A pen knows when it may draw again.
type pen struct {
	draws func(*report.Report) []section
	timer *time.Timer
	next  time.Time
}

// section is a part of the report.
type section struct{ ID, HTML string }

func newPen() pen {
	p := pen{timer: time.NewTimer(time.Hour), draws: inText}
	p.timer.Stop()
	return p
}

// inText is the summary of the report.
func inText(r *report.Report) []section {
	var b strings.Builder
	_ = report.Text(&b, r, report.Style{}) // a Builder takes all
	return []section{{"summary", "<pre>" + inert(b.String(), 1<<20) + "</pre>"}}
}

// draw draws a report. Whatever goes wrong with it, the run goes on: that is worth more
// than a picture of it.
func (p *pen) draw(of func() (*report.Report, error)) (r *report.Report, all []section, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("draw the report so far: %v", broken)
		}
	}()
	if r, err = of(); err != nil {
		return nil, nil, fmt.Errorf("make the report so far: %w", err)
	}
	return r, p.draws(r), nil
}

func (p *pen) due() <-chan time.Time { return p.timer.C }

// rest puts the pen away for as long as what it did is worth.
func (p *pen) rest(now time.Time, took time.Duration) {
	wait := max(drawnEvery, rest*took)
	p.next = now.Add(wait)
	p.timer.Reset(wait)
}

// refresh shows how the run is now, and draws the report if it is time.
func (b *board) refresh() {
	if b.state == over || b.pulses == 0 {
		return
	}
	if b.told != b.pulses {
		b.told = b.pulses
		b.now()
	}
	begun := time.Now()
	if b.drawn == b.pulses || b.last.Report == nil || begun.Before(b.pen.next) {
		return
	}
	b.drawn = b.pulses
	sent := b.draw(func() (*report.Report, error) { return b.last.Report(b.whole, b.against) }) * b.watching()
	ended := time.Now()
	b.pen.rest(ended, ended.Sub(begun)+time.Duration(sent)*byteTakes)
}

// draw shows a report, and returns how many bytes of it are new.
func (b *board) draw(of func() (*report.Report, error)) (fresh int) {
	r, sections, err := b.pen.draw(of)
	if err != nil {
		if b.trouble != err.Error() { // said once
			b.trouble = err.Error()
			b.log(time.Now(), b.trouble)
		}
		return 0
	}
	b.put("standing", standing(r))
	old := b.shown.current().report
	v := b.shown.next()
	v.report = nil
	after := ""
	for _, s := range sections {
		p, known := find(old, s.ID)
		if !known || p.html != s.HTML {
			p = newPart(v.version, s.ID, after, s.HTML)
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

// standing lists the objectives as they stand now.
func standing(r *report.Report) string {
	if len(r.Objectives) == 0 {
		return "<li>none is set, so nothing will be proved</li>"
	}
	var list strings.Builder
	for i := range r.Objectives {
		o := &r.Objectives[i]
		list.WriteString(`<li class="` + inert(o.Verdict, 20) + `"><span class="mark" aria-hidden="true">` + mark(o.Verdict) + "</span> <b>" + inert(o.Name, 60) + "</b> ")
		if o.Name != o.Target {
			list.WriteString("<span>" + inert(o.Target, 80) + "</span> ")
		}
		list.WriteString("<span>" + inert(o.Shown, 40) + "</span> <span>" + inert(o.Verdict, 20) + "</span></li>")
	}
	return list.String()
}

// mark is the symbol of a verdict, of a run or of an objective.
func mark(verdict string) string {
	switch verdict {
	case "GO", "pass":
		return "✔"
	case "CONDITIONAL-GO", "conditional":
		return "▲"
	case "NO-GO", "INVALID", "fail":
		return "✖"
	}
	return "?"
}
