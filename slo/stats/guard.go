package stats

import (
	"fmt"
	"time"
)

// What the guard asks for. Both figures come from the simulations of internal/calibration.
const (
	enoughRequests = 250 // independent ones: the waves then last a twelfth of a block
	visibleWaves   = 2   // the design effect from which on waves are no chance
)

// guard finds whether the run is too short for bounds over its blocks, and says so in words.
// They need blocks that are nearly independent, which they are if they are much longer than the
// waves that requests come in. How long those are shows in the median, where half of
// all requests tell: far better than in the growth of the variance with the
// length of blocks, or in the correlation of neighbours (docs/decisions/0010-few-bad-requests.md).
func (s *Share) guard(cells, median []Block) {
	if median == nil {
		median = cells
	}
	waves, _ := designEffect(Blocks(median, usualBlocks))
	s.Waves = max(1, waves)
	if part := s.lack(); part > 1 {
		s.Doubt = fmt.Sprintf("run too short: slow and fast requests come in waves, so that it holds about %.0f independent ones where %d are needed; it should last %.1f times as long",
			float64(s.N)/s.Waves, enoughRequests, part)
	}
}

// lack is how many times as long the run would have to be for the guard.
func (s Share) lack() float64 {
	if s.Waves < visibleWaves || s.N == 0 {
		return 0
	}
	return enoughRequests * s.Waves / float64(s.N)
}

// LongEnough returns how long a run has to be, at least, for the waves that a pilot
// found (Share.Waves) at a rate of requests a second. ok is false if that is longer than a century.
func LongEnough(waves, rate float64) (d time.Duration, ok bool) {
	const margin = 2 // a pilot sees less of long waves than there is
	if waves < visibleWaves {
		return 0, true
	}
	return seconds(margin * enoughRequests * waves / rate)
}
