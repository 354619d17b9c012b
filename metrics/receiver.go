package metrics

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// A Receiver is where snapshots are sent.
type Receiver struct {
	Name  string        // in messages: the flag that asked for it
	Every time.Duration // how often it gets one

	send   func(ctx context.Context, s *Snapshot) error
	client *http.Client
}

// newReceiver returns one without its way to send.
func newReceiver(name string, every time.Duration) *Receiver {
	return &Receiver{Name: name, Every: every, client: &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxConnsPerHost: 1, IdleConnTimeout: 2 * every, TLSHandshakeTimeout: patience,
			DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // credentials go nowhere else
	}}
}

// at returns the URL with a path of its own where it has none.
func at(to *url.URL, path string) string {
	u := *to
	if u.Path == "" || u.Path == "/" {
		u.Path = path
	}
	return u.String()
}

// A refusal is an answer that says no.
type refusal struct {
	status int
	text   string // of the answer, from its beginning
}

func (r *refusal) Error() string {
	if r.text == "" {
		return fmt.Sprintf("the answer is %d %s", r.status, http.StatusText(r.status))
	}
	return fmt.Sprintf("the answer is %d %s: %s", r.status, http.StatusText(r.status), r.text)
}

// isFinal tells whether it would be the same the next time.
func (r *refusal) isFinal() bool {
	return r.status < http.StatusBadGateway && r.status != http.StatusTooManyRequests && r.status != http.StatusRequestTimeout
}

// A concession is what was agreed to but for a part that can be done without.
type concession struct{ error }

// mostAnswer is how much of an answer is read.
const mostAnswer = 4 << 10

// ask sends a body and returns the answer's. What is not an agreement is an error.
func (r *Receiver) ask(ctx context.Context, method, to string, headers http.Header, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, to, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, values := range headers {
		request.Header[http.CanonicalHeaderKey(name)] = values
	}
	answer, err := r.client.Do(request)
	if err != nil {
		return nil, reason(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if answer.StatusCode/100 != 2 {
		return nil, &refusal{answer.StatusCode, string(bytes.TrimSpace(text))}
	}
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", reason(err))
	}
	return text, nil
}

// reason is an error of net/http without the URL, which may hold a credential.
func reason(err error) error {
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer in time")
	}
	return err
}
