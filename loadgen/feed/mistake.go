package feed

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

func (m *mistakes) add(line int, column int64, what string) {
	if len(m.told) == mostMistakes {
		m.more++
		return
	}
	m.told = append(m.told, fmt.Errorf("%s:%d:%d: %s", m.path, line, column, what))
}

func (m *mistakes) err() error {
	all := m.told
	if m.more > 0 {
		all = append(all, fmt.Errorf("%s: and %d more", m.path, m.more))
	}
	return errors.Join(all...)
}

// A flaw is a mistake within a stretch of text.
type flaw struct {
	at   int // bytes from the start of the text
	what string
}

func flawAt(at int, format string, args ...any) *flaw { return &flaw{at, fmt.Sprintf(format, args...)} }

// longestShown is how much of a name an error shows.
const longestShown = 40

// clip returns the start of a name from a file.
func clip(name string) string {
	if len(name) <= longestShown {
		return name
	}
	return name[:longestShown] + "..."
}
