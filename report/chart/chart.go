// Package chart draws charts as SVG, for pages that have to be read without CSS and
// without JavaScript, under the policy default-src 'none'; img-src 'self'; style-src 'self'.
// It knows nothing of reports: callers give plain numbers.
//
// chart.go has what callers fill in. A chart is drawn in its own file: lines.go (Lines and
// Small), stack.go, curve.go, heat.go, bars.go, points.go and spark.go. rows.go puts rows in
// order of time and makes their table, says.go their text; bands.go marks stretches of time.
// canvas.go writes SVG, frame.go lays a plot out with its axes, labels.go names lines at
// their ends, scale.go finds ticks, unit.go prints values, ink.go has colours and dashes,
// and style.go the CSS.
//
// Everything is drawn with presentation attributes, and carries a class for Style beside
// them: s and f with 1 to 6 are the stroke and the fill of series; with m of the main one,
// q a quiet one, a an alarm, l limits, t texts, n names and intervals, b the base line, k
// marks. bg is the ground, gl the grid, bp, be and bh phases, their edges and the hatch of
// gaps, h1 to h8 the levels of a Heat, mg a margin, ring a crossing, rim what has a rim in
// the colour of the ground. No meaning is in a colour alone: series differ in dash or width
// and are named at their ends, breaches and gaps are hatched, limits dashed and named.
//
// What a page's script needs: the attribute DataX of the <svg> says where the rows of
// Figure.Table lie, as runs "start,step,count" in units across of the inner <svg> of
// ClassPlot. To show values, take the pointer's share of the plot's width, put it between
// the ends of the plot's viewBox, find the nearest row and show the cells of that row. To
// zoom, narrow the viewBox of the plot: strokes keep their width, patterns and lines follow;
// what is of ClassTimes and ClassNames stands outside and no longer fits, so hide it.
//
// The same input gives the same bytes. All that is drawn is bounded: rows, series, cells
// and names beyond that are joined, counted or cut, and the table has them.
package chart

import (
	"html/template"
	"time"
)

// A Figure is a drawn chart, and what it shows in words.
type Figure struct {
	ID, Title string
	Says      string        // one or two sentences with the main figures, made from the data
	SVG       template.HTML // a complete <svg role="img"> with its <title> and <desc>
	Table     Table         // the same data in words
}

// A Table is the data of a chart in words, one row for each position of data-x.
type Table struct {
	Head []string
	Rows [][]string
}

// A Tone says what part a series plays, and so how it is drawn.
type Tone int

// The tones.
const (
	Auto  Tone = iota // one of six colours and dashes, by its place
	Main              // what is judged: the strongest line
	Quiet             // what others are compared with: thin and grey
	Alarm             // what went wrong
)

// A Series is one line of a chart, row by row of its X.
type Series struct {
	Name string
	Y    []float64 // NaN: none
	Tone Tone
}

// A BandKind says what a Band of time is about.
type BandKind int

// The kinds of band.
const (
	Phase  BandKind = iota // a part of the plan: every other one is toned, all are named
	Gap                    // nothing was measured: hatched, grey
	Breach                 // an objective did not hold: hatched the other way, with a bar below
)

// A Band is a stretch of time that is marked.
type Band struct {
	From, To float64 // seconds since the start
	Label    string
	Kind     BandKind
}

// A Limit is a value that is not to be passed.
type Limit struct {
	Value float64
	Label string
}

// Lines draws series over time: percentiles, rates, users, lag.
type Lines struct {
	ID, Title string
	X         []float64 // where rows start, in seconds since Start
	Step      float64   // how long a row is: a line breaks where the next is further than 1.5 of it; 0: found from X
	Start     time.Time // zero: no clock time on the axis
	Series    []Series
	Bands     []Band
	Limits    []Limit
	Unit      Unit
	Log       bool
	Low, High float64 // the y axis reaches at least this far, so that charts can share a scale; both 0: its own
	Height    int     // 0: DefaultHeight
}

// Small is Lines at the size of a small multiple, for one of many steps.
type Small Lines

// Stack draws counts over time on top of each other, such as errors by class.
type Stack struct {
	ID, Title string
	X         []float64 // as in Lines
	Step      float64
	Start     time.Time
	Series    []Series // from the bottom up
	Bands     []Band
	Unit      Unit
	Height    int
}

// Curve draws values by percentile on an axis that gives every nine the same room.
type Curve struct {
	ID, Title string
	Series    []CurveSeries
	Limits    []CurveLimit
	Unit      Unit
	Log       bool
	Height    int
}

// A CurveSeries is the value V at each of the quantiles Q, which lie in 0..1 and rise.
type CurveSeries struct {
	Name string
	Q, V []float64
	Tone Tone
}

// A CurveLimit is an objective: at the quantile Q, at most Value. Q 0: of all quantiles.
type CurveLimit struct {
	Q, Value float64
	Label    string
}

// Heat draws how many values fell where over time, on a log axis.
type Heat struct {
	ID, Title string
	Columns   []HeatColumn // in order of time
	RowEdges  []float64    // rising; Counts[i] lies between RowEdges[i] and RowEdges[i+1]
	Start     time.Time
	Bands     []Band
	Limits    []Limit
	Unit      Unit
	Noun      string // what is counted, in the plural; "": "requests"
	Height    int
}

// A HeatColumn is a stretch of time and its counts, by row.
type HeatColumn struct {
	T, Length float64
	Counts    []int64
}

// Bars draws named values side by side: bars from zero, or dots with their intervals.
type Bars struct {
	ID, Title string
	Bars      []Bar
	Unit      Unit
	Dots      bool    // a dot for each value instead of a bar, and a line at zero
	Margin    *Margin // a band within which a difference does not matter
	Limits    []Limit
}

// A Bar is one named value.
type Bar struct {
	Name   string
	Value  float64 // NaN: none
	Lo, Hi float64 // its interval; both the same: none
	Note   string  // at its end, beside the value
	Tone   Tone
}

// A Margin is a range of values with its name.
type Margin struct {
	Lo, Hi float64
	Label  string
}

// Points draws measurements over a quantity, such as a capacity's p95 by level.
type Points struct {
	ID, Title string
	XName     string // what the x axis is: "requests a second"
	XUnit     Unit
	Series    []PointSeries
	Limits    []Limit
	Marks     []Mark
	Unit      Unit
	Log       bool
	Height    int
}

// A PointSeries is points in the order they are to be joined, if Join.
type PointSeries struct {
	Name string
	X, Y []float64
	Join bool
	Tone Tone
}

// A Mark is a place on the x axis with a name: the level that still holds.
type Mark struct {
	X     float64
	Label string
}

// Spark is a line in a line of text, without axes.
type Spark struct {
	Name  string // what it is, for those who do not see it
	Y     []float64
	Unit  Unit
	Limit float64 // 0: none
}

// Sizes of the drawings, in the units of their viewBox.
const (
	Width         = 720
	DefaultHeight = 220
	SmallWidth    = 220
	SmallHeight   = 90
	SparkWidth    = 96
	SparkHeight   = 18
)

// The classes and the attribute that a page's script goes by.
const (
	ClassChart = "chart" // the whole drawing
	ClassPlot  = "plot"  // the inner <svg>, with units of its own
	ClassTimes = "xt"    // the texts of the x axis
	ClassNames = "names" // the names of lines, beside the plot
	DataX      = "data-x"
)
