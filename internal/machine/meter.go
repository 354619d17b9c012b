package machine

import (
	"io"
	"io/fs"
)

// A Meter asks for the same again and again, at a small part of the cost: it keeps
// open what changes, and remembers what is a setting. One goroutine uses it.
type Meter struct {
	machine Machine
	open    map[string]fs.File
	room    [4096]byte // far more than any of these files has
	ports   Ports
	known   bool // ports
}

// Meter returns one, to be closed.
func (m Machine) Meter() *Meter { return &Meter{machine: m, open: map[string]fs.File{}} }

// Usage is Machine.Usage.
func (m *Meter) Usage() Usage { return Usage{CPU: cpuTime(), RSS: rssIn(m.read(usageFile))} }

// Ports is Machine.Ports; their range and Reuse are those of the first call.
func (m *Meter) Ports() (Ports, bool) {
	if !m.known {
		m.ports, m.known = m.machine.Ports()
	} else {
		m.ports.Waiting = waitingIn(m.read(socketsFile))
	}
	return m.ports, m.known
}

// Close closes what is open.
func (m *Meter) Close() {
	for _, f := range m.open {
		_ = f.Close() // nothing was written
	}
	clear(m.open)
}

// read returns what a small file holds now, until the next call; nothing when it
// cannot be read.
func (m *Meter) read(name string) []byte {
	f := m.open[name]
	if f == nil {
		var err error
		if f, err = m.machine.root().Open(name); err != nil {
			return nil
		}
		m.open[name] = f
	}
	at, ok := f.(io.ReaderAt)
	if !ok {
		return m.machine.read(name)
	}
	n, err := at.ReadAt(m.room[:], 0)
	if err != nil && err != io.EOF {
		return nil
	}
	return m.room[:n]
}
