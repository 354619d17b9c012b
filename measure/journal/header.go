package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/measure"
)

// A Header says which run this is. It never changes.
type Header struct {
	Run      string    `json:"run"`     // its id
	Started  time.Time `json:"started"` // by the wall clock
	Scenario string    `json:"scenario"`

	// The scenario with every default, and its SHA-256 in hex as the caller counts
	// it. The JSON is kept without the space between its tokens.
	SHA256    string          `json:"sha256"`
	Effective json.RawMessage `json:"effective,omitempty"`
	Seed      uint64          `json:"seed"`

	Config  measure.Config                `json:"config"`
	Planned time.Duration                 `json:"planned_ns"` // of the run, all phases
	Phases  [measure.Phases]time.Duration `json:"phases_ns"`  // of each, in order
	Meta    json.RawMessage               `json:"meta,omitempty"`
}

const (
	headerName = "header"
	headerCopy = "header.copy" // for when a disk loses the other
	magic      = "gonogo journal "
	version    = 2 // of the format; version 1 has no groups, and neither setup nor teardown
	maxHeader  = 16 << 20
	maxSteps   = 100_000 // with groups; and limits
)

// encode returns the header as its file has it: a line for everybody, a frame.
func (h *Header) encode() ([]byte, error) {
	var text bytes.Buffer
	to := json.NewEncoder(&text)
	to.SetEscapeHTML(false)
	if err := to.Encode(h); err != nil {
		return nil, fmt.Errorf("encode the header: %w", err)
	}
	if text.Len() > maxHeader {
		return nil, fmt.Errorf("encode the header: it has %d bytes, the limit is %d", text.Len(), maxHeader)
	}
	line := fmt.Sprintf("%s%d\n", magic, version)
	return seal(0).appendFrame([]byte(line), int64(len(line)), kindHeader, bytes.TrimSpace(text.Bytes())), h.check()
}

// decodeHeader returns it and the tag that ties all files to it.
func decodeHeader(data []byte) (h Header, tag string, err error) {
	rest, found := bytes.CutPrefix(data, []byte(magic))
	number, _, ended := bytes.Cut(rest, []byte("\n"))
	switch v, err := strconv.Atoi(string(number)); {
	case len(data) == 0:
		return h, "", errors.New("it is empty")
	case !found || !ended || err != nil || v < 1:
		return h, "", fmt.Errorf("at byte 0: want %q and a version", magic)
	case v > version:
		return h, "", newer(v)
	}
	size := int64(len(data))
	s := scanner{file: bytes.NewReader(data), size: size}
	at := len(magic) + len(number) + 1
	f, ok, err := s.at(int64(at))
	switch {
	case err != nil:
		return h, "", err
	case !ok || f.kind != kindHeader || f.offset+headSize+int64(len(f.payload)) != size:
		return h, "", fmt.Errorf("at byte %d: damaged, its checksum does not hold", at)
	}
	from := json.NewDecoder(bytes.NewReader(f.payload))
	from.DisallowUnknownFields()
	if err := from.Decode(&h); err != nil {
		return h, "", fmt.Errorf("at byte %d: %w", f.offset+headSize, err)
	}
	sum := sha256.Sum256(f.payload)
	return h, hex.EncodeToString(sum[:8]), h.check()
}

// newer is the error of a version that is not known yet.
type newer int

func (n newer) Error() string {
	return fmt.Sprintf("its format is version %d and this gonogo reads up to %d: use the gonogo that wrote it, or a newer one", int(n), version)
}

// check finds what no run can have.
func (h *Header) check() error {
	c := &h.Config
	names := len(c.Steps) + len(c.Groups)
	switch {
	case h.Run == "":
		return errors.New("the header has no run id")
	case len(c.Steps) == 0 || names > maxSteps || len(c.Limits) > maxSteps:
		return fmt.Errorf("the header has %d steps, %d groups and %d limits, want 1 to %d steps and groups and up to %d limits",
			len(c.Steps), len(c.Groups), len(c.Limits), maxSteps, maxSteps)
	}
	for i, l := range c.Limits {
		if l.Step < measure.AllSteps || l.Step >= names {
			return fmt.Errorf("limit %d of the header is about step %d of %d", i, l.Step, names)
		}
	}
	return nil
}

// Same tells whether the other run follows the same plan, so that it may go on
// where this one stopped: the same scenario, seed and measurement.
func (h *Header) Same(o *Header) error {
	switch {
	case h.SHA256 != o.SHA256:
		return fmt.Errorf("it is of another scenario: %q with SHA-256 %s, not %q with %s: resume it with its own, or begin another", h.Scenario, brief(h.SHA256), o.Scenario, brief(o.SHA256))
	case h.Seed != o.Seed:
		return fmt.Errorf("it is of another seed: %d, not %d", h.Seed, o.Seed)
	case !sameConfig(&h.Config, &o.Config):
		return errors.New("it measures something else: the steps, groups, limits, highest time or charge differ")
	}
	return nil
}

func sameConfig(c, o *measure.Config) bool {
	return slices.Equal(c.Steps, o.Steps) && slices.Equal(c.Groups, o.Groups) && slices.Equal(c.Limits, o.Limits) &&
		c.Highest == o.Highest && c.Charge == o.Charge
}

func brief(sum string) string {
	if len(sum) > 12 {
		return sum[:12] + "…"
	}
	return sum
}

// readHeader returns the header of a folder and its tag, and what was wrong
// with the first of its two files, if anything.
func readHeader(dir *disk) (h Header, tag string, damaged *Damage, err error) {
	if info, err := os.Stat(dir.dir); err == nil && !info.IsDir() {
		return h, "", nil, errors.New("it is a file, want a folder")
	} else if err != nil {
		return h, "", nil, err
	}
	var problems [2]error
	for i, name := range [2]string{headerName, headerCopy} {
		h, tag, err := readHeaderFile(dir.path(name))
		if problems[i] = err; err != nil {
			continue
		}
		if i == 1 {
			damaged = &Damage{File: headerName, To: -1, Cause: fmt.Sprintf("%v; its copy is whole", problems[0]), Lossless: true}
		}
		return h, tag, damaged, nil
	}
	if errors.Is(problems[0], fs.ErrNotExist) && errors.Is(problems[1], fs.ErrNotExist) {
		return h, "", nil, errors.New("it has no header, so it is no journal, or of a run that died before its first second: remove it")
	}
	return h, "", nil, fmt.Errorf("%s: %w", headerName, problems[0])
}

// restoreHeader replaces the first of the two files by the other.
func restoreHeader(d *disk) error {
	data, err := os.ReadFile(d.path(headerCopy))
	if err != nil {
		return err
	}
	return writeWhole(d, headerName, data)
}

func readHeaderFile(path string) (h Header, tag string, err error) {
	f, err := openFile(path)
	if err != nil {
		return h, "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxHeader+4096))
	if err != nil {
		return h, "", err
	}
	return decodeHeader(data)
}

// An owner is what the first frame of a file says.
type owner struct{ tag, name string }

func (o owner) append(to []byte) []byte {
	to = binary.AppendUvarint(to, version)
	return append(to, o.tag+" "+o.name...)
}

// check tells whether a file is what its name and its folder say.
func (o owner) check(payload []byte) error {
	v, size := binary.Uvarint(payload)
	switch {
	case size <= 0:
		return errors.New("its first frame makes no sense")
	case v > version:
		return newer(int(min(v, 1<<30)))
	}
	tag, name, _ := strings.Cut(string(payload[size:]), " ")
	switch {
	case tag != o.tag:
		return errors.New("it belongs to another journal: put it back there")
	case name != o.name:
		return fmt.Errorf("it was called %q: give it its name back", name)
	}
	return nil
}
