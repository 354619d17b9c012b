package inspect

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"

	"gonogo/loadgen/session"
)

// A source reads one thing of an answer. Many goroutines call it at once. A value is
// part of the answer, or look.value.
type source interface {
	read(l *look) (value []byte, found bool, err error)
}

type sourceFunc func(l *look) []byte

func (f sourceFunc) read(l *look) ([]byte, bool, error) { return f(l), true, nil }

func readStatus(l *look) []byte {
	l.value = strconv.AppendInt(l.value[:0], int64(l.answer.Status), 10)
	return l.value
}

func readBody(l *look) []byte { return l.answer.Body }

func readSize(l *look) []byte {
	l.value = strconv.AppendInt(l.value[:0], l.answer.Length, 10)
	return l.value
}

// readTime writes milliseconds, with as many digits as there are.
func readTime(l *look) []byte {
	l.value = strconv.AppendFloat(l.value[:0], float64(l.answer.Service)/1e6, 'f', -1, 64)
	l.value = append(l.value, "ms"...)
	return l.value
}

func readSHA256(l *look) []byte {
	sum := sha256.Sum256(l.answer.Body)
	l.value = hex.AppendEncode(l.value[:0], sum[:])
	return l.value
}

// header is the first field of a name.
type header string

func (h header) read(l *look) ([]byte, bool, error) {
	value, found := l.answer.Field(string(h))
	return value, found, nil
}

// cookie is what the user's cookies have under a name.
type cookie struct {
	name string
	of   func(s *session.Session, name string) ([]byte, bool)
}

func (c cookie) read(l *look) ([]byte, bool, error) {
	if value, found := c.of(l.session, c.name); found {
		return value, true, nil
	}
	return nil, false, nil
}

// pattern is a group of the first match in the body.
type pattern struct {
	*regexp.Regexp
	group int
}

func (p pattern) read(l *look) ([]byte, bool, error) {
	if p.group == 0 {
		value := p.Find(l.answer.Body) // does not allocate
		return value, value != nil, nil
	}
	at := p.FindSubmatchIndex(l.answer.Body)
	if at == nil || at[2*p.group] < 0 {
		return nil, false, nil
	}
	return l.answer.Body[at[2*p.group]:at[2*p.group+1]], true, nil
}

// trim takes the white space off a text that was laid out.
func trim(text []byte) []byte { return bytes.TrimSpace(text) }
