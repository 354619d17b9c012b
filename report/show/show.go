// Package show owns how figures and texts look to people, on every page alike: times,
// counts, rates and shares with their units and as many digits as a person takes in, and
// texts of unknown origin made inert.
package show

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// None stands where there is no figure.
const None = "-"

// Milliseconds prints a duration with as many digits as a person takes in.
func Milliseconds(ms *float64) string {
	if ms == nil {
		return None
	}
	switch v := *ms; {
	case v < 0.0005:
		return "0ms"
	case v < 0.9995:
		return fmt.Sprintf("%.0fµs", v*1000)
	case v < 9.95:
		return fmt.Sprintf("%.1fms", v)
	case v < 999.5:
		return fmt.Sprintf("%.0fms", v)
	case v < 9_995:
		return fmt.Sprintf("%.2fs", v/1000)
	case v < 59_950:
		return fmt.Sprintf("%.1fs", v/1000)
	default:
		return Span(v / 1000)
	}
}

// Span prints a length of time in seconds: "1.2s", "30s", "5m", "1h30m".
func Span(seconds float64) string {
	if seconds > 0 && seconds < 0.05 {
		return "<0.1s"
	}
	if seconds < 59.95 {
		return strconv.FormatFloat(math.Round(seconds*10)/10, 'f', -1, 64) + "s"
	}
	const most = 1e7 // a hundred days: no run and no answer takes longer
	if seconds > most {
		return ">" + Span(most)
	}
	rest, text := int64(math.Round(seconds)), ""
	for _, unit := range []struct {
		seconds int64
		name    string
	}{{3600, "h"}, {60, "m"}, {1, "s"}} {
		if n := rest / unit.seconds; n > 0 {
			text += strconv.FormatInt(n, 10) + unit.name
		}
		rest %= unit.seconds
	}
	return text
}

// Count prints an integer in groups of three digits: "720,418".
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Counted prints a count with its noun: "1 request", "2 requests".
func Counted(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Count(n) + " " + noun
}

// Rate prints a number a second: "2,183/s", "41.2/s", "3.25/s".
func Rate(perSecond *float64) string {
	if perSecond == nil {
		return None
	}
	switch v := *perSecond; {
	case v < 9.995:
		return fmt.Sprintf("%.2f/s", v)
	case v < 99.95:
		return fmt.Sprintf("%.1f/s", v)
	default:
		return Whole(v) + "/s"
	}
}

// Whole prints a number of any size without a fraction.
func Whole(v float64) string {
	if math.Abs(v) < 1e15 {
		return Count(int64(math.Round(v)))
	}
	return fmt.Sprintf("%.1e", v)
}

// Size prints bytes: "1.9 GiB".
func Size(bytes int64) string {
	const units = "KMGTPE"
	if bytes < 1024 {
		return Count(bytes) + " B"
	}
	v, unit := float64(bytes)/1024, 0
	for v >= 1023.95 && unit < len(units)-1 {
		v, unit = v/1024, unit+1
	}
	return fmt.Sprintf("%.1f %ciB", v, units[unit])
}

// Share prints part of all in percent and keeps 0 % and 100 % for none and all.
func Share(part, all int64) string {
	if all <= 0 {
		return None
	}
	percent := 100 * float64(part) / float64(all)
	switch {
	case part > 0 && percent < 0.01:
		return "<0.01%"
	case part < all && percent > 99.99:
		return ">99.99%"
	}
	return fmt.Sprintf("%.2f%%", percent)
}

// Inert makes a text of unknown origin safe to print: controls, marks that turn
// the direction and everything else that is not simply printed become visible
// escapes, and what is wider than most columns is cut.
func Inert(text string, most int) string {
	var out strings.Builder
	columns, marks, cut := 0, 0, 0 // cut: where the text can end with room for "…"
	for _, r := range text {
		piece, w := visible(r)
		if marks++; w > 0 {
			marks = 0
		}
		if marks > 2 { // on one letter: piled up, they reach other lines
			continue
		}
		if columns+w > most {
			return out.String()[:cut] + "…"
		}
		out.WriteString(piece)
		if columns += w; columns < most {
			cut = out.Len()
		}
	}
	return out.String()
}

// visible returns how a rune is printed, and its columns.
func visible(r rune) (piece string, columns int) {
	switch {
	case r == utf8.RuneError:
		return "\ufffd", 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return string(r), 0
	case !unicode.IsPrint(r):
		quoted := strconv.QuoteRuneToASCII(r)
		return quoted[1 : len(quoted)-1], len(quoted) - 2
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return string(r), 2
	}
	return string(r), 1
}

// Columns is how wide an inert text is.
func Columns(text string) int {
	sum := 0
	for _, r := range text {
		_, w := visible(r)
		sum += w
	}
	return sum
}

// Wrap breaks an inert text into lines of at most most columns, at spaces where
// there are any.
func Wrap(text string, most int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && Columns(line)+1+Columns(word) <= most {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for line = word; Columns(line) > most; {
			end := fitting(line, most)
			lines = append(lines, line[:end])
			line = line[end:]
		}
	}
	return append(lines, line)
}

// fitting returns how many bytes of an inert text fit into most columns: one
// letter at least.
func fitting(text string, most int) int {
	sum := 0
	for i, r := range text {
		_, w := visible(r)
		if sum += w; sum > most && i > 0 {
			return i
		}
	}
	return len(text)
}
