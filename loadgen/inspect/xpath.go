package inspect

import (
	"strconv"
	"sync"

	"github.com/antchfx/xpath"
	"golang.org/x/net/html"
)

// expression is what an XPath expression comes to: the first node of those that it
// selects, or its text, number or truth.
type expression struct {
	text string
	free *sync.Pool // of *xpath.Expr: some keep state while they are evaluated
}

func newExpression(text string) (expression, error) {
	e, err := xpath.Compile(text)
	if err != nil {
		return expression{}, err
	}
	free := &sync.Pool{}
	free.Put(e)
	return expression{text, free}, nil
}

func (e expression) read(l *look) ([]byte, bool, error) {
	root, err := l.html()
	if err != nil {
		return nil, false, err
	}
	compiled, _ := e.free.Get().(*xpath.Expr)
	if compiled == nil {
		if compiled, err = xpath.Compile(e.text); err != nil {
			return nil, false, err
		}
	}
	found := l.write(compiled.Evaluate(&cursor{look: l, root: root, at: root, attribute: onElement}))
	e.free.Put(compiled) // not when it panicked
	return trim(l.value), found, nil
}

// write makes l.value of a result.
func (l *look) write(result any) (found bool) {
	l.value = l.value[:0]
	switch result := result.(type) {
	case bool:
		l.value = strconv.AppendBool(l.value, result)
	case float64:
		l.value = strconv.AppendFloat(l.value, result, 'f', -1, 64)
	case string:
		l.value = append(l.value, result...)
	case *xpath.NodeIterator:
		if !result.MoveNext() {
			return false
		}
		l.value = append(l.value, result.Current().Value()...)
	}
	return true
}

// onElement is cursor.attribute when it is on none.
const onElement = -1

// cursor walks over HTML for an expression. Each move counts as a step: with nothing
// but these, an expression can take time that grows with the square of a page.
type cursor struct {
	look      *look
	root, at  *html.Node
	attribute int // of at.Attr
}

var _ xpath.NodeNavigator = (*cursor)(nil)

func (c *cursor) NodeType() xpath.NodeType {
	switch {
	case c.attribute != onElement:
		return xpath.AttributeNode
	case c.at.Type == html.DocumentNode:
		return xpath.RootNode
	case c.at.Type == html.TextNode:
		return xpath.TextNode
	case c.at.Type == html.ElementNode:
		return xpath.ElementNode
	}
	return xpath.CommentNode
}

func (c *cursor) LocalName() string {
	switch {
	case c.attribute != onElement:
		return c.at.Attr[c.attribute].Key
	case c.at.Type == html.ElementNode:
		return c.at.Data
	}
	return ""
}

// Prefix is empty: HTML has no namespaces to speak of.
func (c *cursor) Prefix() string { return "" }

func (c *cursor) Value() string {
	c.look.step()
	if c.attribute != onElement {
		return c.at.Attr[c.attribute].Val
	}
	if c.at.FirstChild == nil {
		if c.at.Type == html.ElementNode {
			return ""
		}
		return c.at.Data
	}
	var text []byte
	for below := range c.at.Descendants() {
		c.look.step()
		if below.Type == html.TextNode {
			text = append(text, below.Data...)
		}
	}
	return string(text)
}

func (c *cursor) Copy() xpath.NodeNavigator {
	c.look.step()
	copied := *c
	return &copied
}

func (c *cursor) MoveToRoot() { c.at, c.attribute = c.root, onElement }

func (c *cursor) MoveToParent() bool {
	if c.attribute != onElement {
		c.attribute = onElement
		return true
	}
	return c.move(c.at.Parent)
}

func (c *cursor) MoveToNextAttribute() bool {
	if c.attribute+1 >= len(c.at.Attr) {
		return false
	}
	c.attribute++
	return true
}

func (c *cursor) MoveToChild() bool { return c.attribute == onElement && c.move(c.at.FirstChild) }

func (c *cursor) MoveToNext() bool { return c.attribute == onElement && c.move(c.at.NextSibling) }

func (c *cursor) MoveToPrevious() bool { return c.attribute == onElement && c.move(c.at.PrevSibling) }

// MoveToFirst moves to the first of the siblings, if that is another.
func (c *cursor) MoveToFirst() bool {
	if c.attribute != onElement || c.at.PrevSibling == nil {
		return false
	}
	if c.at.Parent != nil {
		return c.move(c.at.Parent.FirstChild)
	}
	for c.MoveToPrevious() {
	}
	return true
}

func (c *cursor) MoveTo(other xpath.NodeNavigator) bool {
	to, ok := other.(*cursor)
	if !ok || to.root != c.root {
		return false
	}
	c.at, c.attribute = to.at, to.attribute
	return true
}

// move goes to a node, if there is one.
func (c *cursor) move(to *html.Node) bool {
	if to == nil {
		return false
	}
	c.look.step()
	c.at = to
	return true
}
