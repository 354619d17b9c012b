// Package stats is the statistics behind a verdict: what a run says about the
// share of bad requests, when the requests of a run resemble their neighbours.
//
// Requests are no independent draws. While a queue is long, all that wait in it
// are slow; so a thousand slow requests may be one event. Everything here therefore
// counts by stretches of time. It takes cells, one a second in order of time, each
// with the requests that were due in it and how many of them were bad (failed, or
// slower than a limit), and cuts them into blocks.
//
//   - share.go: bounds of a share (Estimate), with the help of a Background where few requests
//     are bad; guard.go: when no verdict may be given on them, because the run is too short
//     for the waves in it.
//   - betting.go: evidence that grows block by block and may be looked at any time,
//     for stopping early; sequence.go: the bounds to print after such a stop.
//   - plan.go: how long a run must be, and what one of a given length can tell.
//   - outages.go: rare outages, which no interval over blocks can foresee.
//   - quantile.go: bounds of a percentile, for display.
//
// Its functions return numbers and reasons; package slo decides. internal/calibration
// measures how often they are wrong, in docs/calibration.md.
package stats

// A Block is a stretch of time: the requests that were due in it, and how many of
// them were bad. One that lasts a second is a cell.
type Block struct{ N, Bad int64 }

// Blocks merges cells into n contiguous blocks that differ by at most one cell in
// length. Fewer cells than n are returned as they are.
func Blocks(cells []Block, n int) []Block {
	n = min(n, len(cells))
	blocks := make([]Block, n)
	for j := range blocks {
		blocks[j] = Sum(cells[j*len(cells)/n : (j+1)*len(cells)/n])
	}
	return blocks
}

// Every merges cells into blocks of length cells; what is left over at the end, too
// short for a block, is left out.
func Every(cells []Block, length int) []Block {
	blocks := make([]Block, 0, len(cells)/length)
	for ; len(cells) >= length; cells = cells[length:] {
		blocks = append(blocks, Sum(cells[:length]))
	}
	return blocks
}

// Sum merges blocks into one.
func Sum(blocks []Block) Block {
	var sum Block
	for _, b := range blocks {
		sum.N += b.N
		sum.Bad += b.Bad
	}
	return sum
}

// Share returns the share of bad requests; 0 without requests.
func (b Block) Share() float64 {
	if b.N == 0 {
		return 0
	}
	return float64(b.Bad) / float64(b.N)
}
