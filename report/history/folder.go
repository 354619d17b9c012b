package history

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"gonogo/report"
	"gonogo/report/show"
)

// A Folder is a folder of reports. Several goroutines may use one.
//
// Nothing outside of the folder is ever read: links that lead out of it are no reports.
type Folder struct {
	root *os.Root

	mu    sync.Mutex
	known map[string]entry // of the reports that were looked at
	view  *View            // nil: none yet
	names []string         // of the newest reports, as they were listed
	older int              // how many there are beside them
	seen  time.Time        // when the folder had changed last when it was listed
	at    time.Time        // when that was
	kept  bool             // the index is there, or cannot be
}

// An entry is what is known of a file: its row, or why there is none.
type entry struct {
	row  Row
	why  string // "": there is a row
	size int64
	at   time.Time
}

// A View is the runs of a folder as they were at an instant. It does not change.
type View struct {
	Rows       []Row // newest first, by the names of their reports
	Unreadable []Unreadable
	Older      int // reports that are not looked at: there are Most newer ones
	Unread     int // reports that Sync left for the next time
	Foreign    int // lines of the index that are none of ours
}

// An Unreadable is a report of which no row can be made.
type Unreadable struct{ File, Why string }

// Row returns the row of a report, or nil.
func (v *View) Row(file string) *Row {
	if i := slices.IndexFunc(v.Rows, func(r Row) bool { return r.File == file }); i >= 0 {
		return &v.Rows[i]
	}
	return nil
}

// Open opens a folder, and reads its index if there is one.
func Open(dir string) (*Folder, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "open", Path: dir, Err: errors.New("it is a file: want the folder that reports are in")}
	}
	if err != nil {
		return nil, fmt.Errorf("open the folder of reports: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder of reports: %w", err)
	}
	return &Folder{root: root}, nil
}

// Close implements io.Closer.
func (f *Folder) Close() error { return f.root.Close() }

// Sync looks whether the folder has changed, reads the reports that the index lacks, the
// newest ones first and at most most of them, and returns what is known then. Where there
// was no index and every report has been read, it writes one, if it can.
//
// Where nothing has changed it costs one look at the folder.
func (f *Folder) Sync(ctx context.Context, most int) (*View, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := f.root.Stat(".")
	if err != nil {
		return nil, fmt.Errorf("look at the folder of reports: %w", err)
	}
	same := f.view != nil && info.ModTime().Equal(f.seen) && f.at.Sub(f.seen) > coarse
	if same && f.view.Unread == 0 {
		return f.view, nil
	}
	if !same {
		if err := f.list(ctx); err != nil {
			return nil, fmt.Errorf("list the folder of reports: %w", err)
		}
		f.seen = info.ModTime()
	}
	view := &View{Older: f.older}
	if f.view != nil {
		view.Foreign = f.view.Foreign
	} else {
		view.Foreign = f.load()
	}
	if err := f.read(ctx, most, view); err != nil {
		return nil, err
	}
	f.view = view
	f.keep()
	return view, nil
}

// list notes which reports there are.
func (f *Folder) list(ctx context.Context) error {
	now := time.Now()
	dir, err := f.root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	names, older, err := newest(ctx, dir, Most)
	if err == nil {
		f.names, f.older, f.at = names, older, now
	}
	return err
}

// coarse is how long two changes of a folder may have one time. Not all file systems count
// finer.
const coarse = 3 * time.Second

// load takes what the index knows.
func (f *Folder) load() (foreign int) {
	f.known = map[string]entry{}
	_, err := f.root.Lstat(File)
	f.kept = err == nil // what is there is left alone, whatever it is
	in, err := f.open(File)
	if err != nil {
		return 0
	}
	defer in.Close()
	if info, err := in.Stat(); err == nil && info.Size() > mostBytes { // the newest lines are at its end
		_, _ = in.Seek(-mostBytes, io.SeekEnd)
	}
	rows, foreign, err := Read(in)
	if err != nil {
		return 0
	}
	for _, r := range rows {
		f.known[r.File] = entry{row: r, size: r.Size, at: r.Modified}
	}
	return foreign
}

// read makes the view of the reports that were listed, and forgets all others.
func (f *Folder) read(ctx context.Context, most int, view *View) error {
	known := make(map[string]entry, len(f.names))
	for _, name := range f.names {
		e, same := f.lookup(name)
		if !same {
			if most == 0 {
				view.Unread++
				continue
			}
			most--
			if err := ctx.Err(); err != nil {
				return err
			}
			e = f.scan(name)
		}
		known[name] = e
		if e.why != "" {
			view.Unreadable = append(view.Unreadable, Unreadable{name, e.why})
			continue
		}
		view.Rows = append(view.Rows, e.row)
	}
	f.known = known
	return nil
}

// lookup returns what is known of a file, if it is still the same.
func (f *Folder) lookup(name string) (entry, bool) {
	e, ok := f.known[name]
	if !ok {
		return entry{}, false
	}
	info, err := f.root.Stat(name)
	return e, err == nil && info.Size() == e.size && info.ModTime().Equal(e.at)
}

// scan reads a report for its row.
func (f *Folder) scan(name string) entry {
	in, err := f.open(name)
	if err != nil {
		return entry{why: show.Inert(err.Error(), mostText)}
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return entry{why: show.Inert(err.Error(), mostText)}
	}
	e := entry{size: info.Size(), at: info.ModTime()}
	found, err := scan(in)
	if err != nil {
		e.why = show.Inert(err.Error(), mostText)
		return e
	}
	e.row = found.row()
	e.row.is(name, info)
	return e
}

// open opens a regular file of the folder. What is none, such as a pipe, would never end.
func (f *Folder) open(name string) (*os.File, error) {
	in, err := f.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := in.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("is no regular file")
	}
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return in, nil
}

// Open opens the report that a row is of, as it is in the file.
func (f *Folder) Open(r *Row) (io.ReadCloser, error) { return f.open(r.File) }

// Report reads the report that a row is of.
func (f *Folder) Report(r *Row) (*report.Report, error) {
	in, err := f.open(r.File)
	if err != nil {
		return nil, fmt.Errorf("open report: %w", err)
	}
	defer in.Close()
	read, err := report.Read(in)
	if err != nil {
		return nil, fmt.Errorf("read report %s: %w", r.File, err)
	}
	return read, nil
}

// keep writes the index where there is none and all is read. Where that is not possible
// the reports are read again the next time, and nothing else is lost.
func (f *Folder) keep() {
	if f.kept || f.view.Unread > 0 || len(f.view.Rows) == 0 {
		return
	}
	f.kept = true
	draft := "." + File + "." + rand.Text() + ".tmp"
	if f.write(draft) == nil {
		if f.root.Link(draft, File) != nil { // no hard links here, or a run was faster
			if _, err := f.root.Lstat(File); errors.Is(err, fs.ErrNotExist) {
				_ = f.root.Rename(draft, File)
			}
		}
	}
	_ = f.root.Remove(draft)
}

// write writes all rows, the oldest first, as they would have been appended.
func (f *Folder) write(name string) (err error) {
	out, err := f.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	for _, r := range slices.Backward(f.view.Rows) {
		line, err := r.line()
		if err != nil {
			return err
		}
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return nil
}
