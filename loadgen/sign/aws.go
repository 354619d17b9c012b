package sign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"
	"sync"

	"gonogo/loadgen"
)

// AWSOptions say as whom, and for which service, requests are signed.
type AWSOptions struct {
	AccessKey, SecretKey string
	SessionToken         string // of temporary credentials; else empty
	Region, Service      string
	Host                 string // what the field Host says; empty: the host of the URL
}

// AWS signs with Signature Version 4, in the header Authorization. It signs the
// method, the target, the body, the host and its own headers. Many users sign at once.
type AWS struct {
	o      AWSOptions
	s3     bool      // which has rules of its own for paths, and wants the body's hash in a header
	states sync.Pool // of *day
}

// A day is what is signed with on one day, and memory to sign in.
type day struct {
	of               [8]byte // 20150830
	mac, sha         hash.Hash
	sum, text, pairs []byte
	query            []pair
}

// NewAWS checks the options.
func NewAWS(o AWSOptions) (*AWS, error) {
	if o.AccessKey == "" || o.SecretKey == "" || o.Region == "" || o.Service == "" {
		return nil, errors.New("aws: want an access key, a secret key, a region and a service")
	}
	for _, text := range []string{o.AccessKey, o.Region, o.Service, o.SessionToken, o.Host} {
		if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ',' }) {
			return nil, fmt.Errorf("aws: an access key, region, service, token or host holds a blank, a comma or a character that is not ASCII: want none")
		}
	}
	a := &AWS{o: o, s3: o.Service == "s3"}
	a.states.New = func() any { return &day{sha: sha256.New()} }
	return a, nil
}

const (
	stamp     = "20060102T150405Z"
	algorithm = "AWS4-HMAC-SHA256"
)

// Sign appends X-Amz-Date and Authorization, and what else is signed.
func (a *AWS) Sign(dst []byte, r *loadgen.Rendered) []byte {
	d := a.states.Get().(*day)
	defer a.states.Put(d)
	from := len(dst)
	dst = append(dst, "X-Amz-Date: "...)
	dst = r.At.UTC().AppendFormat(dst, stamp)
	at := dst[from+len("X-Amz-Date: "):]
	if [8]byte(at[:8]) != d.of {
		a.derive(d, [8]byte(at[:8]))
	}
	d.sha.Reset()
	d.sha.Write(r.Body)
	var body [2 * sha256.Size]byte
	d.sum = d.sha.Sum(d.sum[:0])
	hex.Encode(body[:], d.sum)

	d.text = a.canonical(d.text[:0], d, r, at, body[:])
	d.sha.Reset()
	d.sha.Write(d.text)
	d.sum = d.sha.Sum(d.sum[:0])

	d.text = append(append(append(d.text[:0], algorithm+"\n"...), at...), '\n')
	d.text = append(a.scope(d.text, d), '\n')
	d.text = hex.AppendEncode(d.text, d.sum)
	d.mac.Reset()
	d.mac.Write(d.text)
	d.sum = d.mac.Sum(d.sum[:0])

	dst = append(dst, "\r\n"...)
	if a.s3 {
		dst = append(append(append(dst, "X-Amz-Content-Sha256: "...), body[:]...), "\r\n"...)
	}
	if a.o.SessionToken != "" {
		dst = append(append(append(dst, "X-Amz-Security-Token: "...), a.o.SessionToken...), "\r\n"...)
	}
	dst = append(append(dst, "Authorization: "+algorithm+" Credential="...), a.o.AccessKey...)
	dst = a.scope(append(dst, '/'), d)
	dst = append(append(dst, ", SignedHeaders="...), a.signedHeaders()...)
	dst = hex.AppendEncode(append(dst, ", Signature="...), d.sum)
	return append(dst, "\r\n"...)
}

// derive makes the key of a day.
func (a *AWS) derive(d *day, of [8]byte) {
	key := []byte("AWS4" + a.o.SecretKey)
	for _, text := range []string{string(of[:]), a.o.Region, a.o.Service, "aws4_request"} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(text))
		key = mac.Sum(nil)
	}
	d.of, d.mac = of, hmac.New(sha256.New, key)
}

// scope is what a key is for.
func (a *AWS) scope(dst []byte, d *day) []byte {
	dst = append(append(dst, d.of[:]...), '/')
	dst = append(append(dst, a.o.Region...), '/')
	return append(append(dst, a.o.Service...), "/aws4_request"...)
}

// signedHeaders are sorted by name.
func (a *AWS) signedHeaders() string {
	switch {
	case a.s3 && a.o.SessionToken != "":
		return "host;x-amz-content-sha256;x-amz-date;x-amz-security-token"
	case a.s3:
		return "host;x-amz-content-sha256;x-amz-date"
	case a.o.SessionToken != "":
		return "host;x-amz-date;x-amz-security-token"
	}
	return "host;x-amz-date"
}
