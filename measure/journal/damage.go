package journal

import (
	"errors"
	"fmt"
	"io"
)

// Damage is a part of a journal that could not be read, and is left out.
type Damage struct {
	File          string
	Offset, Bytes int64
	From, To      int // the seconds around what is missing, To -1 when it is not known; what came late may be of earlier ones
	Cause         string

	// Lossless is damage by which nothing is lost that was sealed: the end of a file
	// that was being written, by a run that died or is running; or what is there
	// a second time.
	Lossless bool
}

// String says it in a line.
func (d Damage) String() string {
	seconds := fmt.Sprintf("something of the seconds %d to %d may be missing", d.From, d.To)
	switch {
	case d.Lossless:
		seconds = "nothing that was sealed is lost"
	case d.File == eventsName:
		seconds = "an event may be missing"
	case d.To < 0:
		seconds = fmt.Sprintf("something from second %d on may be missing", d.From)
	}
	return fmt.Sprintf("%s: dropped %d bytes at byte %d: %s; %s", d.File, d.Bytes, d.Offset, d.Cause, seconds)
}

// ended tells whether a file was read to its end.
func ended(err error) (done bool, other error) {
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	return false, err
}

// end returns the end of the last frame.
func (s *scanner) end() int64 {
	if n := len(s.damaged); n > 0 && s.damaged[n-1].torn {
		return s.damaged[n-1].offset
	}
	return s.size
}

// damage describes a hole between two seconds, of which the later may be unknown.
func (h hole) damage(file string, from, to int) Damage {
	d := Damage{File: file, Offset: h.offset, Bytes: h.bytes, From: from, To: to, Cause: "the checksum does not hold"}
	if h.torn {
		d.Cause, d.Lossless = "the end is torn", true
	}
	return d
}
