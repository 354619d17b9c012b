package importer

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"gonogo/internal/yamlfile"
)

// A LogFormat is how the lines of an access log are written.
type LogFormat string

// The formats.
const (
	GuessLog    LogFormat = ""         // by the first line that is understood
	CombinedLog LogFormat = "combined" // of nginx and Apache; $request_time may follow
	JSONLog     LogFormat = "json"     // an object a line
	CaddyLog    LogFormat = "caddy"    // the JSON of Caddy
)

// LogOptions say how an access log is read.
type LogOptions struct {
	File   string // what the log is called in errors and notes
	Name   string // of the scenario
	Target string // base URL of the scenario; "": guessed from the hosts
	Format LogFormat
	Fields LogFields // of JSONLog, where their names are not the usual ones
}

// LogFields are the names of fields in a log of JSON lines; a dot leads into an
// object. Empty ones are guessed.
type LogFields struct {
	Time, Method, Path, Host, Duration string
}

// The bounds of reading a log.
const (
	longestLine = 1 << 20
	shownLines  = 5 // malformed ones
)

// AccessLog reads an access log as a stream, of any size in bounded memory. It
// writes a trace, which replays the requests at their instants, as lines of JSON:
//
//	{"at":1.25,"method":"GET","path":"/a?b=c","host":"example.test"}
//
// where at is seconds since the first one; and it returns a scenario that sums the
// log up: the paths by their share, and the rate over time.
func AccessLog(r io.Reader, trace io.Writer, o LogOptions) (*Scenario, []Note, error) {
	src := &source{file: cmp.Or(o.File, "log")}
	src.env = &secrets{source: src}
	out := bufio.NewWriterSize(trace, 1<<16)
	l := &logReader{src: src, format: o.Format, parse: logParser{fields: o.Fields}, traffic: newTraffic(), order: newReorder(out)}
	if err := yamlfile.OneOf(string(o.Format), string(GuessLog), string(CombinedLog), string(JSONLog), string(CaddyLog)); err != nil {
		return nil, nil, err
	}
	if err := l.read(r); err != nil {
		return nil, nil, err
	}
	if err := errors.Join(l.order.flush(), out.Flush()); err != nil {
		return nil, nil, fmt.Errorf("write the trace: %w", err)
	}
	if l.good == 0 {
		if len(src.mistakes) == 0 {
			src.wrong(src.at(1, 1), "the log has no line", "an access log")
		}
		return nil, nil, src.err()
	}
	l.explain()
	return l.traffic.scenario(l, o), src.said(), nil
}

type logReader struct {
	src     *source
	format  LogFormat
	parse   logParser
	traffic *traffic
	order   *reorder
	line    int
	good    int
	bad     int
	queries bool // of some request
}

// read takes the log line by line. A line that is too long is not kept.
func (l *logReader) read(r io.Reader) error {
	in := bufio.NewReaderSize(r, 1<<16)
	var line []byte
	tooLong := false
	for {
		part, more, err := in.ReadLine()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", l.src.file, err)
		}
		if len(line)+len(part) > longestLine {
			tooLong, line = true, line[:0]
		}
		if !tooLong {
			line = append(line, part...)
		}
		if more {
			continue
		}
		l.line++
		if tooLong {
			l.malformed(1, "the line is longer than 1 MiB", "")
		} else if err := l.take(line); err != nil {
			return fmt.Errorf("write the trace: %w", err)
		}
		line, tooLong = line[:0], false
	}
}

// take reads a line and passes its request on.
func (l *logReader) take(line []byte) error {
	text := strings.TrimSpace(strings.TrimPrefix(string(line), "\uFEFF"))
	if text == "" || text[0] == '#' {
		return nil
	}
	if l.format == GuessLog {
		l.format = guess(text)
	}
	req, column, err := l.parse.line(l.format, text)
	if err != nil {
		l.malformed(column, err.Error(), text)
		return nil
	}
	l.good++
	l.queries = l.queries || strings.Contains(req.path, "?")
	l.traffic.count(req)
	return l.order.add(req)
}

// guess tells the format by a line.
func guess(line string) LogFormat {
	if line[0] != '{' {
		return CombinedLog
	}
	if strings.Contains(line, `"request":{`) || strings.Contains(line, `"request": {`) {
		return CaddyLog
	}
	return JSONLog
}

// malformed counts a line, and shows the first few.
func (l *logReader) malformed(column int, what, line string) {
	if l.bad++; l.bad > shownLines {
		return
	}
	if line != "" {
		what += ": " + yamlfile.Quote(clean(l.src.masked(line)))
	}
	want := "a line of the format " + string(cmp.Or(l.format, CombinedLog))
	l.src.wrong(l.src.at(l.line, column), what, want)
}

// masked is a line without the values of its queries: they may be secret.
func (s *source) masked(line string) string {
	before, _, ok := strings.Cut(line, "?")
	if ok {
		return before + "?..."
	}
	return line
}

// explain makes notes of what was not as it should be.
func (l *logReader) explain() {
	for _, m := range l.src.mistakes {
		l.src.note(m.Pos, "malformed, left out: %s", m.What)
	}
	if l.bad > shownLines {
		l.src.note(l.src.at(0, 0), "%d lines of %d are malformed and left out; the first %d are shown", l.bad, l.line, shownLines)
	}
	if l.order.late > 0 {
		l.src.note(l.src.at(0, 0), "%d requests stand more than 10 s, or %d lines, behind their place and are not in the trace", l.order.late, maxWaiting)
	}
	if l.queries {
		l.src.note(l.src.at(0, 0), "the trace holds the queries as they were logged: if they have secrets, so has the trace")
	}
	if l.order.spread {
		l.src.note(l.src.at(0, 0), "the log knows whole seconds only: the requests of a second are spread over it evenly")
	}
	if l.parse.ended > 0 && l.parse.timed == 0 {
		l.src.note(l.src.at(0, 0), "the log says when requests ended, and not how long they took: they are replayed at their ends")
	}
}
