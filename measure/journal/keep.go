package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Problem returns what goes wrong in the background, nil when all is well: making
// things durable or merging. It costs no sealed interval.
func (w *Writer) Problem() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return errors.Join(w.failing, w.unmerged)
}

// Sync makes durable what was added so far.
func (w *Writer) Sync() error {
	w.syncing.Lock()
	defer w.syncing.Unlock()
	w.mu.Lock()
	finished, work := w.unsynced, pending{named: w.named, events: w.events.take()}
	for _, f := range append(slices.Clone(finished), w.current) {
		if f != nil && f.take() {
			work.segments = append(work.segments, f)
		}
	}
	w.unsynced, w.named = nil, false
	w.mu.Unlock()
	if len(finished)+len(work.segments) == 0 && !work.named && !work.events {
		return nil
	}
	return w.synced(w.sync(work), finished)
}

// pending is what is to be made durable.
type pending struct {
	segments []*file
	named    bool // there are new ones
	events   bool
}

// sync makes it so in the order in which it was written: no event is ever known
// of which the intervals before it are not.
func (w *Writer) sync(p pending) error {
	for _, f := range p.segments {
		if err := w.disk.sync(f.File); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	if p.named {
		if err := w.disk.syncDir(); err != nil {
			return err
		}
	}
	if p.events {
		if err := w.disk.sync(w.events.File); err != nil {
			return fmt.Errorf("%s: %w", eventsName, err)
		}
	}
	return nil
}

// synced closes files that are complete and durable. When making durable failed,
// the kernel may have forgotten what it was to write: that is told, and nothing
// more is added to the segment.
func (w *Writer) synced(failed error, finished []*file) error {
	for _, f := range finished {
		_ = f.Close() // it is durable, or told of
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.failing
	if w.failing = failed; failed == nil {
		return nil
	}
	w.failing = w.wrap(failed)
	if before == nil {
		w.note(Event{Kind: Damaged, Text: "what was written of late may not be durable: " + failed.Error()})
		_ = w.flushEvents() // or later
		if w.current != nil {
			_ = w.complete() // or when it is long enough
		}
	}
	return w.failing
}

// keep makes durable, in the background.
func (w *Writer) keep(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-w.kick:
		}
		_ = w.Sync() // see Problem
	}
}

// mergeAll merges in the background.
func (w *Writer) mergeAll(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.merge:
		}
		err := w.mergeDue(ctx)
		if err != nil && ctx.Err() == nil {
			err = w.wrap(err)
		}
		w.mu.Lock()
		w.unmerged = err
		w.mu.Unlock()
	}
}

// mergeDue merges all that is old enough.
func (w *Writer) mergeDue(ctx context.Context) error {
	for {
		w.mu.Lock()
		row := due(w.segments, w.newest)
		w.mu.Unlock()
		if row == nil {
			return nil
		}
		if err := w.mergeRow(ctx, row); err != nil {
			return fmt.Errorf("merge %s to %s: %w", row[0].name(), row[len(row)-1].name(), err)
		}
	}
}

// mergeRow replaces segments by one. Until it has its name, they count; from then
// on it does, and whoever finds them still there removes them.
func (w *Writer) mergeRow(ctx context.Context, row []known) error {
	into := known{segment{row[0].level + 1, row[0].first, row[len(row)-1].last}, row[0].from, -1}
	var sources []*source
	defer func() {
		for _, s := range sources {
			_ = s.file.Close()
		}
	}()
	for _, s := range row {
		src, err := s.open(w.disk, w.tag)
		if err != nil {
			return err
		}
		sources, into.to = append(sources, src), max(into.to, s.to)
	}
	if err := w.writeMerged(ctx, into.segment, sources); err != nil {
		return err
	}
	w.mu.Lock()
	at := slices.Index(w.segments, row[0])
	w.segments = slices.Replace(w.segments, at, at+len(row), into)
	w.mu.Unlock()
	var errs []error
	for _, s := range row {
		errs = append(errs, w.disk.remove(s.name()))
	}
	return errors.Join(errs...)
}

// writeMerged writes a segment that is made of others.
func (w *Writer) writeMerged(ctx context.Context, into segment, sources []*source) (err error) {
	if err := w.noteDamage(sources); err != nil {
		return err
	}
	temporary := into.name() + ".tmp"
	f, err := newFile(w.disk, temporary, into.name(), w.tag)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close() // it may be already
			_ = w.disk.remove(temporary)
		}
	}()
	if err := w.copyMerged(ctx, f, tiers()[into.level].unit, sources); err != nil {
		return err
	}
	if err := f.append(kindEnd, nil); err != nil {
		return err
	}
	return f.publish(temporary)
}

// noteDamage tells of what will be found no more when the sources are gone.
func (w *Writer) noteDamage(sources []*source) error {
	var all []Damage
	for _, s := range sources {
		all = append(all, s.assessed(false)...)
	}
	if len(all) == 0 {
		return nil
	}
	if err := w.tell(all[:min(len(all), ownNotes)]); err != nil {
		return err
	}
	return w.Sync()
}

func (w *Writer) tell(of []Damage) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.flushEvents(); err != nil {
		return err
	}
	for _, d := range of {
		w.noteAt(Event{Kind: Damaged, Text: d.String()})
	}
	return w.flushEvents()
}

// copyMerged writes what is in sources in stretches of unit seconds. It does so a
// piece at a time: what measures must not be disturbed.
func (w *Writer) copyMerged(ctx context.Context, to *file, unit int, sources []*source) error {
	c := &codec{config: &w.header.Config}
	m, err := newMerger(c, sources, w.tag)
	if err != nil {
		return err
	}
	for {
		began := time.Now()
		items, err := m.window(unit)
		if err != nil || len(items) == 0 {
			return err
		}
		for len(items) > 0 {
			n := nested(items, unit)
			payload, err := c.merged(items[:n], unit)
			if err != nil {
				return err
			}
			if err := to.append(kindStretch, payload); err != nil {
				return err
			}
			items = items[n:]
		}
		w.rest(ctx, time.Since(began))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// merged returns the payload of one stretch. Most are as they were, when stretches
// become no longer.
func (c *codec) merged(items []item, unit int) ([]byte, error) {
	if i := items[0]; len(items) == 1 && i.payload != nil && i.to-i.from+1 == unit {
		return i.payload, nil
	}
	r, err := c.merge(items, unit)
	if err != nil {
		return nil, err
	}
	return c.stretch(&r)
}

// rest waits three times as long as was worked.
func rest(ctx context.Context, worked time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(3 * worked):
	}
}
