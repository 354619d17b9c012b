package target

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// A control is a request to the server itself: it is answered at once whatever
// the behaviour, and not counted. Every other path, /health too, is under load.
type control uint8

const (
	notControl control = iota
	controlTruth
	controlReset
	controlUnknown
)

// controlOf reads a request's path. /-/ is reserved; /truth is short for /-/truth.
func controlOf(path []byte) control {
	if len(path) < 2 || (path[1] != 't' && path[1] != '-') {
		return notControl // nearly always, and cheap
	}
	path, _, _ = bytes.Cut(path, []byte("?"))
	switch string(path) {
	case "/truth", "/-/truth":
		return controlTruth
	case "/truth/reset", "/-/truth/reset":
		return controlReset
	}
	if bytes.HasPrefix(path, []byte("/-/")) {
		return controlUnknown
	}
	return notControl
}

// serveControl answers GET /truth and POST /truth/reset.
func (c *conn) serveControl(q *request) bool {
	a := errorAnswer(http.StatusNotFound, "")
	switch {
	case q.control == controlTruth && !q.isPost:
		a = newAnswer(http.StatusOK, "", "application/json", c.srv.truthJSON())
	case q.control == controlReset && q.isPost:
		c.srv.Reset()
		a = newAnswer(http.StatusNoContent, "", "", "")
	case q.control == controlTruth:
		a = errorAnswer(http.StatusMethodNotAllowed, "Allow: GET, HEAD\r\n")
	case q.control == controlReset:
		a = errorAnswer(http.StatusMethodNotAllowed, "Allow: POST\r\n")
	}
	_, err := c.Write(a.bytes(q))
	return err == nil && !q.mode.closes()
}

func (s *Server) truthJSON() string {
	text, err := json.MarshalIndent(s.Truth(), "", "  ")
	if err != nil {
		return "{}" // cannot be: Truth holds numbers and text
	}
	return string(text) + "\n"
}
