package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A disk is all that changes the folder, one system call each.
type disk struct {
	dir string

	// fault is asked before each of them, in tests: how many of the bytes are
	// still written, and the error after that. It is nil otherwise; with it nothing
	// is really made durable, because that takes a while.
	fault func(call) (int, error)
}

// A call is a system call that is about to be made.
type call struct {
	what, name, to string
	bytes          int
}

func (d *disk) path(name string) string { return filepath.Join(d.dir, name) }

func (d *disk) asked(what, name, to string) error {
	if d.fault == nil {
		return nil
	}
	_, err := d.fault(call{what, name, to, 0})
	return err
}

// create makes a file, and empties one that a run left when it died.
func (d *disk) create(name string) (*os.File, error) {
	if err := d.asked("create", name, ""); err != nil {
		return nil, err
	}
	return os.OpenFile(d.path(name), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644)
}

func (d *disk) writeAt(f *os.File, data []byte, offset int64) error {
	if d.fault != nil {
		if n, err := d.fault(call{"write", filepath.Base(f.Name()), "", len(data)}); err != nil {
			_, _ = f.WriteAt(data[:n], offset)
			return err
		}
	}
	_, err := f.WriteAt(data, offset)
	return err
}

func (d *disk) truncate(f *os.File, size int64) error {
	if err := d.asked("truncate", filepath.Base(f.Name()), ""); err != nil {
		return err
	}
	return f.Truncate(size)
}

func (d *disk) sync(f *os.File) error {
	if d.fault != nil {
		return d.asked("sync", filepath.Base(f.Name()), "")
	}
	return f.Sync()
}

// syncDir makes names durable.
func (d *disk) syncDir() error {
	if d.fault != nil {
		return d.asked("sync folder", "", "")
	}
	return syncFolder(d.dir)
}

// syncParent makes the folder's own name durable.
func (d *disk) syncParent() error {
	if d.fault != nil {
		return d.asked("sync parent", "", "")
	}
	return syncFolder(filepath.Dir(d.dir))
}

func (d *disk) rename(from, to string) error {
	if err := d.asked("rename", from, to); err != nil {
		return err
	}
	return os.Rename(d.path(from), d.path(to))
}

// remove does not mind that the file is gone.
func (d *disk) remove(name string) error {
	if err := d.asked("remove", name, ""); err != nil {
		return err
	}
	if err := os.Remove(d.path(name)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// A file is one that grows by frames. What it holds up to size is whole.
type file struct {
	*os.File
	disk  *disk
	name  string
	seal  seal
	size  int64
	dirty bool // not all of it is durable
	buf   []byte
}

// take tells whether a file is to be made durable, which the caller will do.
func (f *file) take() bool {
	dirty := f.dirty
	f.dirty = false
	return dirty
}

// newFile makes one that begins with whose it is.
func newFile(d *disk, name, as, tag string) (*file, error) {
	handle, err := d.create(name)
	if err != nil {
		return nil, err
	}
	f := &file{File: handle, disk: d, name: as, seal: sealOf(tag, as)}
	if err := f.append(kindFile, owner{tag, as}.append(nil)); err != nil {
		_ = f.Close()
		_ = d.remove(name)
		return nil, err
	}
	return f, nil
}

// append writes a frame, or leaves the file as it was.
func (f *file) append(kind byte, payload []byte) error {
	if len(payload) > maxFrame {
		return fmt.Errorf("%d bytes are more than the %d that a frame may have", len(payload), maxFrame)
	}
	f.buf = f.seal.appendFrame(f.buf[:0], f.size, kind, payload)
	if err := f.disk.writeAt(f.File, f.buf, f.size); err != nil {
		_ = f.disk.truncate(f.File, f.size) // if not, the next frame overwrites what is there
		return err
	}
	f.size, f.dirty = f.size+int64(len(f.buf)), true
	return nil
}

// publish closes a file, and makes it durable under its own name, which it did
// not have so far.
func (f *file) publish(from string) error {
	if err := errors.Join(f.disk.sync(f.File), f.Close()); err != nil {
		return err
	}
	if err := f.disk.rename(from, f.name); err != nil {
		return err
	}
	return f.disk.syncDir()
}

// reopen opens a file to go on behind its last frame, and cuts off what follows.
// A file that is missing or has none begins anew.
func reopen(d *disk, name, tag string, end int64) (*file, error) {
	handle, err := os.OpenFile(d.path(name), os.O_RDWR, 0)
	if end == 0 || errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			_ = handle.Close()
		}
		return newFile(d, name, name, tag)
	} else if err != nil {
		return nil, err
	}
	if err := d.truncate(handle, end); err != nil {
		_ = handle.Close()
		return nil, err
	}
	return &file{File: handle, disk: d, name: name, seal: sealOf(tag, name), size: end}, nil
}

// openFile opens a file to read it. What is there in its place may be a pipe, which
// nobody would ever write to.
func openFile(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open %s: it is no regular file: want the one that gonogo wrote", path)
	}
	return os.Open(path)
}
