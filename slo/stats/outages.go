package stats

import "gonum.org/v1/gonum/mathext"

// Outages are clusters of bad seconds. Bounds over blocks do not foresee an outage
// that is rarer than the run is long: what a run can say of those is in Most.
type Outages struct {
	Count   int // clusters
	Longest int // cells from the first bad one of a cluster to its last
	Bad     int // cells that are bad
	Cells   int
}

// FindOutages finds runs of cells in which more than the share over of the requests
// were bad. Runs that are gap cells or fewer apart are one. Cells without requests
// are neither good nor bad: they end no run, and count for the gap.
func FindOutages(cells []Block, over float64, gap int) Outages {
	o := Outages{Cells: len(cells)}
	first, last := 0, -1
	for i, c := range cells {
		if c.Share() <= over {
			continue
		}
		if last < 0 || i-last-1 > gap {
			o.Count++
			first = i
		}
		last = i
		o.Bad++
		o.Longest = max(o.Longest, last-first+1)
	}
	return o
}

// Most returns how many outages a cell there may be, at confidence 1 - alpha, if they
// come by themselves (a Poisson process). Without any in T seconds that is 3/T at
// 95 %, the rule of three.
func (o Outages) Most(alpha float64) float64 {
	if o.Cells == 0 {
		return 1
	}
	return mathext.GammaIncRegCompInv(float64(o.Count+1), alpha) / float64(o.Cells)
}
