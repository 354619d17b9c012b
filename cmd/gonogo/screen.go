package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"gonogo/report"
	"gonogo/report/show"
	"gonogo/soak"
)

const (
	enterScreen = "\x1b[?1049h\x1b[?25l" // the other screen, no cursor
	leaveScreen = "\x1b[?25h\x1b[?1049l"
	toTop       = "\x1b[H"
	eraseBelow  = "\x1b[J"
	eraseRight  = "\x1b[K"
)

// watchScreen draws the run once a second until it ends or a key detaches.
func watchScreen(ctx context.Context, s *sighting, out *os.File, std stdio) error {
	keys, restore := readKeys(std.in)
	fmt.Fprint(out, enterScreen)
	last, err := drawUntil(ctx, s, keys, out, std)
	fmt.Fprint(out, leaveScreen)
	restore()
	switch {
	case err != nil:
		return failure(err)
	case last.isRunning():
		fmt.Fprintf(std.out, "detached; run %s goes on\n", last.state.Run)
		return nil
	}
	return last.over(std)
}

// drawUntil returns the run as it was seen last.
func drawUntil(ctx context.Context, s *sighting, keys <-chan byte, out *os.File, std stdio) (*sighting, error) {
	snapshots, notice := make(chan string, 1), ""
	var saving sync.WaitGroup
	defer saving.Wait()
	tick := time.NewTicker(drawEvery)
	defer tick.Stop()
	for {
		width, height, err := term.GetSize(int(out.Fd()))
		if err != nil {
			width, height = wideEnough, 24
		}
		lines := append(picture(s, time.Now(), width, wantsColour(std, out)), show.Inert(notice, width-1))
		fmt.Fprint(out, toTop, screenText(lines, height), eraseBelow)
		select {
		case <-ctx.Done():
			return s, nil
		case key, open := <-keys:
			switch {
			case !open:
				keys = nil
			case key == 'q' || key == ctrlC:
				return s, nil
			case key == 's' && notice != snapshotting:
				notice = snapshotting
				saving.Go(func() { snapshots <- snapshot(s.folder, std) })
			}
			continue
		case notice = <-snapshots:
			continue
		case <-tick.C:
		}
		now, err := look(s.folder, time.Now())
		if err != nil {
			return s, err
		}
		if s = now; !s.isRunning() {
			return s, nil
		}
	}
}

const (
	ctrlC        = 3
	snapshotting = "writing a report ..."
)

// snapshot writes a report of how the run stands, and says where.
func snapshot(f soak.Folder, std stdio) string {
	r, series, err := reportFromJournal(string(f), time.Now())
	if err == nil {
		err = (&reportOptions{outDir: f.Snapshots()}).write(r, series, std)
	}
	if err != nil {
		return "no report: " + err.Error()
	}
	return r.Verdict + ": snapshots/" + r.Files[0]
}

// readKeys makes the terminal tell each key at once. What reads them ends with the
// program: nothing can take a read of a terminal back.
func readKeys(in io.Reader) (keys <-chan byte, restore func()) {
	f, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, func() {}
	}
	before, err := term.MakeRaw(int(f.Fd()))
	if err != nil {
		return nil, func() {}
	}
	pressed := make(chan byte)
	go func() {
		defer close(pressed)
		key := make([]byte, 1)
		for {
			if n, err := f.Read(key); n == 0 || err != nil {
				return
			}
			pressed <- key[0]
		}
	}()
	return pressed, func() { _ = term.Restore(int(f.Fd()), before) }
}

// screenText joins as many lines as the screen is high.
func screenText(lines []string, height int) string {
	lines = lines[:min(len(lines), max(1, height-1))]
	return strings.Join(lines, eraseRight+"\r\n") + eraseRight
}

// picture is what watch shows of a run, no line wider than the screen.
func picture(s *sighting, now time.Time, width int, colour bool) []string {
	l := s.live
	if l == nil {
		l = &soak.Live{}
	}
	d := drawing{width: max(width-1, narrowest), colour: colour}
	done := 0.0
	if s.state.Length > 0 {
		done = min(1, l.Done/s.state.Length)
	}
	d.add("SOAK %s  %s of %s %s", s.state.Run, clockText(l.Done), clockText(s.state.Length), doneText(done, d.width-50))
	d.status(s, l, now)
	d.add("now (10s)  %s   ok %s   p50 %s   p95 %s   p99 %s   in flight %d   %s",
		perSecond(l.Rate), percentText(l.OK), millisText(l.P50), millisText(l.P95), millisText(l.P99), l.InFlight, crowdText(l))
	cells := d.width - 24
	d.add("p95   %s   %s", report.Spark(stretch(l.Strip.P95, cells)), limitText(s.state.Limits.P95))
	d.add("err   %s   %s", report.Spark(stretch(l.Strip.Err, cells)), limitText(s.state.Limits.Err))
	for _, note := range l.Notes {
		d.add("%s", note)
	}
	d.add("generator rss %s   lag p99 %s   checkpoint %s", mebibytes(max(0, l.RSS)), millisText(l.Lag), ago(now, l.Saved))
	for _, e := range l.Events {
		d.add("%s", e)
	}
	d.add("[s] snapshot report   [q] detach (the run continues)")
	return d.lines
}

// A drawing is a screen in the making.
type drawing struct {
	width  int
	colour bool
	lines  []string
}

func (d *drawing) add(format string, args ...any) {
	d.lines = append(d.lines, show.Inert(fmt.Sprintf(format, args...), d.width))
}

// status says in a line whether all is well.
func (d *drawing) status(s *sighting, l *soak.Live, now time.Time) {
	const red, yellow, green = "31", "33", "32"
	mark, paint, words := "✔", green, "on track"
	switch {
	case s.condition == soak.Elsewhere:
		words += " (on " + s.state.Process.Host + ")"
	case s.state.Phase == soak.Stopping:
		mark, paint, words = "▲", yellow, "stopping: open requests end"
	case l.Verdict == "fail":
		mark, paint, words = "✖", red, "the run so far misses an objective"
	case len(l.Breached) > 0:
		mark, paint, words = "▲", yellow, "missed in the last 5m: "+strings.Join(l.Breached, ", ")
	case l.Verdict == "conditional":
		mark, paint, words = "▲", yellow, "within a conditional band"
	case l.Verdict != "pass":
		mark, paint, words = "?", yellow, l.Phase
	}
	if l.Budget != nil {
		words += fmt.Sprintf("   error budget left %.1f%%", *l.Budget)
		if l.Forecast != nil {
			words += fmt.Sprintf(", forecast %.0f%%", *l.Forecast)
		}
	}
	left := time.Duration((s.state.Length - l.Done) * float64(time.Second))
	words += "   ends " + now.Add(left).UTC().Format("02 Jan 15:04Z")
	if l.Updated.IsZero() {
		mark, paint, words = "?", yellow, "it has told nothing yet"
	} else if stale := now.Sub(l.Updated); stale > 5*time.Second {
		words += "   (as of " + ago(now, l.Updated) + ")"
	}
	d.add("%s %s", mark, words)
	if d.colour {
		last := &d.lines[len(d.lines)-1]
		*last = "\x1b[" + paint + "m" + mark + "\x1b[0m" + strings.TrimPrefix(*last, mark)
	}
}

func clockText(seconds float64) string {
	n := int64(max(0, seconds))
	return fmt.Sprintf("%02d:%02d:%02d", n/3600, n/60%60, n%60)
}

// doneText is a share with its bar, where there is room for one.
func doneText(done float64, room int) string {
	return strings.TrimPrefix(fmt.Sprintf("%s %.1f%%", report.Bar(done, room), 100*done), " ")
}

func perSecond(v float64) string {
	if v < 10 {
		return fmt.Sprintf("%.1f/s", v)
	}
	return fmt.Sprintf("%.0f/s", v)
}

func percentText(v *float64) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf("%.2f%%", math.Floor(*v*100)/100)
}

func millisText(v *float64) string {
	switch {
	case v == nil:
		return "–"
	case *v < 10:
		return fmt.Sprintf("%.1fms", *v)
	case *v >= 10_000:
		return fmt.Sprintf("%.1fs", *v/1000)
	}
	return fmt.Sprintf("%.0fms", *v)
}

func crowdText(l *soak.Live) string {
	if l.Users == 0 {
		return ""
	}
	return plural(l.Users, "user")
}

func limitText(limit string) string {
	if limit == "" {
		return ""
	}
	return "limit " + limit
}

// ago says how long something is over.
func ago(now, at time.Time) string {
	if at.IsZero() {
		return "not yet"
	}
	return now.Sub(at).Truncate(time.Second).String() + " ago"
}

// stretch makes as many cells of those there are as fit, each the worst of those
// that it stands for.
func stretch(cells []float64, width int) []float64 {
	width = max(1, min(width, 60))
	if len(cells) == 0 {
		return nil
	}
	all := make([]float64, width)
	for i := range all {
		from := i * len(cells) / width
		to := max(from+1, (i+1)*len(cells)/width)
		all[i] = cells[from]
		for _, v := range cells[from:to] {
			all[i] = max(all[i], v)
		}
	}
	return all
}
