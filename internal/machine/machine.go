// Package machine asks the operating system what this process uses and what it
// may use: processors, memory, ports and the clocks. What the system does not
// tell is not known, and never a guess.
//
// machine.go says what there is to ask; cgroup.go reads the limits of control
// groups, of both versions; meter.go asks for the same again and again; the files
// beside them are the platforms' own parts, of which process_*.go tell processes
// apart that had the same number.
package machine

import (
	"bytes"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Unknown stands for a number that the system does not tell.
const Unknown = -1

// A Machine answers from the files of its operating system.
type Machine struct {
	// Files is the root of the file system; nil: this machine's own.
	Files fs.FS
}

func (m Machine) root() fs.FS {
	if m.Files == nil {
		return os.DirFS("/")
	}
	return m.Files
}

// Usage is what this process has used at one moment.
type Usage struct {
	CPU time.Duration // processor time since its start, or Unknown
	RSS int64         // bytes of memory that are resident, or Unknown
}

// Usage returns it as of now.
func (m Machine) Usage() Usage { return Usage{CPU: cpuTime(), RSS: rssIn(m.read(usageFile))} }

const (
	usageFile   = "proc/self/statm"
	socketsFile = "proc/net/sockstat"
)

// rssIn is the second number of statm, in pages.
func rssIn(text []byte) int64 {
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return Unknown
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil || pages < 0 || pages > 1<<40 {
		return Unknown
	}
	return pages * int64(os.Getpagesize())
}

// CPUs is how many processors this process may use, as a share where a control
// group limits its time.
func (m Machine) CPUs() float64 {
	cpus := float64(min(runtime.NumCPU(), runtime.GOMAXPROCS(0)))
	if quota, ok := m.cpuQuota(); ok {
		cpus = min(cpus, quota)
	}
	return cpus
}

// Memory is how many bytes this process can still take, or Unknown.
func (m Machine) Memory() int64 {
	free := m.available()
	if left, ok := m.memoryLeft(); ok && (free == Unknown || left < free) {
		free = left
	}
	return free
}

// available is what the kernel estimates for the machine as a whole.
func (m Machine) available() int64 {
	for line := range bytes.Lines(m.read("proc/meminfo")) {
		if kib, ok := strings.CutPrefix(string(line), "MemAvailable:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kib), "kB")), 10, 64)
			if err != nil || n < 0 || n > 1<<50 {
				return Unknown
			}
			return n * 1024
		}
	}
	return Unknown
}

// Ports are the local ports that outgoing connections get, and how many are held
// by connections that have ended.
type Ports struct {
	First, Last, Waiting int
	Reuse                Reuse
}

// Reuse says which connections may take the port of one that has ended after a
// second, and not after a minute.
type Reuse int

// What Linux does; by default it is ReuseOnLoopback.
const (
	ReuseNone Reuse = iota
	ReuseAll
	ReuseOnLoopback
)

// Count is how many there are.
func (p Ports) Count() int { return p.Last - p.First + 1 }

// Ports returns them, or false where they are not known.
func (m Machine) Ports() (Ports, bool) {
	fields := m.fields("proc/sys/net/ipv4/ip_local_port_range")
	if len(fields) != 2 {
		return Ports{}, false
	}
	first, err1 := strconv.ParseUint(fields[0], 10, 16)
	last, err2 := strconv.ParseUint(fields[1], 10, 16)
	if err1 != nil || err2 != nil || first > last {
		return Ports{}, false
	}
	p := Ports{First: int(first), Last: int(last), Waiting: waitingIn(m.read(socketsFile))}
	if reuse := m.number("proc/sys/net/ipv4/tcp_tw_reuse"); reuse == 1 || reuse == 2 {
		p.Reuse = Reuse(reuse)
	}
	return p, true
}

// waitingIn counts the sockets in TIME_WAIT, of this network namespace.
func waitingIn(sockstat []byte) int {
	for line := range bytes.Lines(sockstat) {
		fields := strings.Fields(string(line))
		if len(fields) == 0 || fields[0] != "TCP:" {
			continue
		}
		for i := 1; i+1 < len(fields); i += 2 {
			if n, err := strconv.ParseUint(fields[i+1], 10, 31); fields[i] == "tw" && err == nil {
				return int(n)
			}
		}
	}
	return 0
}

// fields are the words of a small file, none when it cannot be read.
func (m Machine) fields(name string) []string { return strings.Fields(string(m.read(name))) }

func (m Machine) read(name string) []byte {
	text, err := fs.ReadFile(m.root(), name)
	if err != nil {
		return nil
	}
	return text
}
