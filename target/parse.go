package target

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// MaxBody is the largest body that can be asked for.
const MaxBody = 1 << 30

// ParseShare reads a percentage, such as 0.2%. A bare number is refused, since
// it could mean a percentage or a fraction.
func ParseShare(text string) (float64, error) {
	digits, found := strings.CutSuffix(text, "%")
	number, err := parseNumber(digits)
	if !found || err != nil || number < 0 || number > 100 {
		return 0, fmt.Errorf("parse share %q: want a percentage from 0%% to 100%%, such as 0.2%%", text)
	}
	return number / 100, nil
}

// percent writes a share as ParseShare reads it.
func percent(share float64) string {
	return strconv.FormatFloat(share*100, 'g', 12, 64) + "%"
}

// ParseErrors reads a share, which gets status 503, or a list of STATUS:SHARE,
// such as 503:0.2%,429:1%.
func ParseErrors(text string) ([]ErrorShare, error) {
	var list []ErrorShare
	seen := map[int]bool{}
	for item := range strings.SplitSeq(text, ",") {
		e, err := parseErrorShare(item)
		if err != nil {
			return nil, fmt.Errorf("parse errors %q: %w", text, err)
		}
		if seen[e.Status] {
			return nil, fmt.Errorf("parse errors %q: want each status once, got %d twice", text, e.Status)
		}
		seen[e.Status] = true
		list = append(list, e)
	}
	if err := (Behaviour{Errors: list}).validateShares(); err != nil {
		return nil, fmt.Errorf("parse errors %q: %w", text, err)
	}
	return list, nil
}

func parseErrorShare(item string) (ErrorShare, error) {
	status, share, found := strings.Cut(item, ":")
	if !found {
		status, share = "503", item
	}
	e := ErrorShare{}
	var err error
	if e.Status, err = strconv.Atoi(status); err != nil || len(status) != 3 {
		return e, fmt.Errorf("want a status from 200 to 599, got %q", status)
	}
	e.Share, err = ParseShare(share)
	return e, err
}

// ParseSize reads a number of bytes with an optional unit (B, kB, MB, GB, KiB,
// MiB, GiB), such as 4KiB, or uniform:A,B.
func ParseSize(text string) (Size, error) {
	low := strings.TrimPrefix(text, "const:")
	high := low
	if bounds, found := strings.CutPrefix(text, "uniform:"); found {
		if low, high, found = strings.Cut(bounds, ","); !found {
			return Size{}, fmt.Errorf("parse size %q: want uniform:A,B, such as uniform:1KiB,64KiB", text)
		}
	}
	smallest, err1 := parseBytes(low)
	largest, err2 := parseBytes(high)
	if err := errors.Join(err1, err2); err != nil {
		return Size{}, fmt.Errorf("parse size %q: %w", text, err)
	}
	if largest < smallest {
		return Size{}, fmt.Errorf("parse size %q: want the smaller size first", text)
	}
	return Size{smallest, largest}, nil
}

func parseBytes(text string) (int64, error) {
	digits := strings.TrimRight(text, "BKMGikg")
	unit := map[string]int64{
		"": 1, "B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9,
		"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
	}[text[len(digits):]]
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || unit == 0 || n < 0 || n > MaxBody/unit {
		return 0, fmt.Errorf("want 0 to 1GiB in B, kB, MB, KiB or MiB, such as 4KiB, got %q", text)
	}
	return n * unit, nil
}

// ParseRateLimit reads REQUESTS/WINDOW, such as 1000/1m; the window may be a
// unit alone, such as 1000/m.
func ParseRateLimit(text string) (RateLimit, error) {
	count, window, _ := strings.Cut(text, "/")
	if window == "s" || window == "m" || window == "h" {
		window = "1" + window
	}
	requests, err1 := strconv.Atoi(count)
	length, err2 := parseDuration(window)
	if err1 != nil || err2 != nil || requests < 1 || length <= 0 {
		return RateLimit{}, fmt.Errorf("parse rate limit %q: want REQUESTS/WINDOW, both above 0, such as 1000/1m", text)
	}
	return RateLimit{Requests: requests, Window: length}, nil
}

// ParseDrip reads the time over which a body is spread, such as 2s.
func ParseDrip(text string) (time.Duration, error) {
	d, err := parseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("parse drip: %w", err)
	}
	return d, nil
}

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > MaxDelay {
		return 0, fmt.Errorf("want a duration from 0 to %s with its unit, such as 20ms, got %q", MaxDelay, text)
	}
	return d, nil
}

func parseNumber(text string) (float64, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, fmt.Errorf("want a number, such as 0.5, got %q", text)
	}
	return n, nil
}
