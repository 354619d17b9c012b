package opening

import (
	"bufio"
	"bytes"
	"context"
	"net/http"

	"gonogo/loadgen/httpload"
	"gonogo/measure"
)

const (
	maxHead    = 64 << 10 // of an answer, with those before it
	maxInterim = 16       // answers of class 1xx before the real one
)

// Exchange sends the request, and returns when the head of the answer has come. What
// comes behind that is read from the bufio.Reader first. The outcome learns all
// instants, Done being that of the head's end.
func (c *Conn) Exchange(ctx context.Context, request []byte, method string, o *measure.Outcome) (*http.Response, *bufio.Reader, error) {
	stop := context.AfterFunc(ctx, c.Break)
	r := bufio.NewReader(c)
	answer, err := c.exchange(request, r, method, o)
	if !stop() && err == nil {
		err = ctx.Err() // too late for the connection to be of use
	}
	if err != nil {
		return nil, nil, err
	}
	return answer, r, nil
}

func (c *Conn) exchange(request []byte, r *bufio.Reader, method string, o *measure.Outcome) (*http.Response, error) {
	if o.Sent == 0 {
		o.Sent = c.clock.Now()
	}
	c.room = maxHead
	_, written := c.Write(request) // a peer that stops taking it has often said why
	for range maxInterim {
		answer, err := http.ReadResponse(r, &http.Request{Method: method})
		if c.first.Read != 0 && o.FirstByte == 0 {
			o.FirstByte = c.Instant(c.first, o.Sent)
		}
		switch {
		case err != nil && c.failed == nil:
			return nil, malformed(err)
		case err != nil && written != nil:
			return nil, httpload.Ended(written, c.in.Load())
		case err != nil:
			return nil, httpload.Ended(c.failed, c.in.Load())
		case answer.StatusCode >= 200 || answer.StatusCode == http.StatusSwitchingProtocols:
			c.room = -1
			o.Status = answer.StatusCode
			o.Read = c.last.Read
			o.Done = max(c.Instant(c.last, o.Sent), o.FirstByte)
			return answer, nil
		}
	}
	return nil, httpload.Malformed("more than %d interim answers", maxInterim)
}

// malformed marks an answer that broke its protocol, if that is not said yet.
func malformed(err error) error {
	if httpload.Classify(err) == measure.Malformed {
		return err
	}
	return httpload.Malformed("%v", err)
}

// Head are the fields of an answer as an Inspector wants them.
func Head(h http.Header) []byte {
	var b bytes.Buffer
	_ = h.Write(&b) // a Buffer takes everything
	return b.Bytes()
}
