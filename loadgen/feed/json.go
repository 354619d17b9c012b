package feed

import "bytes"

// objects are rows of JSON, in whatever form they come.
type objects struct {
	names  []string
	number map[string]int // of a name
}

func newObjects() objects { return objects{number: map[string]int{}} }

func (o *objects) columns() []string              { return o.names }
func (o *objects) begin(row []byte) (bool, *flaw) { return false, nil }
func (o *objects) cells(row []byte, r *record) *flaw {
	r.reset()
	r.path = r.path[:0]
	if r.pass != nil {
		r.pass.row++
	}
	if row = bytes.TrimRight(row, blanks); len(row) == 0 || row[0] != '{' {
		return flawAt(0, "the row is no object: want one such as {\"user\": \"anna\"}")
	}
	v := values{objects: o, record: r, text: row}
	if f := v.value(0); f != nil {
		return f
	}
	if v.at < len(row) {
		return flawAt(v.at, "text behind the object: want the next row on a line of its own")
	}
	return nil
}

// seen is what the pass knows of the names in rows of JSON.
type seen struct {
	row int
	in  []int // by column: the last row that had it
}

// meet gives a name its number; the second time in a row it is a flaw.
func (o *objects) meet(name []byte, at int, s *seen) *flaw {
	n, known := o.number[string(name)]
	switch {
	case len(name) > longestName:
		return flawAt(at, "a name of more than %d bytes, with those around it", longestName)
	case !known && len(o.names) == mostColumns:
		return flawAt(at, "the rows have more than %d names", mostColumns)
	case !known:
		n = len(o.names)
		o.names = append(o.names, string(name))
		o.number[o.names[n]] = n
		s.in = append(s.in, 0)
	case s.in[n] == s.row:
		return flawAt(at, "the row has %q twice: want each name once", clip(string(name)))
	}
	s.in[n] = s.row
	return nil
}

const blanks = " \t\r\n"

// lines is NDJSON: an object a line. Empty lines are no rows.
type lines struct{ objects }

func (*lines) gap(p phase, text []byte, _ bool) (int, phase, *flaw) {
	return len(text) - len(bytes.TrimLeft(text, blanks)), p, nil
}

func (*lines) row(text []byte) (int, bool) {
	if end := bytes.IndexByte(text, '\n'); end >= 0 {
		return end, true
	}
	return len(text), false
}

// array is JSON: one array of objects.
type array struct{ objects }

func (*array) gap(p phase, text []byte, last bool) (int, phase, *flaw) {
	for i, b := range text {
		switch {
		case bytes.IndexByte([]byte(blanks), b) >= 0:
		case p == atStart && b == '[':
			p = atFirst
		case p == atStart:
			return i, p, flawAt(i, "the file does not begin with [: want an array of objects, or format ndjson for an object a line")
		case p == afterRow && b == ',':
			p = atRow
		case (p == afterRow || p == atFirst) && b == ']':
			p = atEnd
		case p == afterRow:
			return i, p, flawAt(i, "no comma behind the row: want , or ]")
		case p == atEnd:
			return i, p, flawAt(i, "text behind the array: want nothing more")
		case b == ']' || b == ',':
			return i, p, flawAt(i, "no row where one has to follow: want an object")
		default:
			return i, p, nil
		}
	}
	if last && p != atEnd && p != atStart {
		return len(text), p, flawAt(len(text), "the array is never closed: want ]")
	}
	return len(text), p, nil
}

// row ends where the brackets that are opened are closed, which need not match:
// cells looks at that.
func (*array) row(text []byte) (int, bool) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			n := stringEnd(text[i+1:])
			if n < 0 {
				return len(text), false
			}
			i += n
			continue
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth--; depth <= 0 { // below 0 it closes the array
				return max(i+depth+1, 1), true
			}
		case ',':
			if depth == 0 {
				return i, true
			}
		}
	}
	return len(text), false
}

// stringEnd returns how long a string is from behind its opening quote to behind its
// closing one, or -1.
func stringEnd(text []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], '"')
		if i < 0 {
			return -1
		}
		escape := bytes.IndexByte(text[at:at+i], '\\')
		if escape < 0 {
			return at + i + 1
		}
		if at += escape + 2; at > len(text) {
			return -1
		}
	}
}
