package inspect

import (
	"bytes"
	"fmt"
	"io"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// A page is the answer's HTML, parsed once for all rules.
type page struct {
	root *html.Node
	err  error
}

// html parses the answer as HTML in UTF-8. There is no HTML that is wrong, but some
// that nests too deep for the parser.
func (l *look) html() (*html.Node, error) {
	if l.page.root != nil || l.page.err != nil {
		return l.page.root, l.page.err
	}
	l.place()
	root, err := html.Parse(&hasty{bytes.NewReader(l.answer.Body), l})
	switch {
	case err == errTooLong:
		l.page.err = giveUp(err)
	case err != nil:
		l.page.err = fmt.Errorf("the body cannot be read as HTML: %w", err)
	default:
		for n := range root.ChildNodes() {
			if n.Type == html.DoctypeNode { // no path leads there
				root.RemoveChild(n)
				break
			}
		}
		l.page.root = root
	}
	return l.page.root, l.page.err
}

// hasty is a body that ends when its time is up: how else would a parser.
type hasty struct {
	io.Reader
	look *look
}

func (h *hasty) Read(into []byte) (int, error) {
	if h.look.late() {
		return 0, errTooLong
	}
	return h.Reader.Read(into)
}

// selector is the text, or an attribute, of the first element that a CSS selector
// matches.
type selector struct {
	of        cascadia.SelectorGroup
	attribute string
}

// read asks the selector about one element after the other. What it does with one is
// beyond our reach, but the time is looked at in between.
func (s selector) read(l *look) ([]byte, bool, error) {
	root, err := l.html()
	if err != nil {
		return nil, false, err
	}
	for n := range root.Descendants() {
		switch {
		case n.Type != html.ElementNode:
		case s.of.Match(n):
			value, found := l.part(n, s.attribute)
			return value, found, nil
		case l.late():
			return nil, false, giveUp(errTooLong)
		}
	}
	return nil, false, nil
}

// part is an element's attribute, or its text without the white space around it.
func (l *look) part(n *html.Node, attribute string) (value []byte, found bool) {
	if attribute == "" {
		l.value = appendText(l.value[:0], n)
		return trim(l.value), true
	}
	for _, a := range n.Attr {
		if a.Key == attribute {
			l.value = append(l.value[:0], a.Val...)
			return l.value, true
		}
	}
	return nil, false
}

// appendText appends all text that is within a node.
func appendText(dst []byte, n *html.Node) []byte {
	if n.Type == html.TextNode {
		return append(dst, n.Data...)
	}
	for below := range n.Descendants() {
		if below.Type == html.TextNode {
			dst = append(dst, below.Data...)
		}
	}
	return dst
}
