package sseload

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"gonogo/loadgen"
	"gonogo/loadgen/httpload"
	"gonogo/loadgen/opening"
	"gonogo/measure"
)

// A stream is one that is open.
type stream struct {
	conn   *opening.Conn
	body   io.Reader
	parser parser
	room   []byte
	came   []byte // of room, and not looked at
	events int    // that fit
	until  time.Duration
}

// roomSize is how much of a stream is read at a time.
const roomSize = 4 << 10

// errEnd is the end of a stream by the rules.
var errEnd = errors.New("the server ended the stream")

// event reads until an event is complete.
func (s *stream) event() error {
	s.parser.next()
	for {
		n, done, err := s.parser.feed(s.came)
		s.came = s.came[n:]
		if done || err != nil {
			return err
		}
		if n, err = s.body.Read(s.room); n == 0 && err != nil {
			return s.ended(err)
		}
		s.came = s.room[:n]
	}
}

// ended says what the end of the body means.
func (s *stream) ended(err error) error {
	failed := s.conn.Failed()
	switch {
	case errors.Is(err, io.EOF):
		return errEnd
	case failed != nil:
		return httpload.Ended(failed, s.conn.Received())
	case errors.Is(err, io.ErrUnexpectedEOF):
		return httpload.Ended(err, s.conn.Received())
	}
	return httpload.Malformed("%v", err)
}

// open opens the stream of an Open step. It returns none where the answer is good and
// no stream: then nothing more is wanted of it.
func (u *user) open(call *loadgen.Call, at int, last []byte) (s *stream, err error) {
	err = u.dialer.Within(call, func(ctx context.Context) error {
		s, err = u.ask(ctx, call, at, last)
		return err
	})
	return s, err
}

func (u *user) ask(ctx context.Context, call *loadgen.Call, at int, last []byte) (*stream, error) {
	o, t := &call.Outcome, u.client.current.Load().targets[at]
	fields := []loadgen.Field{{Name: "Accept", Value: "text/event-stream"}, {Name: "Cache-Control", Value: "no-cache"}}
	if len(last) > 0 {
		fields = append(fields, loadgen.Field{Name: "Last-Event-ID", Value: string(last)})
	}
	request, err := t.Append(nil, u.dialer.Session, fields)
	if err != nil {
		return nil, err
	}
	conn, err := u.dialer.Open(ctx, t, o)
	if err != nil {
		return nil, err
	}
	s := &stream{conn: conn, room: make([]byte, roomSize), parser: parser{limit: u.client.options.EventLimit}}
	goes := false
	answer, _, err := conn.Exchange(ctx, request, t.Spec.Method, o)
	if err == nil {
		goes, err = accept(answer, t.Spec)
	}
	if !goes || err != nil {
		u.drop(s, o, err)
		return nil, err
	}
	s.body = answer.Body // which reads what came behind the head
	if most := u.client.current.Load().steps[at].For; most > 0 {
		s.until = o.Done + most
	}
	return s, nil
}

// drop ends a stream that never was one.
func (u *user) drop(s *stream, o *measure.Outcome, err error) {
	ended := *o
	if err != nil {
		ended.Class = opening.Classify(err)
	}
	s.conn.Account(&ended, u.client.network.Several())
	o.BytesIn, o.BytesOut = ended.BytesIn, ended.BytesOut
	_ = s.conn.Close()
	s.conn.Settle()
}

// accept tells whether events follow the head of an answer.
func accept(answer *http.Response, spec loadgen.Request) (bool, error) {
	switch {
	case !httpload.Expects(spec, answer.StatusCode):
		return false, httpload.StatusError(answer.StatusCode)
	case answer.StatusCode != http.StatusOK:
		return false, nil
	}
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if kind != "text/event-stream" {
		return false, httpload.Malformed("content type %.64q: want text/event-stream", answer.Header.Get("Content-Type"))
	}
	if coded := answer.Header.Get("Content-Encoding"); coded != "" && coded != "identity" {
		return false, httpload.Malformed("content encoding %.64q, which nobody asked for", coded)
	}
	return true, nil
}
