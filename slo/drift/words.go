package drift

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// words says verdicts for people: changes in the direction of the values.
type words struct {
	s *Series
	r *Run
	o Options
	l *line
	f *figures
}

// size prints a change of a line, with as many digits as keep it on its side of
// the margin.
func (w words) size(y float64) string {
	change, margin := 100*w.s.change(y), 100*w.s.sign()*w.s.margin()
	digits, most := 1, 6
	if w.s.Scale == Share {
		digits, most = 2, 9
	}
	for ; digits < most; digits++ {
		shown, _ := strconv.ParseFloat(strconv.FormatFloat(change, 'f', digits, 64), 64)
		if (shown < margin) == (change < margin) && (shown > margin) == (change > margin) {
			break
		}
	}
	return w.percent(strconv.FormatFloat(change, 'f', digits, 64))
}

func (w words) margin() string {
	return w.percent(strconv.FormatFloat(100*w.s.sign()*w.s.margin(), 'f', 6, 64))
}

func (w words) percent(text string) string {
	if w.s.Scale == Share {
		return signed(text) + " points"
	}
	return signed(text) + "%"
}

// signed takes the zeros off the end of a number and gives it its sign.
func signed(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	switch {
	case text == "0" || text == "-0":
		return "0"
	case strings.HasPrefix(text, "-"):
		return text
	}
	return "+" + text
}

func (w words) length(blocks int) string { return short(time.Duration(blocks) * w.r.Block) }

// short prints a duration without the parts that are 0 at its end.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func (w words) inside() string {
	_, most := w.f.drift.bounds(w.o.Alpha)
	return fmt.Sprintf("the drift over %s is %s, at worst %s: inside the margin of %s",
		w.length(w.l.span), w.size(w.f.drift.value), w.size(most), w.margin())
}

func (w words) beyond(what string, e estimate) string {
	least, _ := e.bounds(w.o.FailAlpha)
	return fmt.Sprintf("%s is %s, at best %s: beyond the margin of %s", what, w.size(e.value), w.size(least), w.margin())
}

func (w words) open(what string, e estimate) string {
	least, _ := e.bounds(w.o.FailAlpha)
	_, most := e.bounds(w.o.Alpha)
	return fmt.Sprintf("%s may be anything from %s to %s: the margin of %s is neither kept nor broken for certain",
		what, w.size(least), w.size(most), w.margin())
}

func (w words) quarters() string {
	if w.l.cycle > 0 {
		return "the change from the first cycle to the last"
	}
	return "the change from the first quarter to the last"
}

func (w words) jumped() string {
	return fmt.Sprintf("it changed by %s after %s and stayed there: beyond the margin of %s, and as clear by chance in %s%% of runs",
		w.size(w.f.jump.size.value), w.length(w.f.jump.at), w.margin(), strconv.FormatFloat(100*w.f.jump.p, 'f', 1, 64))
}

func (w words) apart() string {
	if w.l.cycle > 0 {
		return fmt.Sprintf("every block of the last cycle is worse than the same one of the first by more than the margin of %s", w.margin())
	}
	return fmt.Sprintf("every block at the end is worse than every one at the start by more than the margin of %s", w.margin())
}

func (w words) together() string {
	if w.l.cycle > 0 {
		return fmt.Sprintf("no block is worse by half the margin of %s than one before it at the same time of day", w.margin())
	}
	return fmt.Sprintf("no block is worse by half the margin of %s than one before it", w.margin())
}

func (w words) ending() string {
	return fmt.Sprintf("the last blocks are worse than all before by more than the margin of %s: too few to tell whether that stays", w.margin())
}

func (w words) long() string {
	return fmt.Sprintf("blocks of %s repeat each other (correlation %.2f), so that they are worth %.1f independent ones, it takes %d: use longer blocks in a longer run",
		short(w.r.Block), w.f.memory.lag1, max(w.f.memory.effective, 0), minEffective)
}

func (w words) missing() string {
	return fmt.Sprintf("%d of %d blocks have no value", w.l.span-len(w.l.points), w.l.span)
}

// notes are what goes with a verdict whichever it is.
func (w words) notes(j *Judgement) []string {
	var notes []string
	if j.Confounded {
		notes = append(notes, w.confounded())
	}
	if w.f.visible {
		notes = append(notes, fmt.Sprintf("a rhythm of %s up and down is visible and was taken out; with it the drift would be %s",
			w.size(w.f.rhythm.amplitude), w.size(w.f.plain)))
	}
	if w.s.Own != nil {
		notes = append(notes, "the generator's own part was taken out")
	}
	if w.s.Reference != nil {
		notes = append(notes, "judged against the reference")
	}
	if j.Missing > 0 {
		notes = append(notes, w.missing())
	}
	return notes
}

// confounded says which times of day are compared.
func (w words) confounded() string {
	quarter, end := w.l.span/4, w.l.first+w.l.span
	return fmt.Sprintf("confounded with the time of day: the first quarter is %s to %s, the last %s to %s; two cycles of %s, or a reference, would tell drift from rhythm",
		w.clock(w.l.first), w.clock(w.l.first+quarter), w.clock(end-quarter), w.clock(end), short(w.o.Cycle))
}

// clock is the time of day at which a block begins.
func (w words) clock(block int) string {
	return w.r.Start.Add(time.Duration(block) * w.r.Block).Format("Mon 15:04")
}
