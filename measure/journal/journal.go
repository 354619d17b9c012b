// Package journal keeps a run's intervals on disk while it goes on, so that
// neither a crash nor a full disk loses what was sealed, and a report can be made
// at any moment.
//
// A journal is a folder. Its header says which run it is (header.go). The
// intervals of each second are appended to a segment, which is complete after a
// minute (writer.go). In the background, what was appended is made durable and old
// segments are merged into fewer ones, whose stretches are longer: 10 seconds
// after ten minutes, a minute after half an hour, four minutes after four hours
// (keep.go, segment.go). Counters stay exact for every second (cells.go); only
// histograms become coarser in time, never in value. What happened beside the
// load are events (event.go).
//
// Every file is made of frames with checksums (frame.go), which hold the encoded
// intervals (record.go). The reader needs no lock (reader.go, merge.go): it sees
// the journal as of one moment, leaves out what is damaged, and says so
// (damage.go). One process writes at a time (disk.go, lock_*.go).
package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// Create makes a journal in a folder that does not exist yet or is empty, and
// begins to write it.
func Create(dir string, h Header) (*Writer, error) {
	w, err := create(&disk{dir: dir}, h)
	if err != nil {
		return nil, fmt.Errorf("create journal %s: %w", dir, err)
	}
	w.start()
	return w, nil
}

func create(d *disk, h Header) (w *Writer, err error) {
	data, err := h.encode()
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(d.dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if err := vacant(d); err != nil {
		return nil, err // and nothing is left in a folder of something else
	}
	held, err := hold(d)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = held.Close()
		}
	}()
	if err := vacant(d); err != nil {
		return nil, err // another was faster
	}
	h, tag, err := decodeHeader(data)
	if err != nil {
		return nil, err
	}
	events, err := newFile(d, eventsName, eventsName, tag)
	if err != nil {
		return nil, err
	}
	if err := found(d, events, data); err != nil {
		_ = events.Close()
		return nil, err
	}
	return newWriter(d, h, tag, held, events), nil
}

// found makes a journal of a folder: from when on its header is there, it is one.
func found(d *disk, events *file, header []byte) error {
	if err := d.sync(events.File); err != nil {
		return err
	}
	for _, name := range [...]string{headerName, headerCopy} {
		if err := writeWhole(d, name, header); err != nil {
			return err
		}
	}
	return errors.Join(d.syncDir(), d.syncParent())
}

// vacant tells whether a journal may be made in a folder. What a run leaves that
// dies before its header is written is none.
func vacant(d *disk) error {
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		switch entry.Name() {
		case lockName, eventsName, headerName + ".tmp", headerCopy + ".tmp":
		case headerName:
			return errors.New("there is one already: resume it, or choose another name")
		default:
			return fmt.Errorf("the folder holds something else, such as %s: choose another name", entry.Name())
		}
	}
	return nil
}

// writeWhole writes a file that is there as a whole or not at all.
func writeWhole(d *disk, name string, data []byte) error {
	f, err := d.create(name + ".tmp")
	if err != nil {
		return err
	}
	err = errors.Join(d.writeAt(f, data, 0), d.sync(f), f.Close())
	if err != nil {
		return err
	}
	return d.rename(name+".tmp", name)
}

const lockName = "lock"

// hold takes the journal's lock and writes down who has it.
func hold(d *disk) (*os.File, error) {
	f, err := os.OpenFile(d.path(lockName), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if taken, err := lock(f); taken {
		text, _ := io.ReadAll(io.LimitReader(f, 1000))
		_ = f.Close()
		return nil, fmt.Errorf("%s writes it: end that first, or choose another name", holder(text))
	} else if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock it: %w", err)
	}
	host, _ := os.Hostname()
	text, _ := json.Marshal(held{os.Getpid(), host, time.Now()})
	_ = f.Truncate(0)
	_, _ = f.WriteAt(text, 0) // it is only for people: the lock is the kernel's
	return f, nil
}

// held is who has the lock.
type held struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

func holder(text []byte) string {
	var h held
	if json.Unmarshal(text, &h) != nil || h.PID == 0 {
		return "another process"
	}
	return fmt.Sprintf("process %d on %s, since %s,", h.PID, h.Host, h.Since.Format(time.RFC3339))
}

// Recovery is what Open found.
type Recovery struct {
	Header Header
	Events []Event
	Damage []Damage // what is left out; also the torn end that Open cut off

	// The last second of which something is known, -1 when there is none, and when
	// that was by the wall clock.
	Second int
	Wall   time.Time
}

// Open resumes a journal whose writer stopped or died. h is the header that a new
// journal of the same plan would have: Header.Same has to hold, so that no run
// goes on in the journal of another. Who resumes from nothing but the journal
// takes the header that Read returns.
//
// What is torn is cut off, and the event Resumed tells of it.
func Open(dir string, h Header) (*Writer, *Recovery, error) {
	w, r, err := open(&disk{dir: dir}, h)
	if err != nil {
		return nil, nil, fmt.Errorf("resume journal %s: %w", dir, err)
	}
	w.start()
	return w, r, nil
}

func open(d *disk, h Header) (w *Writer, found *Recovery, err error) {
	header, tag, damaged, err := readHeader(d)
	if err != nil {
		return nil, nil, err
	}
	if err := header.Same(&h); err != nil {
		return nil, nil, err
	}
	held, err := hold(d)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			_ = held.Close()
		}
	}()
	r, err := read(d)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	if err := r.sweep(d); err != nil {
		return nil, nil, err
	}
	w, err = r.writer(d, tag, held)
	if err != nil {
		return nil, nil, err
	}
	if damaged != nil {
		if err := restoreHeader(d); err != nil {
			_ = w.events.Close()
			return nil, nil, err
		}
	}
	found = &Recovery{Header: r.header, Events: r.events.events, Damage: r.damage}
	found.Second, found.Wall = r.Last()
	return w, found, w.resume(r, found)
}

// sweep removes what a run left that died while it merged: what it had not
// finished, and what it had replaced.
func (r *Reader) sweep(d *disk) error {
	_, unfinished, err := list(d.dir)
	if err != nil {
		return err
	}
	for _, s := range r.covered {
		unfinished = append(unfinished, s.name())
	}
	errs := []error{d.remove(headerName + ".tmp"), d.remove(headerCopy + ".tmp")}
	for _, name := range unfinished {
		errs = append(errs, d.remove(name))
	}
	return errors.Join(errs...)
}

// writer returns one that goes on where the journal ends.
func (r *Reader) writer(d *disk, tag string, held *os.File) (*Writer, error) {
	events, err := reopen(d, eventsName, tag, r.events.end)
	if err != nil {
		return nil, err
	}
	w := newWriter(d, r.header, tag, held, events)
	for _, s := range r.sources {
		w.segments = append(w.segments, known{s.segment, s.from, s.to})
		w.newest = max(w.newest, s.to)
	}
	return w, nil
}

// resume notes what is resumed and then repairs the end of the last segment, so
// that what is cut off is told even if this process dies in between.
func (w *Writer) resume(r *Reader, found *Recovery) error {
	away := time.Since(found.Wall)
	text := fmt.Sprintf("the last second known is %d", found.Second)
	if away < 0 {
		text += fmt.Sprintf("; the wall clock was set back since, by %v at least", -away)
	}
	for _, d := range found.Damage {
		text += "; " + d.String()
	}
	w.noteAt(Event{Kind: Resumed, Length: max(away, 0), Text: text})
	err := errors.Join(w.flushEvents(), w.disk.sync(w.events.File))
	if n := len(r.sources); err == nil && n > 0 {
		err = w.repair(r.sources[n-1])
	}
	if err != nil {
		_ = w.events.Close()
	}
	return err
}

// repair gives a segment of seconds its end, if it has none. One that was merged
// is damaged without it, and stays so.
func (w *Writer) repair(s *source) error {
	if s.complete || s.level > 0 {
		return nil
	}
	f, err := reopen(w.disk, s.name(), w.tag, s.end)
	if err != nil {
		return err
	}
	return errors.Join(f.append(kindEnd, nil), w.disk.sync(f.File), f.Close())
}

func newWriter(d *disk, h Header, tag string, held *os.File, events *file) *Writer {
	w := &Writer{
		disk: d, tag: tag, header: h, lock: held, rest: rest, clock: newClock(), events: events, newest: -1,
		kick: make(chan struct{}, 1), merge: make(chan struct{}, 1),
	}
	w.codec.config = &w.header.Config
	return w
}

// start begins what goes on in the background until Close.
func (w *Writer) start() {
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	w.done.Go(func() { w.keep(ctx) })
	w.done.Go(func() { w.mergeAll(ctx) })
	w.wake(w.merge)
}

// Close writes what waits, makes everything durable, and gives the journal back.
// It returns what could not be written, which is then lost.
func (w *Writer) Close() error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return w.wrap(os.ErrClosed)
	}
	w.closed = true
	w.mu.Unlock()
	if w.cancel != nil {
		w.cancel()
	}
	w.done.Wait()
	w.mu.Lock()
	err := w.flush()
	if err != nil {
		err = fmt.Errorf("what waits is lost now: %w", err)
	}
	if w.current != nil {
		err = errors.Join(err, w.complete())
	}
	if err == nil {
		w.noteAt(Event{Kind: Closed})
		err = w.flushEvents()
	}
	last := w.current
	w.mu.Unlock()
	err = errors.Join(err, w.Sync())
	if last != nil {
		_ = last.Close() // its end could not be written, which is told
	}
	return errors.Join(err, w.events.Close(), w.lock.Close())
}
