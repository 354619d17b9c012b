package stats

import "fmt"

// What the guard asks for. Both figures come from the simulations of internal/calibration.
const (
	enoughRequests = 250 // independent ones: the waves then last a twelfth of a block
	visibleWaves   = 2   // the design effect from which on waves are no chance
)

// tooShort says in words why a run is too short for bounds over its blocks, or "".
// They need blocks that are nearly independent, which they are if they are much longer than the
// waves that requests come in. How long those are shows in the median, where half of
// all requests tell: far better than in the growth of the variance with the
// length of blocks, or in the correlation of neighbours (docs/decisions/0010-few-bad-requests.md).
func tooShort(cells, median []Block) string {
	if median == nil {
		median = cells
	}
	deff, _ := designEffect(Blocks(median, usualBlocks))
	independent := float64(Sum(median).N) / max(1, deff)
	if deff < visibleWaves || independent >= enoughRequests {
		return ""
	}
	return fmt.Sprintf("run too short: slow and fast requests come in waves, so that it holds about %.0f independent ones where %d are needed; it should last %.1f times as long",
		independent, enoughRequests, enoughRequests/independent)
}
