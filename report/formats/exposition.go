package formats

import (
	"math"
	"strconv"
	"strings"

	"gonogo/report/show"
)

// The kinds of metric that are used. Those that only OpenMetrics has are not among them,
// as what reads files of this name also reads them as Prometheus' older text.
const (
	gauge   = "gauge"
	counter = "counter"
	summary = "summary"
)

// An exposition is a text of metrics that is being written.
type exposition struct {
	out    strings.Builder
	name   string // of the open family
	head   string // of that family, until its first sample is written
	escape *strings.Replacer
}

func newExposition() *exposition {
	return &exposition{escape: strings.NewReplacer(`\`, `\\`, `"`, `\"`)}
}

// family begins a family of metrics. Where unit is not "", the name ends with it. A
// family without a sample is not written.
func (e *exposition) family(name, kind, unit, help string) {
	e.name = name
	e.head = "# HELP " + name + " " + help + "\n# TYPE " + name + " " + kind + "\n"
	if unit != "" {
		e.head += "# UNIT " + name + " " + unit + "\n"
	}
}

// sample writes a value of the open family; what is no number has no sample. Labels are
// names and values in turn; a value may be a text of unknown origin.
func (e *exposition) sample(suffix string, value float64, labels ...string) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return
	}
	e.out.WriteString(e.head + e.name + suffix)
	e.head = ""
	for i := 0; i+1 < len(labels); i += 2 {
		before := ","
		if i == 0 {
			before = "{"
		}
		e.out.WriteString(before + labels[i] + `="` + e.escape.Replace(show.Inert(labels[i+1], widestName)) + `"`)
	}
	if len(labels) > 1 {
		e.out.WriteByte('}')
	}
	e.out.WriteString(" " + number(value) + "\n")
}

// maybe writes a value that there may be none of, multiplied.
func (e *exposition) maybe(value *float64, times float64, labels ...string) {
	if value != nil {
		e.sample("", *value*times, labels...)
	}
}

// number prints a value to twelve digits, which hides what changing units did to it.
func number(v float64) string {
	const digits, most = 12, 1e15
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	if a := math.Abs(v); a >= most || a > 0 && a < 1/most {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
