package yamlfile

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A TextError is what UnmarshalText returns when it can say what is wanted.
type TextError struct{ What, Want string }

// Error returns "what; want ...".
func (e *TextError) Error() string {
	if e.Want == "" {
		return e.What
	}
	return e.What + "; want " + e.Want
}

// Bad returns a TextError about a text.
func Bad(text, what, want string) error {
	return &TextError{What: Quote(text) + " " + what, Want: want}
}

// Explain takes an error of UnmarshalText apart.
func Explain(err error) (what, want string) {
	if e, ok := errors.AsType[*TextError](err); ok {
		return e.What, e.Want
	}
	return err.Error(), ""
}

// longest is how much of a text a message shows.
const longest = 60

// Quote puts a text in quotes for a message, and cuts a long one short.
func Quote(text string) string {
	if utf8.RuneCountInString(text) > longest {
		return strconv.Quote(string([]rune(text)[:longest])) + "..."
	}
	return strconv.Quote(text)
}

// OneOf returns an error unless the text is one of the words.
func OneOf(text string, words ...string) error {
	for _, w := range words {
		if text == w {
			return nil
		}
	}
	what := Quote(text) + " is not known"
	if near := Nearest(text, words); near != "" {
		what += "; did you mean " + Quote(near) + "?"
		return &TextError{What: what}
	}
	last := len(words) - 1
	return &TextError{What: what, Want: strings.Join(words[:last], ", ") + " or " + words[last]}
}

// Nearest returns the word that the text was probably meant to be, or "".
func Nearest(text string, words []string) string {
	if len(text) > longest {
		return ""
	}
	best, nearest := 1+max(1, utf8.RuneCountInString(text)/3), ""
	for _, w := range words {
		if d := distance(fold(text), fold(w)); d < best {
			best, nearest = d, w
		}
	}
	return nearest
}

// fold makes the spellings of one name alike: think-time, thinkTime, think_time.
func fold(s string) []rune {
	return []rune(strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s)))
}

// distance is how many letters must be added, left out, changed or swapped with
// their neighbour to make b of a.
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
