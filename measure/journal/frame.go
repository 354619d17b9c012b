package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A frame is what a file is made of: a marker, a kind, the length of the payload,
// the CRC32C of the payload, and the CRC32C of all that together with the file's
// seal and the frame's place in the file. So a frame holds only where it was
// written: not in another file, another journal or at another place.
type frame struct {
	kind    byte
	offset  int64
	payload []byte
}

// The kinds.
const (
	kindHeader  = 'J' // of the journal, as JSON
	kindFile    = 'H' // the first of every segment and of the events: whose it is
	kindBatch   = 'B' // the intervals of one Add
	kindStretch = 'R' // one Record
	kindEnd     = 'F' // the last of a segment that is complete
	kindEvent   = 'E'
)

const (
	marker   = "\xc3jf"
	headSize = 16
	maxFrame = 64 << 20
)

// A seal ties frames to the journal and to the file that they are in.
type seal uint32

func sealOf(tag, name string) seal {
	return seal(crc([]byte(tag + "/" + name)))
}

func crc(of []byte) uint32 { return crc32.Checksum(of, crc32.MakeTable(crc32.Castagnoli)) }

// appendFrame appends one that will be at that offset.
func (s seal) appendFrame(to []byte, offset int64, kind byte, payload []byte) []byte {
	start := len(to)
	to = append(to, marker...)
	to = append(to, kind)
	to = binary.LittleEndian.AppendUint32(to, uint32(len(payload)))
	to = binary.LittleEndian.AppendUint32(to, crc(payload))
	to = binary.LittleEndian.AppendUint32(to, s.of(to[start:], offset))
	return append(to, payload...)
}

// of returns the checksum of the 12 bytes that a frame begins with. The first
// frame of a file is not sealed: it tells whose file this is, when it is not ours.
func (s seal) of(head []byte, offset int64) uint32 {
	if offset == 0 {
		s = 0
	}
	place := binary.LittleEndian.AppendUint64(nil, uint64(offset))
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Update(uint32(s), table, place), table, head)
}

// A scanner reads the frames of a file as far as it went at some moment, and
// jumps over what is damaged.
type scanner struct {
	file         io.ReaderAt
	seal         seal
	offset, size int64
	payload      []byte // of the last frame; used again
	damaged      []hole
	candidates   int // that were looked at behind damage
}

// A hole is a part of a file that holds no frame.
type hole struct {
	offset, bytes int64
	torn          bool // nothing follows it
}

// maxCandidates bounds the time that a file takes which was made to look as if
// a frame began everywhere.
const maxCandidates = 1000

// next returns the next frame, whose payload is valid until the call after, or
// io.EOF. All other errors are those of reading.
func (s *scanner) next() (frame, error) {
	if s.offset >= s.size {
		return frame{}, io.EOF
	}
	f, ok, err := s.at(s.offset)
	if err != nil {
		return frame{}, err
	}
	if !ok {
		if f, err = s.resync(); err != nil {
			return frame{}, err
		}
	}
	s.offset = f.offset + headSize + int64(len(f.payload))
	return f, nil
}

// at returns the frame at an offset, if there is one.
func (s *scanner) at(offset int64) (f frame, ok bool, err error) {
	var head [headSize]byte
	if s.size-offset < headSize {
		return f, false, nil
	}
	if err := readAt(s.file, head[:], offset); err != nil {
		return f, false, err
	}
	length := int64(binary.LittleEndian.Uint32(head[4:]))
	sum := binary.LittleEndian.Uint32(head[12:])
	if string(head[:3]) != marker || s.seal.of(head[:12], offset) != sum || length > min(maxFrame, s.size-offset-headSize) {
		return f, false, nil
	}
	if int64(cap(s.payload)) < length {
		s.payload = make([]byte, length)
	}
	s.payload = s.payload[:length]
	if err := readAt(s.file, s.payload, offset+headSize); err != nil {
		return f, false, err
	}
	s.candidates++
	if crc(s.payload) != binary.LittleEndian.Uint32(head[8:]) {
		return f, false, nil
	}
	return frame{head[3], offset, s.payload}, true, nil
}

// resync notes a hole and returns the frame behind it, or io.EOF.
func (s *scanner) resync() (frame, error) {
	const step = 64 << 10
	buffer, at := make([]byte, step), s.offset+1
	s.candidates = 0
	for at < s.size && s.candidates < maxCandidates {
		part := buffer[:min(step, s.size-at)]
		if err := readAt(s.file, part, at); err != nil {
			return frame{}, err
		}
		for i := 0; ; i++ {
			found := bytes.Index(part[i:], []byte(marker))
			if found < 0 || s.candidates >= maxCandidates {
				break
			}
			i += found
			if f, ok, err := s.at(at + int64(i)); ok || err != nil {
				s.damaged = append(s.damaged, hole{offset: s.offset, bytes: f.offset - s.offset})
				return f, err
			}
		}
		at += max(int64(len(part)-len(marker)+1), 1)
	}
	s.damaged = append(s.damaged, hole{s.offset, s.size - s.offset, true})
	s.offset = s.size
	return frame{}, io.EOF
}

func readAt(file io.ReaderAt, to []byte, offset int64) error {
	if _, err := file.ReadAt(to, offset); err != nil {
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("it became shorter while it was read, at byte %d", offset)
		}
		return err
	}
	return nil
}
