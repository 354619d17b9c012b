package wsload

import "unicode/utf8"

// A text follows a message that has to be UTF-8, in whatever pieces it comes.
type text struct {
	cut  [utf8.UTFMax]byte // a rune that the last piece did not end
	left int               // bytes of it
}

// add tells whether the next piece may go on like that.
func (t *text) add(p []byte) bool {
	for t.left > 0 && len(p) > 0 {
		t.cut[t.left] = p[0]
		t.left++
		p = p[1:]
		if utf8.FullRune(t.cut[:t.left]) {
			if r, size := utf8.DecodeRune(t.cut[:t.left]); r == utf8.RuneError && size <= 1 {
				return false
			}
			t.left = 0
		}
	}
	whole := len(p)
	for back := 1; back < utf8.UTFMax && back <= len(p); back++ {
		if utf8.RuneStart(p[len(p)-back]) {
			if !utf8.FullRune(p[len(p)-back:]) {
				whole = len(p) - back
			}
			break
		}
	}
	t.left += copy(t.cut[t.left:], p[whole:])
	return utf8.Valid(p[:whole])
}

// whole tells whether the message may end here.
func (t *text) whole() bool { return t.left == 0 }
