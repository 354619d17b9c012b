package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/itchyny/gojq"
)

// jsonTree is the answer's JSON, decoded once for all programs: none changes it.
type jsonTree struct {
	root any
	made bool
}

// program is the first thing that a jq program puts out.
type program struct{ code *gojq.Code }

// mostOutput bounds the number of values in what a program puts out, and the bytes
// of their strings. A program of one line can make a value of 2^40 parts that are one
// and the same in memory, and are not when written.
const mostOutput = 10 << 20

var (
	errOutput   = fmt.Errorf("the program puts out more than %s", size(mostOutput))
	errTooLarge = errors.New("the program puts out what nests too deep")
)

func (p program) read(l *look) ([]byte, bool, error) {
	if err := l.sound(); err != nil {
		return nil, false, err
	}
	l.place()
	if !l.tree.made {
		d := json.NewDecoder(bytes.NewReader(l.answer.Body))
		d.UseNumber() // numbers stay as they are written
		if err := d.Decode(&l.tree.root); err != nil {
			return nil, false, fmt.Errorf("%w: %w", errNoJSON, err)
		}
		l.tree.made = true
	}
	ctx, cancel := context.WithDeadline(context.Background(), l.deadline)
	defer cancel()
	out, ok := p.code.RunWithContext(ctx, l.tree.root).Next()
	if !ok {
		return nil, false, nil
	}
	return l.output(out)
}

func (l *look) output(out any) ([]byte, bool, error) {
	switch out := out.(type) {
	case nil:
		return []byte("null"), false, nil
	case error:
		if errors.Is(out, context.DeadlineExceeded) {
			return nil, false, giveUp(errTooLong)
		}
		return nil, false, fmt.Errorf("the program fails: %s", cut(out.Error()))
	case string:
		l.value = append(l.value[:0], out...)
		return l.value, true, nil
	}
	left := mostOutput
	if err := fits(out, 0, &left); err != nil {
		return nil, false, err
	}
	text, err := gojq.Marshal(out)
	return text, true, err
}

// fits takes a value's size off what is left.
func fits(v any, depth int, left *int) error {
	if depth > maxDepth {
		return errTooLarge
	}
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			if err := fits(element, depth+1, left); err != nil {
				return err
			}
		}
	case map[string]any:
		for name, element := range v {
			*left -= len(name)
			if err := fits(element, depth+1, left); err != nil {
				return err
			}
		}
	case string:
		*left -= len(v)
	case json.Number:
		*left -= len(v)
	}
	if *left--; *left < 0 {
		return errOutput
	}
	return nil
}
