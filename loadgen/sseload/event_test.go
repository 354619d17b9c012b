package sseload

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An event as a test sees it.
type event struct{ name, data, id string }

// eventsOf feeds a stream in pieces of a size.
func eventsOf(stream string, size, limit int) (all []event, err error) {
	p := parser{limit: limit}
	for len(stream) > 0 {
		piece := stream[:min(size, len(stream))]
		stream = stream[len(piece):]
		for len(piece) > 0 {
			n, done, err := p.feed([]byte(piece))
			if err != nil {
				return all, err
			}
			piece = piece[n:]
			if done {
				all = append(all, event{string(p.name), string(p.data), string(p.id)})
				p.next()
			}
		}
	}
	return all, nil
}

func TestEventsOfAStream(t *testing.T) {
	tests := []struct {
		name, stream string
		want         []event
	}{
		{"nothing", "", nil},
		{"one", "data: a\n\n", []event{{"", "a", ""}}},
		{"lines end with CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", []event{{"", "a", ""}, {"", "b", ""}}},
		{"lines end with CR", "data: a\r\rdata: b\r\r", []event{{"", "a", ""}, {"", "b", ""}}},
		{"line ends are mixed", "data: a\r\n\ndata: b\n\r\ndata: c\r\r\n", []event{{"", "a", ""}, {"", "b", ""}, {"", "c", ""}}},
		{"a CRLF is one line end", "data: a\r\ndata: b\r\n\r\n", []event{{"", "a\nb", ""}}},
		{"a byte order mark", "\ufeffdata: a\n\n", []event{{"", "a", ""}}},
		{"a second byte order mark is a field nobody knows", "\ufeff\ufeffdata: a\n\n", nil},
		{"a comment behind a byte order mark", "\ufeff: hi\ndata: a\n\n", []event{{"", "a", ""}}},
		{"data of many lines", "data: a\ndata\ndata:b\ndata:  c\n\n", []event{{"", "a\n\nb\n c", ""}}},
		{"empty data is an event", "data\n\n", []event{{"", "", ""}}},
		{"no data is none", "event: x\nid: 1\n\ndata: a\n\n", []event{{"", "a", "1"}}},
		{"names hold for one event, ids for all that follow", "event: x\nid: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", []event{{"x", "a", "1"}, {"", "b", "1"}, {"", "c", ""}}},
		{"an id with NUL is none", "id: 1\nid: a\x00b\ndata: a\n\n", []event{{"", "a", "1"}}},
		{"comments and unknown fields", ": data: x\nretry: 5\nother: y\n data: z\ndata: a\n\n", []event{{"", "a", ""}}},
		{"an event without its end is none", "data: a\n\ndata: b\n", []event{{"", "a", ""}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for size := 1; size <= len(test.stream)+1; size++ {
				got, err := eventsOf(test.stream, size, 100)
				require.NoError(t, err)
				require.Equal(t, test.want, got, "in pieces of %d", size)
			}
		})
	}
}

func TestAStreamCannotFillTheMemory(t *testing.T) {
	for text, want := range map[string]string{
		"data: " + strings.Repeat("x", 100):            "a line of more than 100 bytes",
		strings.Repeat("x", 101):                       "a line of more than 100 bytes",
		strings.Repeat("data: 123456789\n", 11) + "\n": "an event of more than 100 bytes",
		strings.Repeat("data\n", 102):                  "an event of more than 100 bytes",
	} {
		for _, size := range []int{1, 7, 1000} {
			_, err := eventsOf(text, size, 100)
			require.ErrorContains(t, err, want)
		}
	}
	_, err := eventsOf(":"+strings.Repeat("x", 10_000), 10, 100)
	require.NoError(t, err, "nobody keeps a comment")
}

func TestParsingAllocatesNothing(t *testing.T) {
	p := parser{limit: 1000}
	stream := []byte("event: tick\nid: 17\ndata: hello\ndata: again\n\n")
	least := testing.AllocsPerRun(100, func() {
		p.next()
		if _, done, err := p.feed(stream); !done || err != nil {
			t.Error("no event")
		}
	})
	require.Zero(t, least)
}

// However a stream is cut in pieces, the events are the same, and no longer than the
// limit.
func FuzzEvents(f *testing.F) {
	for _, s := range []string{
		"data: a\n\n", "\ufeffdata: a\r\n\r\n", "data\rdata:\r\r", "id: 1\nevent: x\ndata: y\n\n:c\n\n", "\n\n\r\r\n",
		"data: a\n\ndata: b\r\n\r\n", "id: \x00\n", ":\ufeff\n", "data:" + strings.Repeat("x", 60) + "\n\n",
	} {
		f.Add(s, uint8(1))
		f.Add(s, uint8(3))
	}
	f.Fuzz(func(t *testing.T, stream string, size uint8) {
		const limit = 50
		whole, errWhole := eventsOf(stream, max(len(stream), 1), limit)
		pieces, errPieces := eventsOf(stream, max(int(size), 1), limit)
		require.Equal(t, whole, pieces)
		require.Equal(t, errWhole, errPieces)
		for _, e := range whole {
			require.LessOrEqual(t, max(len(e.data), len(e.name), len(e.id)), limit)
			require.NotContains(t, e.name+e.id, "\n")
			require.NotContains(t, e.id, "\x00")
		}
	})
}
