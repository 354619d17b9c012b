package chart

// An ink is how a part is drawn: its class and, for a page without CSS, the same in
// presentation attributes.
type ink struct {
	class, colour string
	width         float64
	dash          string
}

// inks of what is no series.
func axisInk() ink   { return ink{class: "ax", colour: "#4d5761"} }
func gridInk() ink   { return ink{class: "gl", colour: "#dfe3e7", width: 1} }
func baseInk() ink   { return ink{class: "bl", colour: "#8b949e", width: 1} }
func limitInk() ink  { return ink{class: "lim", colour: "#a3262a", width: 1.2, dash: "7 4"} }
func bandInk() ink   { return ink{class: "bt", colour: "#4d5761"} }
func breachInk() ink { return ink{class: "xt", colour: "#a3262a"} }

// palette are the inks of series by place.
func palette() []ink {
	return []ink{
		{"s1", "#0b5cad", 1.8, ""},
		{"s2", "#b3420b", 1.4, "6 2"},
		{"s3", "#00735c", 1.4, "2 2"},
		{"s4", "#8a3b82", 1.2, "9 2 2 2"},
		{"s5", "#7a5c00", 1, ""},
		{"s6", "#4f5b66", 1.2, "1 3"},
	}
}

// inkOf is the ink of series i.
func inkOf(i int, tone Tone) ink {
	switch tone {
	case Main:
		return ink{"sm", "#0b5cad", 2.2, ""}
	case Quiet:
		return ink{"sq", "#6b7580", 1, ""}
	case Alarm:
		return ink{"sa", "#a3262a", 1.6, "4 1.5"}
	}
	p := palette()
	return p[i%len(p)]
}
