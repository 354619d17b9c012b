package cookie

import "time"

// date reads what an Expires says, in whatever order and with whatever between (RFC
// 6265, 5.1.1).
func date(text []byte) (time.Time, bool) {
	var d dateParts
	for len(text) > 0 {
		n := 0
		for n < len(text) && !isDelimiter(text[n]) {
			n++
		}
		if n > 0 {
			d.take(text[:n])
		}
		text = text[min(n+1, len(text)):]
	}
	return d.time()
}

func isDelimiter(b byte) bool {
	return b == '\t' || ' ' <= b && b <= '/' || ';' <= b && b <= '@' || '[' <= b && b <= '`' || '{' <= b && b <= '~'
}

// dateParts are what was found so far.
type dateParts struct {
	hour, minute, second   int
	day, year              int
	month                  time.Month
	hasTime, hasDay, hasYr bool
}

// take gives a token to the first part that it can be and that is not there yet.
func (d *dateParts) take(token []byte) {
	if !d.hasTime {
		if h, m, s, ok := clock(token); ok {
			d.hour, d.minute, d.second, d.hasTime = h, m, s, true
			return
		}
	}
	if !d.hasDay {
		if n, ok := number(token, 1, 2); ok {
			d.day, d.hasDay = n, true
			return
		}
	}
	if d.month == 0 {
		if m := month(token); m != 0 {
			d.month = m
			return
		}
	}
	if !d.hasYr {
		if n, ok := number(token, 2, 4); ok {
			d.year, d.hasYr = n, true
		}
	}
}

func (d *dateParts) time() (time.Time, bool) {
	switch {
	case 70 <= d.year && d.year <= 99:
		d.year += 1900
	case d.year <= 69:
		d.year += 2000
	}
	if !d.hasTime || !d.hasDay || d.month == 0 || !d.hasYr ||
		d.day < 1 || d.day > 31 || d.year < 1601 || d.hour > 23 || d.minute > 59 || d.second > 59 {
		return time.Time{}, false
	}
	t := time.Date(d.year, d.month, d.day, d.hour, d.minute, d.second, 0, time.UTC)
	return t, t.Day() == d.day // there is no 31 February
}

// number reads so many digits at the start of a token; behind them may come anything
// but a digit.
func number(token []byte, least, most int) (n int, ok bool) {
	i := 0
	for ; i < len(token) && '0' <= token[i] && token[i] <= '9'; i++ {
		if i == most {
			return 0, false
		}
		n = n*10 + int(token[i]-'0')
	}
	return n, i >= least
}

// clock reads 1:02:03.
func clock(token []byte) (hour, minute, second int, ok bool) {
	var parts [3]int
	for i := range parts {
		n := 0
		for n < len(token) && '0' <= token[n] && token[n] <= '9' {
			n++
		}
		if parts[i], ok = number(token[:n], 1, 2); !ok {
			return 0, 0, 0, false
		}
		if token = token[n:]; i < 2 {
			if len(token) == 0 || token[0] != ':' {
				return 0, 0, 0, false
			}
			token = token[1:]
		}
	}
	return parts[0], parts[1], parts[2], true
}

func month(token []byte) time.Month {
	const names = "janfebmaraprmayjunjulaugsepoctnovdec"
	if len(token) < 3 {
		return 0
	}
	for m := range 12 {
		if equalFold(token[:3], names[3*m:3*m+3]) {
			return time.Month(m + 1)
		}
	}
	return 0
}
