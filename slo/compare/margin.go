package compare

import (
	"fmt"
	"strconv"
	"strings"
)

// Margins say how much worse a candidate may be.
type Margins struct {
	Share  float64 // how much longer its response times, how much lower its rate: 0.1 is 10 %
	Points float64 // how much lower its success, in percentage points
}

// UsualMargins are those that nobody asked for: a tenth, and a request in a thousand.
func UsualMargins() Margins { return Margins{Share: 0.1, Points: 0.1} }

// ParseShare reads a margin such as "10%", above 0 and up to 1000 %.
func ParseShare(text string) (float64, error) {
	v, ok := percent(text, "%")
	if !ok || v > 1000 {
		return 0, fmt.Errorf("%.40q is no margin: want a percentage above 0 and up to 1000%%, such as 10%%", text)
	}
	return v / 100, nil
}

// ParsePoints reads a margin of success such as "0.1pt", above 0 and below 100. "%" is
// taken for "pt": there is no other way to mean it.
func ParsePoints(text string) (float64, error) {
	v, ok := percent(text, "pt", "%")
	if !ok || v >= 100 {
		return 0, fmt.Errorf("%.40q is no margin of success: want percentage points above 0 and below 100, such as 0.1pt", text)
	}
	return v, nil
}

// percent reads a number above 0 that ends in one of the units.
func percent(text string, units ...string) (v float64, ok bool) {
	for _, u := range units {
		if digits, found := strings.CutSuffix(strings.TrimSpace(text), u); found {
			d, fine := decimal(strings.TrimSpace(digits), 9)
			return d.Float(), fine && d.Coefficient > 0
		}
	}
	return 0, false
}

// shareText prints a share as a percentage of at most three digits: "4.1%".
func shareText(share float64) string { return strconv.FormatFloat(100*share, 'g', 3, 64) + "%" }

// pointsText prints percentage points: "0.04pt".
func pointsText(points float64) string { return strconv.FormatFloat(points, 'g', 2, 64) + "pt" }
