package journal

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// An Event is something that the report of the run must state.
type Event struct {
	Kind     Kind          `json:"kind"`
	Wall     time.Time     `json:"wall"`                // by the wall clock, which may jump; 0 is now
	At       time.Duration `json:"at_ns"`               // since the start of the plan
	Length   time.Duration `json:"length_ns,omitempty"` // how long it was, of a gap; by how much, of a clock
	Requests int64         `json:"requests,omitempty"`  // of Lost: how many are not in the journal
	Text     string        `json:"text,omitempty"`      // for people; up to 1,000 bytes
}

// Kind says what happened. A caller may have others.
type Kind string

// What the caller notes.
const (
	Started   Kind = "started"
	Gap       Kind = "gap" // nothing was due for a while, or is known of it
	Suspended Kind = "suspended"
	Stopped   Kind = "stopped" // before its time
	Ended     Kind = "ended"
)

// What the Writer notes by itself.
const (
	Resumed     Kind = "resumed"      // another process goes on; Length is how long there was none, by the wall clock
	ClockJumped Kind = "clock-jumped" // the wall clock against the monotonic one
	Full        Kind = "full"         // what is sealed cannot be written and waits in memory
	Room        Kind = "room"         // all that waited is written
	Lost        Kind = "lost"         // too much had waited; At and Length are the seconds that are incomplete
	Closed      Kind = "closed"       // by Close, after all was written
	Damaged     Kind = "damaged"      // a file was found damaged when it was compacted; or could not be made durable
)

const (
	eventsName = "events"
	maxEvents  = 16 << 20 // bytes
	maxText    = 1000
	maxKind    = 40
)

// eventRoom is kept free in the events for the last ones, such as Ended.
const eventRoom = 64 << 10

func (e Event) check() error {
	if e.Kind == "" || len(e.Kind) > maxKind {
		return fmt.Errorf("note an event: want a kind of 1 to %d bytes, got %q", maxKind, e.Kind)
	}
	return nil
}

// encode returns the event with the number of the newest segment there is.
func (e Event) encode(segment int) ([]byte, error) {
	e.Text = strings.ToValidUTF8(e.Text[:min(len(e.Text), maxText)], "")
	text, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("note an event: %w", err)
	}
	return append(binary.AppendUvarint(nil, uint64(segment)), text...), nil
}

func decodeEvent(payload []byte) (e Event, segment int, err error) {
	n, size := binary.Uvarint(payload)
	if size <= 0 || n > maxSegment {
		return e, 0, errors.New("an event makes no sense")
	}
	if err := json.Unmarshal(payload[size:], &e); err != nil {
		return e, 0, fmt.Errorf("an event makes no sense: %w", err)
	}
	return e, int(n), e.check()
}

// An eventLog is what the events hold.
type eventLog struct {
	events  []Event
	segment int // the newest one that they know of
	end     int64
	damage  []Damage
}

// readEvents reads the file of that name, and leaves it open.
func readEvents(f *os.File, tag string) (log eventLog, err error) {
	info, err := f.Stat()
	if err != nil {
		return log, err
	}
	if info.Size() > maxEvents {
		return log, fmt.Errorf("%s: it has %d bytes, and gonogo writes up to %d", eventsName, info.Size(), maxEvents)
	}
	s := scanner{file: f, seal: sealOf(tag, eventsName), size: info.Size()}
	for {
		next, err := s.next()
		if done, err := ended(err); done || err != nil {
			log.end = s.end()
			for _, h := range s.damaged {
				log.damage = append(log.damage, h.damage(eventsName, 0, -1))
			}
			if s.size == 0 {
				log.damage = append(log.damage, Damage{File: eventsName, To: -1, Cause: "the file is empty"})
			}
			return log, err
		}
		if err := log.add(next, owner{tag, eventsName}); err != nil {
			return log, fmt.Errorf("%s: at byte %d: %w", eventsName, next.offset, err)
		}
	}
}

func (l *eventLog) add(f frame, o owner) error {
	switch f.kind {
	case kindFile:
		return o.check(f.payload)
	case kindEvent:
		e, segment, err := decodeEvent(f.payload)
		l.events, l.segment = append(l.events, e), max(l.segment, segment)
		return err
	}
	return fmt.Errorf("a frame of kind %q, want an event", f.kind)
}
