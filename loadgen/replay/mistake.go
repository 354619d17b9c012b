package replay

import (
	"errors"
	"fmt"
)

// mostMistakes is how many are told; the others are counted.
const mostMistakes = 20

// mistakes are what is wrong with a file.
type mistakes struct {
	path string
	told []error
	more int
}

func (m *mistakes) add(line int64, f *flaw) {
	if len(m.told) == mostMistakes {
		m.more++
		return
	}
	m.told = append(m.told, fmt.Errorf("%s:%d:%d: %s", m.path, line, f.at+1, f.what))
}

func (m *mistakes) err() error {
	all := m.told
	if m.more > 0 {
		all = append(all, fmt.Errorf("%s: and %d more", m.path, m.more))
	}
	return errors.Join(all...)
}

// A flaw is a mistake within a line.
type flaw struct {
	at   int // bytes from its start
	what string
}

func flawAt(at int, format string, args ...any) *flaw { return &flaw{at, fmt.Sprintf(format, args...)} }

// longestShown is how much of a text from the file an error shows.
const longestShown = 40

func clip(text []byte) string {
	if len(text) <= longestShown {
		return fmt.Sprintf("%q", text)
	}
	return fmt.Sprintf("%q", text[:longestShown]) + "..."
}
