package hpack

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	reference "golang.org/x/net/http2/hpack"
)

// list keeps what a block said.
type list []string

func (l *list) Field(name, value []byte) { *l = append(*l, fmt.Sprintf("%s: %s", name, value)) }

// encoder writes blocks as a server would.
type encoder struct {
	*reference.Encoder
	out bytes.Buffer
}

func newEncoder() *encoder {
	e := &encoder{}
	e.Encoder = reference.NewEncoder(&e.out)
	return e
}

func (e *encoder) block(t testing.TB, fields ...string) []byte {
	e.out.Reset()
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "= ")
		require.NoError(t, e.WriteField(reference.HeaderField{Name: name, Value: value}))
	}
	return bytes.Clone(e.out.Bytes())
}

func TestFields(t *testing.T) {
	long := strings.Repeat("v", 3000)
	tests := []struct {
		name   string
		blocks [][]string // each "name= value"
	}{
		{"one of the static table", [][]string{{":status= 200"}}},
		{"a static name with another value", [][]string{{":status= 418"}, {":status= 418"}}},
		{"a name that nobody knows", [][]string{{"x-a= b"}, {"x-a= b"}, {"x-a= c"}}},
		{"an empty value, and no Huffman", [][]string{{"x-a= ", "x-b= \x01\x02\x7f"}}},
		{"old fields leave a full table", [][]string{{"x-a= " + long}, {"x-b= " + long}, {"x-a= " + long}, {"x-b= " + long}, {"x-c= a"}, {"x-b= " + long, "x-c= a"}}},
		{"a field that is larger than the table empties it", [][]string{{"x-a= b"}, {"x-b= " + long + long}, {"x-a= b"}}},
		{"the empty block", [][]string{{}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, d := newEncoder(), NewDecoder(64<<10)
			for _, fields := range tt.blocks {
				var got, want list
				for _, f := range fields {
					want = append(want, strings.Replace(f, "= ", ": ", 1))
				}
				require.NoError(t, d.Decode(e.block(t, fields...), &got))
				require.Equal(t, want, got)
			}
		})
	}
}

func TestBrokenBlocks(t *testing.T) {
	tests := []struct {
		name, block, want string
	}{
		{"index 0", "\x80", "no field has index 0"},
		{"an index that nothing has", "\xbe", "no field has index 62"},
		{"a name that nothing has", "\x7f\x00\x01a", "no name has index 63"},
		{"an end within a number", "\xff\x80", "ends within a field"},
		{"a number without end", "\xff\x80\x80\x80\x80\x80\x01", "too many digits"},
		{"an end before the name", "\x40", "ends within a field"},
		{"an end within the name", "\x40\x02a", "ends within a field"},
		{"an end before the value", "\x40\x01a", "ends within a field"},
		{"a value longer than the block", "\x40\x01a\x7f\xff\x7f", "ends within a field"},
		{"what is not Huffman's", "\x40\x84\xff\xff\xff\xff\x00", "Huffman"},
		{"a table larger than allowed", "\x3f\xe2\x1f", "a table of 4097 bytes"},
		{"a size behind a field", "\x88\x20", "behind a field"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := NewDecoder(64<<10).Decode([]byte(tt.block), &list{})
			require.ErrorIs(t, err, ErrBroken)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestTableSizeMayChangeBeforeTheFields(t *testing.T) {
	d := NewDecoder(64 << 10)
	var got list
	require.NoError(t, d.Decode([]byte("\x40\x01a\x01b"), &got))
	require.NoError(t, d.Decode([]byte("\x20\x3f\xe1\x1f\x88"), &got)) // to 0 and to 4096 again
	require.Equal(t, list{"a: b", ":status: 200"}, got)
	require.ErrorIs(t, d.Decode([]byte("\xbe"), &got), ErrBroken, "the table was emptied")
}

// A block of a few bytes may stand for megabytes of fields.
func TestABombIsBounded(t *testing.T) {
	d := NewDecoder(16 << 10)
	var got list
	require.NoError(t, d.Decode(append([]byte("\x40\x01a\x7f\xa1\x1e"), strings.Repeat("v", 4000)...), &got))
	require.Len(t, got, 1)
	got = nil
	bomb := []byte(strings.Repeat("\xbe", 60_000))
	require.ErrorIs(t, d.Decode(bomb, &got), ErrTooLong)
	require.Len(t, got, 4)
	got = nil
	require.NoError(t, d.Decode([]byte("\xbe\x88"), &got), "the table is still the peer's")
	require.Len(t, got, 2)
}

func TestVersionTellsThatTheTableIsTheSame(t *testing.T) {
	d := NewDecoder(64 << 10)
	for _, tt := range []struct {
		name, block string
		same        bool
	}{
		{"a static field", "\x88", true},
		{"one without indexing", "\x00\x01a\x01b", true},
		{"one that is added", "\x40\x01a\x01b", false},
		{"one that was added", "\xbe", true},
		{"the size that it has", "\x3f\xe1\x1f", true},
		{"another size", "\x20", false},
		{"one that finds no room", "\x40\x01a\x01b", true},
	} {
		before := d.Version()
		require.NoError(t, d.Decode([]byte(tt.block), &list{}))
		require.Equal(t, tt.same, before == d.Version(), tt.name)
	}
}

type nothing struct{}

func (nothing) Field(_, _ []byte) {}

func TestDecodeAllocatesNothing(t *testing.T) {
	e, d := newEncoder(), NewDecoder(64<<10)
	var blocks [][]byte
	for i := range 2000 { // each changes the table
		blocks = append(blocks, e.block(t, ":status= 200", fmt.Sprintf("x-request-id= %08d", i), "content-type= text/plain"))
	}
	i := 0
	once := func() {
		if d.Decode(blocks[i], nothing{}) != nil {
			panic("a good block")
		}
		i++
	}
	for range 1000 {
		once()
	}
	require.Zero(t, testing.AllocsPerRun(900, once))
}

// FuzzDecode holds our reading of blocks against golang.org/x/net's. Two blocks,
// so that the second depends on the table that the first made.
func FuzzDecode(f *testing.F) {
	e := newEncoder()
	f.Add(e.block(f, ":status= 200", "server= nginx", "content-length= 5"), e.block(f, ":status= 404", "server= nginx"))
	f.Add([]byte("\x20\x3f\xe1\x1f\x88"), []byte("\xbe"))
	f.Add([]byte("\x40\x01a\x01b\x7f\x00\x01c"), []byte("\xbe\xbf"))
	f.Add([]byte("\xff\x80\x80\x80\x80\x80\x01"), []byte("\x10\x01a\x01b"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		const room = 1 << 30 // theirs is not bounded by the list
		ours := NewDecoder(room)
		var want list
		theirs := reference.NewDecoder(TableSize, func(h reference.HeaderField) { want = append(want, h.Name+": "+h.Value) })
		for _, block := range [][]byte{first, second} {
			var got list
			want = nil
			err := ours.Decode(block, &got)
			_, theirErr := theirs.Write(block)
			if theirErr == nil {
				theirErr = theirs.Close()
			}
			if err != nil {
				require.True(t, errors.Is(err, ErrBroken))
				return // ours is the stricter one: sizes behind fields, long numbers
			}
			require.NoError(t, theirErr, "we took what they refuse: %x", block)
			require.Equal(t, want, got)
			require.LessOrEqual(t, ours.table.size, TableSize)
			require.LessOrEqual(t, len(ours.table.text), 4*TableSize)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	e, d := newEncoder(), NewDecoder(64<<10)
	fields := []string{":status= 200", "server= nginx/1.22.1", "date= Tue, 21 Jul 2026 10:00:00 GMT", "content-type= text/plain", "content-length= 3"}
	e.block(b, fields...)
	for _, bm := range []struct {
		name  string
		block []byte
	}{{"written out", newEncoder().block(b, fields...)}, {"from the table", e.block(b, fields...)}} {
		b.Run(bm.name, func(b *testing.B) {
			_ = d.Decode(newEncoder().block(b, fields...), nothing{})
			b.ReportAllocs()
			for b.Loop() {
				_ = d.Decode(bm.block, nothing{})
			}
		})
	}
}
