package chart

import (
	"slices"
	"strconv"
)

// An ink is how a part is drawn. Its name makes its classes, "s" for a stroke and "f" for
// a fill; the rest is the same for a page without CSS.
type ink struct {
	name, colour string
	width        float64
	dash         string
}

// The inks of what is no series. All that are read have 4.5 of contrast at least.
func textInk() ink  { return ink{name: "t", colour: "#4d5761"} }
func nameInk() ink  { return ink{name: "n", colour: "#1c2126", width: 1.2} }
func markInk() ink  { return ink{name: "k", colour: "#4d5761", width: 1, dash: "1 2"} }
func baseInk() ink  { return ink{name: "b", colour: "#7c858e", width: 1} }
func limitInk() ink { return ink{name: "l", colour: "#a3262a", width: 1.1, dash: "5 4"} }

// The colours of what lies behind the others, and of what they are compared with.
const (
	gridColour   = "#e3e6e9"
	marginColour = "#e8edf2"
	quietColour  = "#66707a"
)

// palette are the inks of series by place. Two that are neighbours differ in colour, in
// lightness and in their dash or their width.
func palette() []ink {
	return []ink{
		{"1", "#0b5cad", 1.7, ""},
		{"2", "#a8480a", 1.5, "12 2"},
		{"3", "#00705a", 1.5, "2 2"},
		{"4", "#84367c", 1.3, "9 2 2 2"},
		{"5", "#6e5400", 1, "14 3 2 3"},
		{"6", "#46525e", 1.5, "1 3"},
	}
}

// inksOf are the inks of series with these tones. The colour of the main one is no other's.
func inksOf(tones []Tone) []ink {
	free := palette()
	if slices.Contains(tones, Main) {
		free = free[1:]
	}
	out, n := make([]ink, len(tones)), 0
	for i, tone := range tones {
		switch tone {
		case Main:
			out[i] = ink{"m", palette()[0].colour, 2.2, ""}
		case Quiet:
			out[i] = ink{"q", quietColour, 1, ""}
		case Alarm:
			out[i] = ink{"a", limitInk().colour, 1.6, "4 1.5"}
		default:
			out[i] = free[n%len(free)]
			n++
		}
	}
	return out
}

// stroke are the attributes of a line.
func (i ink) stroke() string {
	out := `class="s` + i.name + `" stroke="` + i.colour + `" stroke-width="` + num(i.width) + `"`
	if i.dash != "" {
		out += ` stroke-dasharray="` + i.dash + `"`
	}
	return out
}

// fill are the attributes of an area or a text.
func (i ink) fill() string { return `class="f` + i.name + `" fill="` + i.colour + `"` }

// levels is how many colours a Heat has.
const levels = 8

// heatColours are those of a Heat, from few to many: one hue, ever darker, so that they
// keep their order without colour and on paper.
func heatColours() [levels]string {
	return [levels]string{"#d9e6f2", "#bdd5ea", "#9bc0df", "#74a6d1", "#4f8ac0", "#316da8", "#1a4f88", "#0a3161"}
}

// heatInk is that of a level, which is 1..levels.
func heatInk(level int) (class, colour string) {
	return "h" + strconv.Itoa(level), heatColours()[level-1]
}
