package report

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
)

// PageData opens the element of a page in which its report lies: gzip in base64. No text
// of a report can contain it there, since a page escapes them all.
const PageData = `<script type="application/gzip;base64" id="gonogo-report">`

// FromPage returns the JSON of the report that a page of gonogo holds. Text that is no
// page at all is returned as it is.
func FromPage(text []byte) ([]byte, error) {
	start := bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\ufeff")), " \t\r\n")
	if len(start) == 0 || start[0] != '<' {
		return text, nil
	}
	_, data, found := bytes.Cut(text, []byte(PageData))
	if !found {
		return nil, errors.New("is HTML or XML and not a page of gonogo, or was cut before its data: want a JSON report, or the page of one")
	}
	data, _, closed := bytes.Cut(data, []byte("</script>"))
	if !closed {
		return nil, errors.New("is a page of gonogo that ends within its data: the file was cut short")
	}
	inside, err := inflated(bytes.TrimSpace(data))
	if err != nil {
		return nil, fmt.Errorf("is a page of gonogo whose data is damaged, or changed by hand: %w", err)
	}
	return inside, nil
}

// inflated reads gzip in base64, up to MaxSize.
func inflated(data []byte) ([]byte, error) {
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(data)))
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	text, err := io.ReadAll(io.LimitReader(z, MaxSize+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > MaxSize:
		return nil, fmt.Errorf("it is larger than %d MiB: no report of gonogo is", MaxSize>>20)
	}
	return text, nil
}
