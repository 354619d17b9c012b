package live

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	retryAfter = time.Second      // for a browser whose connection broke
	quiet      = 15 * time.Second // after so long a comment tells that we are there
)

// events writes what changes on the page, until the watcher goes away or nothing
// changes any more.
func (p *Page) events(w http.ResponseWriter, r *http.Request) {
	if !p.watchers.join() {
		w.Header().Set("Retry-After", "10")
		p.refuse(w, http.StatusServiceUnavailable, fmt.Sprintf("%d watch already, which is the most: close another page, or look at the report when the run has ended", mostWatchers))
		return
	}
	defer p.watchers.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return
	}
	s := stream{to: w, control: http.NewResponseController(w), boot: p.boot, seen: p.seenBy(r)}
	s.greet = fmt.Sprintf("retry: %d\n\n", retryAfter.Milliseconds())
	v := p.board.look(r.Context().Done())
	idle := time.NewTimer(quiet)
	defer idle.Stop()
	for s.write(v) == nil && !v.over {
		idle.Reset(quiet)
		select {
		case <-v.next:
			v = p.board.shown.newest()
		case <-idle.C:
			s.greet = ":\n\n"
		case <-r.Context().Done():
			return
		}
	}
}

// seenBy is the version of the page that the watcher has already. One of another
// process is none.
func (p *Page) seenBy(r *http.Request) int64 {
	id := r.Header.Get("Last-Event-ID")
	if id == "" {
		id = r.URL.Query().Get("seen")
	}
	boot, version, _ := strings.Cut(id, "-")
	n, err := strconv.ParseInt(version, 10, 64)
	if boot != p.boot || err != nil || n > p.board.shown.newest().version {
		return -1
	}
	return n
}

// A stream is the connection of one watcher.
type stream struct {
	to      http.ResponseWriter
	control *http.ResponseController
	boot    string
	seen    int64  // the version up to which all is written
	greet   string // what is written first
}

// write writes what of the view the watcher has not seen. What is written is shared by
// all, and never copied.
func (s *stream) write(v *view) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	for _, piece := range s.news(v) {
		if _, err := s.to.Write(piece); err != nil {
			return err
		}
	}
	s.seen, s.greet = v.version, ""
	return s.control.Flush()
}

// news is what the watcher has not seen. The id comes last: whoever has it has all of it.
func (s *stream) news(v *view) [][]byte {
	var all [][]byte
	if s.greet != "" {
		all = append(all, []byte(s.greet))
	}
	if v.version == s.seen+1 {
		all = append(all, v.news)
	} else {
		all = append(all, v.since(s.seen)...)
	}
	end := ""
	if v.version > s.seen {
		end = fmt.Sprintf("id: %s-%d\n\n", s.boot, v.version)
	}
	if v.over {
		end += string(event("ended", true))
	}
	if end != "" {
		all = append(all, []byte(end))
	}
	return all
}
