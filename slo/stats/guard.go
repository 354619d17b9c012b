package stats

import "fmt"

// What the guard tolerates.
const (
	mostGrowth      = 1.5 // of the variance, from blocks of half the length
	mostCorrelation = 0.5 // of neighbouring blocks
)

// tooShort says in words why a run is too short for bounds over its blocks, or "".
// The bounds need blocks that are nearly independent. They are not if the variance still
// grows with the length of blocks, or if neighbouring blocks resemble each other.
func tooShort(cells []Block) string {
	blocks := Blocks(cells, usualBlocks)
	if len(blocks) < leastBlocks {
		return "" // nothing was lent: each block counts as one request already
	}
	length := len(cells) / len(blocks)
	if fine := variance(Blocks(cells, 2*usualBlocks)); fine > 0 && variance(blocks) > mostGrowth*fine {
		return fmt.Sprintf("run too short: bad requests come in waves that last longer than %d s, a %dth of it", max(1, length/2), 2*len(blocks))
	}
	if r := correlation(residuals(blocks)); r > mostCorrelation {
		return fmt.Sprintf("run too short: stretches of %d s, a %dth of it, resemble the ones before (correlation %.2f)", length, len(blocks), r)
	}
	return ""
}
