package feed

import "hash/crc32"

// The index is where groups of rows begin. A file has mostGroups at most, and so the
// index a bounded size: the longer the file, the more is read to come to a row.
const (
	mostGroups    = 1 << 16
	smallestGroup = 4 << 10
)

// index knows where every so many bytes a row begins.
type index struct {
	groups  []group
	rows    int64
	largest int // group
}

// A group is a stretch of whole rows.
type group struct {
	offset int64
	row    int64  // its first, counted from 0
	length uint32 // to the end of its last row
	sum    uint32
}

// spacing is how far apart groups begin in a file of the size.
func spacing(size int64) int64 { return max(smallestGroup, size/mostGroups) }

// find returns the group that holds the row.
func (x *index) find(row int64) int {
	low, high := 0, len(x.groups)
	for high-low > 1 {
		if middle := (low + high) / 2; x.groups[middle].row <= row {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// castagnoli is the polynomial that processors have an instruction for.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }
