package hpack

// table is the static and the dynamic table: the static entries have the indexes
// from 1, those that blocks added follow, the newest first.
//
// The texts of the dynamic entries lie one behind the other in text. Entries
// leave at the front, and what they leave behind is closed up now and then, so
// that a table which changes all the time allocates nothing.
type table struct {
	most    int // bytes that the entries may take
	size    int // bytes that they take, each with its overhead
	version uint64

	entries []entry // the oldest first
	text    []byte
}

// entry is a dynamic entry; its name starts at at, its value follows.
type entry struct{ at, name, value int }

func (e entry) size() int { return e.name + e.value + fieldOverhead }

// at returns the field with an index.
func (t *table) at(index int) (name, value []byte, ok bool) {
	if index <= 0 {
		return nil, nil, false
	}
	if index <= len(static) {
		f := &static[index-1]
		return f[0], f[1], true
	}
	i := len(t.entries) - (index - len(static))
	if i < 0 {
		return nil, nil, false
	}
	e := t.entries[i]
	behind := t.text[e.at+e.name:]
	return t.text[e.at : e.at+e.name], behind[:e.value], true
}

// add puts a field in, and takes out the oldest until there is room. A field
// that is larger than the table empties it. The name may be one of the table's.
func (t *table) add(name, value []byte) {
	e := entry{at: len(t.text), name: len(name), value: len(value)}
	if e.size() > t.most {
		t.shrink(0)
		return
	}
	t.text = append(append(t.text, name...), value...)
	t.shrink(t.most - e.size())
	t.entries = append(t.entries, e)
	t.size += e.size()
	t.version++
	t.closeUp()
}

// resize gives the table another size.
func (t *table) resize(most int) {
	if most != t.most {
		t.most = most
		t.version++
	}
	t.shrink(most)
}

// shrink takes out the oldest entries until no more than most bytes are left.
func (t *table) shrink(most int) {
	gone := 0
	for t.size > most {
		t.size -= t.entries[gone].size()
		gone++
	}
	if gone > 0 {
		t.version++
		t.entries = t.entries[:copy(t.entries, t.entries[gone:])]
	}
}

// closeUp moves the texts to the front when much of the room is left behind.
func (t *table) closeUp() {
	gap := t.entries[0].at
	if gap < 2*TableSize {
		return
	}
	t.text = t.text[:copy(t.text, t.text[gap:])]
	for i := range t.entries {
		t.entries[i].at -= gap
	}
}

// static is the fixed table of RFC 7541, appendix A: name and value of index 1
// and those that follow.
var static = [...][2][]byte{
	fixed(":authority", ""),
	fixed(":method", "GET"),
	fixed(":method", "POST"),
	fixed(":path", "/"),
	fixed(":path", "/index.html"),
	fixed(":scheme", "http"),
	fixed(":scheme", "https"),
	fixed(":status", "200"),
	fixed(":status", "204"),
	fixed(":status", "206"),
	fixed(":status", "304"),
	fixed(":status", "400"),
	fixed(":status", "404"),
	fixed(":status", "500"),
	fixed("accept-charset", ""),
	fixed("accept-encoding", "gzip, deflate"),
	fixed("accept-language", ""),
	fixed("accept-ranges", ""),
	fixed("accept", ""),
	fixed("access-control-allow-origin", ""),
	fixed("age", ""),
	fixed("allow", ""),
	fixed("authorization", ""),
	fixed("cache-control", ""),
	fixed("content-disposition", ""),
	fixed("content-encoding", ""),
	fixed("content-language", ""),
	fixed("content-length", ""),
	fixed("content-location", ""),
	fixed("content-range", ""),
	fixed("content-type", ""),
	fixed("cookie", ""),
	fixed("date", ""),
	fixed("etag", ""),
	fixed("expect", ""),
	fixed("expires", ""),
	fixed("from", ""),
	fixed("host", ""),
	fixed("if-match", ""),
	fixed("if-modified-since", ""),
	fixed("if-none-match", ""),
	fixed("if-range", ""),
	fixed("if-unmodified-since", ""),
	fixed("last-modified", ""),
	fixed("link", ""),
	fixed("location", ""),
	fixed("max-forwards", ""),
	fixed("proxy-authenticate", ""),
	fixed("proxy-authorization", ""),
	fixed("range", ""),
	fixed("referer", ""),
	fixed("refresh", ""),
	fixed("retry-after", ""),
	fixed("server", ""),
	fixed("set-cookie", ""),
	fixed("strict-transport-security", ""),
	fixed("transfer-encoding", ""),
	fixed("user-agent", ""),
	fixed("vary", ""),
	fixed("via", ""),
	fixed("www-authenticate", ""),
}

func fixed(name, value string) [2][]byte { return [2][]byte{[]byte(name), []byte(value)} }
