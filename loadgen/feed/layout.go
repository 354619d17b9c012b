package feed

import (
	"fmt"
	"path/filepath"
	"strings"
)

// A Format is how the rows are written.
type Format uint8

// The formats.
const (
	ByName Format = iota // as the file's name ends: .csv, .json, .ndjson or .jsonl
	CSV                  // RFC 4180
	JSON                 // an array of objects
	NDJSON               // an object a line
)

// A layout knows how rows lie in a file. Once Open is through, it never changes.
type layout interface {
	// begin reads what comes before the first row, the header of CSV, from the first
	// row that the file has. It returns false where that is a row of data.
	begin(row []byte) (header bool, f *flaw)
	// gap returns how many bytes lie before the next row, and the phase behind them.
	// last says that the text ends where the file does.
	gap(p phase, text []byte, last bool) (n int, next phase, f *flaw)
	// row returns how long the row is that the text begins with. ok is false where the
	// text does not show its end.
	row(text []byte) (n int, ok bool)
	// cells takes the cells out of a row. In the pass, it checks the row.
	cells(row []byte, r *record) *flaw
	columns() []string
}

// A phase is where in the file the pass is.
type phase uint8

const (
	atStart  phase = iota // nothing was read
	atFirst               // a row or the end may follow
	atRow                 // a row has to follow
	afterRow              // a row has just ended
	atEnd                 // no row may follow
)

// A record is one row taken apart. It is used again for the next.
type record struct {
	wanted []int // by column: the index in cells, or -1
	text   []byte
	cells  []cell
	path   []byte // of the value that is read, in JSON
	pass   *seen  // in the pass; else nil
}

// A cell is a stretch of a record's text.
type cell struct {
	from, to int
	set      bool
}

func (r *record) reset() {
	r.text = r.text[:0]
	clear(r.cells)
}

// want returns where the cell of a column goes; nil: nowhere.
func (r *record) want(column int) *cell {
	if column >= len(r.wanted) || r.wanted[column] < 0 {
		return nil
	}
	return &r.cells[r.wanted[column]]
}

// What bounds the names that a file can make us keep.
const (
	mostColumns = 4096
	longestName = 1024 // in JSON, with the names around it
)

// longestRow bounds what is read at a time.
const longestRow = 1 << 20

// layout returns how the file's rows lie.
func (o *Options) layout() (layout, error) {
	format := o.Format
	if format == ByName {
		switch strings.ToLower(filepath.Ext(o.Path)) {
		case ".csv":
			format = CSV
		case ".json":
			format = JSON
		case ".ndjson", ".jsonl":
			format = NDJSON
		default:
			return nil, fmt.Errorf("the name does not say the format: want .csv, .json or .ndjson, or a format")
		}
	}
	if format != CSV && (o.Delimiter != "" || o.Header != nil) {
		return nil, fmt.Errorf("JSON has no delimiter and no header: want neither, or format csv")
	}
	switch format {
	case CSV:
		return newCSV(o.Delimiter, o.Header)
	case JSON:
		return &array{objects: newObjects()}, nil
	case NDJSON:
		return &lines{objects: newObjects()}, nil
	}
	return nil, fmt.Errorf("format %d: want one that there is", format)
}
