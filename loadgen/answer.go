package loadgen

import (
	"bytes"
	"errors"
	"time"

	"gonogo/loadgen/session"
)

// An Inspector looks into the answers of a step: it checks them and takes values
// out of them. Many users call it at once.
type Inspector interface {
	// Needs says what it looks at: a Sender keeps nothing else.
	Needs() Needs
	// Inspect returns an error, mostly a *CheckError, when the answer is wrong.
	Inspect(a *Answer, s *session.Session) error
}

// Needs are the parts of an answer that are looked at.
type Needs struct {
	Head bool
	Body int // so many bytes of it at most; 0: none
}

// An Answer is what came back. It is valid during the call that it is given to.
type Answer struct {
	Status  int
	Head    []byte // header fields as lines "Name: value\r\n"
	Body    []byte // decoded; no more than Needs.Body
	Length  int64  // of the whole body, decoded
	Service time.Duration
}

// Field returns the value of the first header field of the name, whatever its case.
func (a *Answer) Field(name string) (value []byte, ok bool) {
	for v := range a.Fields(name) {
		return v, true
	}
	return nil, false
}

// Fields yields the values of all header fields of the name.
func (a *Answer) Fields(name string) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for rest := a.Head; len(rest) > 0; {
			var line []byte
			line, rest, _ = bytes.Cut(rest, crlf)
			n := len(name)
			if len(line) > n && line[n] == ':' && bytes.EqualFold(line[:n], []byte(name)) && !yield(bytes.TrimSpace(line[n+1:])) {
				return
			}
		}
	}
}

var crlf = []byte("\r\n")

// A CheckError is an answer that was well-formed and wrong.
type CheckError struct {
	What string // which check, what it wanted and what it got
	Body []byte // the start of the body; may be empty
}

func (e *CheckError) Error() string { return e.What }

// Example says what was wrong, and how the body begins that was so: a measure.Exemplar.
func (e *CheckError) Example() string {
	if len(e.Body) == 0 {
		return e.What
	}
	return e.What + "; the body: " + string(e.Body)
}

// mostExcerpt is how much of a body a CheckError shows.
const mostExcerpt = 2 << 10

// Wrong makes a CheckError of an answer, with as much of its body as is worth showing.
func (a *Answer) Wrong(what string) error {
	return &CheckError{what, bytes.Clone(a.Body[:min(len(a.Body), mostExcerpt)])}
}

// IsCheck tells whether an error is an answer that was wrong.
func IsCheck(err error) bool {
	_, ok := errors.AsType[*CheckError](err)
	return ok
}
