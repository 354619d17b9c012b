package scenarios

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
	"gonogo/slo"
)

// A Duration is written as 500ms, 30s, 24h or 1d12h; a plain number is seconds.
type Duration = yamlfile.Duration

// Arrival is the law of the gaps between arrivals.
type Arrival string

// The laws.
const (
	Constant Arrival = "constant"
	Poisson  Arrival = "poisson"
)

// UnmarshalText accepts the known laws.
func (a *Arrival) UnmarshalText(text []byte) error {
	*a = Arrival(text)
	return yamlfile.OneOf(string(text), string(Constant), string(Poisson))
}

// Overload is what happens to an arrival when max_in_flight requests are open.
type Overload string

// The policies.
const (
	Queue Overload = "queue" // it waits, and its wait counts
	Drop  Overload = "drop"  // it is not sent, and counts as dropped
)

// UnmarshalText accepts the known policies.
func (o *Overload) UnmarshalText(text []byte) error {
	*o = Overload(text)
	return yamlfile.OneOf(string(text), string(Queue), string(Drop))
}

// A Rate is arrivals a second, written as 500, 500/s, 30000/min or 7200/h.
type Rate float64

const wantRate = "a rate such as 500, 500/s, 30000/min or 7200/h"

// Want says what a rate looks like.
func (Rate) Want() string { return wantRate }

// UnmarshalText reads a rate.
func (r *Rate) UnmarshalText(text []byte) error {
	number, unit, hasUnit := strings.Cut(string(text), "/")
	per, known := map[string]float64{"": 1, "s": 1, "min": 60, "m": 60, "h": 3600}[unit]
	if !known || hasUnit && unit == "" {
		return yamlfile.Bad(string(text), "has an unknown unit", wantRate)
	}
	v, err := strconv.ParseFloat(number, 64)
	switch {
	case errors.Is(err, strconv.ErrRange), math.IsInf(v, 0), math.IsNaN(v):
		return yamlfile.Bad(string(text), "is no rate that can be made", wantRate)
	case err != nil:
		return yamlfile.Bad(string(text), "is not a rate", wantRate)
	case v < 0:
		return yamlfile.Bad(string(text), "is negative", "a rate of 0 or more")
	}
	*r = Rate(v / per)
	return nil
}

// A Stage is a stretch of the measure phase: 30s:100 holds 100/s for 30 s,
// 30s:100..1000 goes linearly from one to the other, and 30s:2x holds twice the
// forecast.
type Stage struct {
	For      time.Duration
	From, To float64
	Times    bool // they are multiples of the forecast, not arrivals a second
}

const wantStage = "a stage such as 30s:100 (hold 100/s) or 30s:100..1000 (go from one to the other)"

// Want says what a stage looks like.
func (Stage) Want() string { return wantStage }

// UnmarshalText reads a stage.
func (s *Stage) UnmarshalText(text []byte) error {
	length, rates, ok := strings.Cut(string(text), ":")
	if !ok {
		return yamlfile.Bad(string(text), "is not a stage", wantStage)
	}
	from, to, linear := strings.Cut(rates, "..")
	if !linear {
		to = from
	}
	var d Duration
	var a, b Rate
	if err := d.UnmarshalText([]byte(length)); err != nil {
		return err
	}
	low, timesFrom := strings.CutSuffix(from, "x")
	high, timesTo := strings.CutSuffix(to, "x")
	times := timesFrom && timesTo && low != "" && high != "" && !strings.Contains(low+high, "/")
	if times {
		from, to = low, high
	}
	if err := a.UnmarshalText([]byte(from)); err != nil {
		return err
	}
	if err := b.UnmarshalText([]byte(to)); err != nil {
		return err
	}
	*s = Stage{For: time.Duration(d), From: float64(a), To: float64(b), Times: times}
	return nil
}

// MarshalText writes the stage as it is read.
func (s Stage) MarshalText() ([]byte, error) {
	unit := ""
	if s.Times {
		unit = "x"
	}
	text := Duration(s.For).String() + ":" + number(s.From) + unit
	if s.From != s.To {
		text += ".." + number(s.To) + unit
	}
	return []byte(text), nil
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// ThinkTime is how long a user waits between an answer and the next iteration.
type ThinkTime loadgen.Distribution

const wantThinkTime = "500ms, uniform:1s,3s or exponential:2s"

// Want says what a think time looks like.
func (ThinkTime) Want() string { return wantThinkTime }

// UnmarshalText reads a think time.
func (t *ThinkTime) UnmarshalText(text []byte) error {
	law, args, ok := strings.Cut(string(text), ":")
	if !ok {
		law, args = "constant", string(text)
	}
	laws := []string{"constant", "uniform", "exponential"}
	if err := yamlfile.OneOf(law, laws...); err != nil {
		return err
	}
	first, second, two := strings.Cut(args, ",")
	if two != (law == "uniform") {
		return yamlfile.Bad(string(text), "has the wrong number of durations", wantThinkTime)
	}
	a, err := yamlfile.ParseDuration(strings.TrimSpace(first))
	if err != nil {
		return err
	}
	var b Duration
	if two {
		if b, err = yamlfile.ParseDuration(strings.TrimSpace(second)); err != nil {
			return err
		}
		if b < a {
			return yamlfile.Bad(string(text), "ends before it starts", "the shorter duration first")
		}
	}
	*t = ThinkTime{Law: loadgen.Law(slices.Index(laws, law)), A: time.Duration(a), B: time.Duration(b)}
	return nil
}

// MarshalText writes the think time as it is read.
func (t ThinkTime) MarshalText() ([]byte, error) {
	a, b := Duration(t.A).String(), Duration(t.B).String()
	switch t.Law {
	case loadgen.Uniform:
		a = "uniform:" + a + "," + b
	case loadgen.Exponential:
		a = "exponential:" + a
	}
	return []byte(a), nil
}

// Claim says how far a judgement reaches: this run, or the service behind it.
type Claim slo.Claim

// UnmarshalText accepts the known claims.
func (c *Claim) UnmarshalText(text []byte) error {
	*c = Claim(text)
	return yamlfile.OneOf(string(text), string(slo.Observed), string(slo.Inferred))
}

// Expect lists statuses, written as 200, 201-204 or 2xx.
type Expect []StatusRange

// DecodeYAML reads a list of statuses, or one.
func (e *Expect) DecodeYAML(n yamlfile.Node) error {
	if n.IsText() {
		*e = make(Expect, 1)
		return n.Decode(&(*e)[0])
	}
	return n.Decode((*[]StatusRange)(e))
}

// Want says what the statuses look like.
func (Expect) Want() string { return wantStatus }

// A StatusRange is a range of statuses, both ends included; or, of a call, the name of a
// code of gRPC.
type StatusRange struct {
	From, To int
	Code     string
}

const wantStatus = "a status such as 200, 201-204 or 2xx"

// Want says what a status looks like.
func (StatusRange) Want() string { return wantStatus }

// UnmarshalText reads one status or a range of them.
func (s *StatusRange) UnmarshalText(text []byte) error {
	if isCode(string(text)) {
		*s = StatusRange{Code: string(text)}
		return nil
	}
	from, to, isRange := strings.Cut(string(text), "-")
	if class, ok := strings.CutSuffix(strings.ToLower(from), "xx"); ok && !isRange {
		from, to = class+"00", class+"99"
	} else if !isRange {
		to = from
	}
	a, errA := strconv.ParseUint(from, 10, 16)
	b, errB := strconv.ParseUint(to, 10, 16)
	if errA != nil || errB != nil || a < 100 || b > 599 || a > b {
		return yamlfile.Bad(string(text), "is not a status", wantStatus)
	}
	*s = StatusRange{From: int(a), To: int(b)}
	return nil
}

// isCode tells whether a text is written as names of codes are; whether it is one, shows
// where it is used.
func isCode(text string) bool {
	return strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == "" && strings.Trim(text, "X_") != ""
}

// MarshalText writes the range as it is read.
func (s StatusRange) MarshalText() ([]byte, error) {
	if s.Code != "" {
		return []byte(s.Code), nil
	}
	text := strconv.Itoa(s.From)
	if s.To != s.From {
		text += "-" + strconv.Itoa(s.To)
	}
	return []byte(text), nil
}

// Headers are header lines in the order in which they are sent.
type Headers []loadgen.Field

// DecodeYAML reads headers from a mapping, in its order.
func (h *Headers) DecodeYAML(n yamlfile.Node) error {
	if !n.IsMapping() {
		return n.Mistake("is not a mapping of headers", "Name: value, one a line")
	}
	entries, err := n.Entries()
	var mistakes yamlfile.Mistakes
	errors.As(err, &mistakes)
	seen := map[string]bool{}
	for _, e := range entries {
		var value string
		if name := strings.ToLower(e.Key); seen[name] {
			mistakes = append(mistakes, e.Value.Mistake("the header comes twice, and case does not tell headers apart", "one of them"))
		} else {
			seen[name] = true
		}
		var m yamlfile.Mistakes
		errors.As(e.Value.Decode(&value), &m)
		mistakes = append(mistakes, m...)
		*h = append(*h, loadgen.Field{Name: e.Key, Value: value})
	}
	return mistakes.Err()
}

// MarshalJSON writes the headers as an object, in their order.
func (h Headers) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, f := range h {
		name, err := json.Marshal(f.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(f.Value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}'), nil
}

// Target is a slo.Target that is read from its text.
type Target struct{ slo.Target }

// UnmarshalText reads a target such as p95 < 200ms.
func (t *Target) UnmarshalText(text []byte) error {
	v, err := slo.ParseTarget(string(text))
	if pe, ok := errors.AsType[*slo.ParseError](err); ok {
		return explain(pe, "target")
	}
	t.Target = v
	return err
}

// explain says where a text stops to be that of a kind.
func explain(e *slo.ParseError, kind string) error {
	found := "the end"
	if e.Found != "" {
		found = yamlfile.Quote(e.Found)
	}
	what := yamlfile.Quote(e.Text) + " is no " + kind + ": character " + strconv.Itoa(e.Column) + " is " + found
	if e.Mean != "" {
		what += "; did you mean " + yamlfile.Quote(e.Mean) + "?"
	}
	return &yamlfile.TextError{What: what, Want: e.Want}
}

// MarshalText writes the target as it is read.
func (t Target) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Want says what a target looks like.
func (Target) Want() string { return "a target such as p95 < 200ms or success > 99.5%" }

// Size is a number of bytes, written as 512, 64KB or 1MB; KiB and MiB count by 1024.
type Size int64

const wantSize = "a size such as 512, 64KB or 1MiB"

// Want says what a size looks like.
func (Size) Want() string { return wantSize }

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(text []byte) error {
	digits := strings.TrimRight(string(text), "BKMGikmgb ")
	units := map[string]int64{"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}
	unit, known := units[strings.ToLower(strings.TrimSpace(string(text)[len(digits):]))]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !known || n < 0 || n > math.MaxInt64/unit {
		return yamlfile.Bad(string(text), "is not a size", wantSize)
	}
	*s = Size(n * unit)
	return nil
}

// MarshalText writes the size as it is read.
func (s Size) MarshalText() ([]byte, error) { return strconv.AppendInt(nil, int64(s), 10), nil }
