package importer

import (
	"bufio"
	"container/heap"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// The bounds of putting requests in order.
const (
	maxWaiting   = 1 << 18
	waitingBytes = 64 << 20
	patience     = 10 * time.Second
)

// reorder writes requests by their starts, though a log has them by their ends.
// Those of the last 10 s wait in a heap; what comes later than that is late.
type reorder struct {
	out     *bufio.Writer
	waiting waiting
	most    int // that may wait
	bytes   int
	latest  time.Time
	first   time.Time
	written time.Time
	began   bool
	late    int
	seq     int

	// Logs of whole seconds: the requests of one second are kept until it is over,
	// and then spread over it.
	fine   bool // an instant within a second was seen
	second []logged
	size   int // of the second
	spread bool
}

func newReorder(out *bufio.Writer) *reorder { return &reorder{out: out, most: maxWaiting} }

// queued is a request in the heap; those of one instant stay in their order.
type queued struct {
	logged
	seq int
}

type waiting []queued

func (w waiting) Len() int { return len(w) }
func (w waiting) Less(i, j int) bool {
	if c := w[i].at.Compare(w[j].at); c != 0 {
		return c < 0
	}
	return w[i].seq < w[j].seq
}
func (w waiting) Swap(i, j int) { w[i], w[j] = w[j], w[i] }

// Push is for container/heap.
func (w *waiting) Push(x any) { *w = append(*w, x.(queued)) }

// Pop is for container/heap.
func (w *waiting) Pop() any {
	last := len(*w) - 1
	x := (*w)[last]
	(*w)[last] = queued{}
	*w = (*w)[:last]
	return x
}

func (l *logged) cost() int { return len(l.path) + len(l.host) + len(l.method) + 96 }

// add takes a request and writes those that have waited long enough.
func (r *reorder) add(req logged) error {
	if r.began && req.at.Before(r.written) {
		r.late++
		return nil
	}
	if req.at.After(r.latest) || r.seq == 0 {
		r.latest = req.at
	}
	r.seq++
	r.bytes += req.cost()
	heap.Push(&r.waiting, queued{req, r.seq})
	for len(r.waiting) > 0 && (r.waiting[0].at.Before(r.latest.Add(-patience)) || len(r.waiting) > r.most || r.bytes > waitingBytes) {
		if err := r.release(); err != nil {
			return err
		}
	}
	return nil
}

func (r *reorder) release() error {
	q := heap.Pop(&r.waiting).(queued)
	r.bytes -= q.cost()
	if !r.began {
		r.began, r.first = true, q.at
	}
	r.written = q.at
	if r.fine = r.fine || q.at.Nanosecond() != 0; r.fine {
		if err := r.flushSecond(); err != nil {
			return err
		}
		return r.write(q.logged, q.at.Sub(r.first))
	}
	if len(r.second) > 0 && (!r.second[0].at.Equal(q.at) || r.size > waitingBytes) {
		if err := r.flushSecond(); err != nil {
			return err
		}
	}
	r.second, r.size = append(r.second, q.logged), r.size+q.cost()
	return nil
}

// flushSecond writes the requests of a second, spread over it.
func (r *reorder) flushSecond() error {
	n := time.Duration(len(r.second))
	for i, req := range r.second {
		at := req.at.Sub(r.first)
		if !r.fine {
			at += time.Second * time.Duration(i) / n
			r.spread = r.spread || n > 1
		}
		if err := r.write(req, at); err != nil {
			return err
		}
	}
	clear(r.second)
	r.second, r.size = r.second[:0], 0
	return nil
}

// flush writes all that waits.
func (r *reorder) flush() error {
	for len(r.waiting) > 0 {
		if err := r.release(); err != nil {
			return err
		}
	}
	return r.flushSecond()
}

// write writes a line of the trace.
func (r *reorder) write(req logged, at time.Duration) error {
	line := append(make([]byte, 0, 256), `{"at":`...)
	line = strconv.AppendFloat(line, at.Round(time.Microsecond).Seconds(), 'f', -1, 64)
	line = append(line, `,"method":`...)
	line = appendString(line, req.method)
	line = append(line, `,"path":`...)
	line = appendString(line, req.path)
	if req.host != "" {
		line = append(line, `,"host":`...)
		line = appendString(line, req.host)
	}
	_, err := r.out.Write(append(line, '}', '\n'))
	return err
}

// appendString appends a JSON string; paths are mostly plain.
func appendString(dst []byte, s string) []byte {
	plain := strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) < 0
	if plain {
		return append(append(append(dst, '"'), s...), '"')
	}
	quoted, err := json.Marshal(s)
	if err != nil {
		return append(dst, `""`...) // a string can always be written
	}
	return append(dst, quoted...)
}
