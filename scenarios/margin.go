package scenarios

import (
	"strconv"
	"strings"

	"gonogo/internal/yamlfile"
)

// Margin is a share, written as 10% or none.
type Margin float64

const wantMargin = "a margin such as 10%, above 0% and up to 100%, or none"

// UnmarshalText reads a margin.
func (m *Margin) UnmarshalText(text []byte) error {
	if string(text) == "none" {
		*m = 0
		return nil
	}
	number, percent := strings.CutSuffix(string(text), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !percent || !(v > 0 && v <= 100) {
		return &yamlfile.TextError{What: yamlfile.Quote(string(text)) + " is no margin", Want: wantMargin}
	}
	*m = Margin(v / 100)
	return nil
}

// MarshalText writes the margin as it is read.
func (m Margin) MarshalText() ([]byte, error) {
	if m == 0 {
		return []byte("none"), nil
	}
	return []byte(strconv.FormatFloat(100*float64(m), 'g', 12, 64) + "%"), nil
}

// Want says what a margin looks like.
func (Margin) Want() string { return wantMargin }
