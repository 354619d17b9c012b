package target

import (
	"bytes"
	"io"
	"time"
)

const (
	smallBuffer = 2 << 10  // what an ordinary request needs, and an idle connection keeps
	largeBuffer = 16 << 10 // the longest head, and what long bodies are read with
	maxLine     = 4 << 10  // of a chunk's size or a trailer
)

// A reader takes requests off a connection, in order, however they were cut
// into segments; several may lie in the buffer at a time.
type reader struct {
	src   io.Reader
	start time.Time     // instants count from here
	stamp time.Duration // when the last bytes came

	buf  []byte
	r, w int // buf[r:w] has been read from src and not been used
}

func newReader(src io.Reader, start time.Time) reader {
	return reader{src: src, start: start, buf: make([]byte, smallBuffer)}
}

// next reads one request whole. Its body is passed over.
func (r *reader) next(q *request) error {
	head, err := r.head()
	if err != nil {
		return err
	}
	*q, err = parseHead(head[:len(head)-len("\r\n")])
	q.size, q.headAt = int64(len(head)), r.stamp
	if err != nil {
		return err
	}
	if q.chunked {
		err = r.skipChunks(q)
	} else if q.length > 0 {
		err = r.skip(q, q.length)
	}
	q.arrived = r.stamp
	return err
}

// head returns the bytes up to and including the empty line. They stay valid
// until the next read. Empty lines before a request are passed over.
func (r *reader) head() ([]byte, error) {
	for {
		for bytes.HasPrefix(r.buf[r.r:r.w], []byte("\r\n")) {
			r.r += len("\r\n")
		}
		unread := r.buf[r.r:r.w]
		if i := bytes.Index(unread, []byte("\r\n\r\n")); i >= 0 {
			end := i + len("\r\n\r\n")
			r.r += end
			return unread[:end], nil
		}
		if len(unread) >= largeBuffer {
			return nil, &badRequest{431, "head: longer than 16 KiB"}
		}
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
}

// fill reads what is there, and makes room for it first.
func (r *reader) fill() error {
	if r.r == r.w {
		r.r, r.w = 0, 0
	}
	if r.w == len(r.buf) {
		r.room()
	}
	n, err := r.src.Read(r.buf[r.w:])
	r.stamp = time.Since(r.start)
	r.w += n
	if n > 0 {
		return nil // an error comes again
	}
	return err
}

// room moves what is unread to the front, and grows a buffer that is full of it.
func (r *reader) room() {
	to := r.buf
	if r.r == 0 {
		to = make([]byte, largeBuffer)
	}
	r.w = copy(to, r.buf[r.r:r.w])
	r.r, r.buf = 0, to
}

// skip passes over n bytes of a body.
func (r *reader) skip(q *request, n int64) error {
	q.size += n
	for {
		have := min(n, int64(r.w-r.r))
		r.r += int(have)
		if n -= have; n == 0 {
			return nil
		}
		if n > largeBuffer && len(r.buf) < largeBuffer {
			r.buf = make([]byte, largeBuffer)
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
}

// skipChunks passes over a chunked body and its trailers.
func (r *reader) skipChunks(q *request) error {
	for {
		line, err := r.line(q)
		if err != nil {
			return err
		}
		size, err := parseChunkSize(line)
		if err != nil {
			return err
		}
		if size == 0 {
			return r.skipTrailers(q)
		}
		if err := r.skip(q, size); err != nil {
			return err
		}
		if line, err = r.line(q); err != nil {
			return err
		}
		if len(line) > 0 {
			return bad("chunk: longer than its size says")
		}
	}
}

func (r *reader) skipTrailers(q *request) error {
	var ignored fields
	for limit := q.size + largeBuffer; q.size < limit; {
		line, err := r.line(q)
		if err != nil || len(line) == 0 {
			return err
		}
		if err := ignored.add(line); err != nil {
			return err
		}
	}
	return &badRequest{431, "trailers: longer than 16 KiB"}
}

// line returns the next line of a chunked body without its CRLF, valid until
// the next read.
func (r *reader) line(q *request) ([]byte, error) {
	for {
		unread := r.buf[r.r:r.w]
		if i := bytes.IndexByte(unread, '\n'); i >= 0 {
			r.r += i + 1
			q.size += int64(i + 1)
			if i == 0 || unread[i-1] != '\r' || i >= maxLine {
				return nil, bad("chunk: want lines that end in CRLF, below 4 KiB")
			}
			return unread[:i-1], nil
		}
		if len(unread) >= maxLine {
			return nil, bad("chunk: want lines that end in CRLF, below 4 KiB")
		}
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
}
