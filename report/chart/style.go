package chart

import (
	"fmt"
	"strings"
)

// Style is the CSS for the classes of all charts: light, dark where the reader or the page
// ([data-theme] on the root) asks for it, and light again on paper. A page may set
// --chart-ground to lay charts on a ground of its own.
func Style() string {
	var b strings.Builder
	b.WriteString(".chart{display:block;max-width:60rem;height:auto;font-variant-numeric:tabular-nums;" + variables(light()) + "}\n")
	b.WriteString(".chart.spark,.chart.small{display:inline-block;vertical-align:middle;max-width:100%}\n")
	b.WriteString(rules())
	dark := variables(dark())
	fmt.Fprintf(&b, "@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]) .chart{%s}}\n", dark)
	fmt.Fprintf(&b, "@media screen{:root[data-theme=dark] .chart{%s}}\n", dark)
	return b.String()
}

// A theme is a colour for each variable, in their order.
type theme []struct{ name, colour string }

// light are the colours that the drawings have without CSS.
func light() theme {
	t := theme{
		{"ground", "#fff"},
		{"n", "#1c2126"},
		{"t", textInk().colour},
		{"b", baseInk().colour},
		{"l", limitInk().colour},
		{"q", quietColour},
		{"a", limitInk().colour},
		{"grid", gridColour},
		{"phase", phaseColour},
		{"edge", edgeColour},
		{"gap", gapColour},
		{"margin", marginColour},
	}
	for _, i := range palette() {
		t = append(t, struct{ name, colour string }{i.name, i.colour})
	}
	for i, colour := range heatColours() {
		t = append(t, struct{ name, colour string }{fmt.Sprintf("h%d", i+1), colour})
	}
	return t
}

// dark are the colours on a dark ground.
func dark() theme {
	return theme{
		{"ground", "#14171a"},
		{"n", "#eceff2"},
		{"t", "#aab4be"},
		{"b", "#77828d"},
		{"l", "#ff8a80"},
		{"q", "#98a3ae"},
		{"a", "#ff8a80"},
		{"grid", "#2a2f35"},
		{"phase", "#1b1f24"},
		{"edge", "#464e57"},
		{"gap", "#535c66"},
		{"margin", "#252c34"},
		{"1", "#74b4f5"},
		{"2", "#f0a05a"},
		{"3", "#4fc3a1"},
		{"4", "#dd9fd6"},
		{"5", "#d8bd55"},
		{"6", "#b4bfca"},
		{"h1", "#1b3754"},
		{"h2", "#204667"},
		{"h3", "#275784"},
		{"h4", "#3570a5"},
		{"h5", "#4d8dc3"},
		{"h6", "#74abd9"},
		{"h7", "#a5cbea"},
		{"h8", "#dcedfa"},
	}
}

// variables declares a theme.
func variables(t theme) string {
	var b strings.Builder
	for _, v := range t {
		if v.name == "ground" {
			fmt.Fprintf(&b, "--c-ground:var(--chart-ground,%s);", v.colour)
			continue
		}
		fmt.Fprintf(&b, "--c-%s:%s;", v.name, v.colour)
	}
	return strings.TrimSuffix(b.String(), ";")
}

// rules give the classes their variables.
func rules() string {
	var b strings.Builder
	for _, name := range []string{"1", "2", "3", "4", "5", "6", "q", "a", "l", "t", "b", "n"} {
		fmt.Fprintf(&b, ".chart .s%[1]s{stroke:var(--c-%[1]s)}.chart .f%[1]s{fill:var(--c-%[1]s)}\n", name)
	}
	b.WriteString(".chart .sm{stroke:var(--c-1)}.chart .fm{fill:var(--c-1)}.chart .sk{stroke:var(--c-t)}\n")
	for i := 1; i <= levels; i++ {
		fmt.Fprintf(&b, ".chart path.h%[1]d{stroke:var(--c-h%[1]d)}.chart rect.h%[1]d{fill:var(--c-h%[1]d)}\n", i)
	}
	b.WriteString(".chart .bg{fill:var(--c-ground)}.chart .rim{stroke:var(--c-ground)}.chart .gl{stroke:var(--c-grid)}.chart .ring{stroke:var(--c-n)}\n")
	b.WriteString(".chart .bp{fill:var(--c-phase)}.chart .be{stroke:var(--c-edge)}.chart .bh{stroke:var(--c-gap)}.chart .mg{fill:var(--c-margin)}\n")
	return b.String()
}
