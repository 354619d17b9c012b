// Package sign owns the signatures that requests carry: a keyed hash of the body, as
// webhooks have it (hmac.go, template.go), and Signature Version 4 of AWS (aws.go,
// canonical.go). Both are a loadgen.Signer, and allocate nothing once there are enough
// of the states that they sign with. No error and no text of theirs holds a secret.
package sign

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"sync"

	"gonogo/loadgen"
)

// HMACOptions say what is signed, with what, and where the signature goes.
type HMACOptions struct {
	Secret    string
	Algorithm string // sha256 (which empty is, too), sha1 or sha512
	Base64    bool   // how the signature is written; else in hex
	Header    string // that carries the signature
	// TimeHeader carries the time of the signature in seconds since 1970; empty: none does.
	TimeHeader string

	// In both texts {time} is that time, and in Signed {method}, {target} and {body} are
	// those of the request. Value writes the header's value, with {signature}.
	Signed string // empty: {body}, or {time}.{body} where there is a TimeHeader
	Value  string // such as sha256={signature}; empty: {signature}
}

// HMAC signs with a keyed hash (RFC 2104). Many users sign at once.
type HMAC struct {
	header, timeHeader string
	signed, value      template
	encode             func(dst, sum []byte) []byte
	states             sync.Pool // of *keyed
}

// keyed is a hash with the key in it.
type keyed struct {
	hash.Hash
	sum, text []byte
}

// NewHMAC checks the options.
func NewHMAC(o HMACOptions) (*HMAC, error) {
	hashes := map[string]func() hash.Hash{"": sha256.New, "sha256": sha256.New, "sha1": sha1.New, "sha512": sha512.New}
	made, ok := hashes[o.Algorithm]
	if !ok {
		return nil, fmt.Errorf("hmac: algorithm %q: want sha256, sha1 or sha512", o.Algorithm)
	}
	if o.Secret == "" {
		return nil, errors.New("hmac: has no secret: want one")
	}
	if !isToken(o.Header) || o.TimeHeader != "" && !isToken(o.TimeHeader) {
		return nil, fmt.Errorf("hmac: headers %q and %q: want names such as X-Signature", o.Header, o.TimeHeader)
	}
	h := &HMAC{header: o.Header, timeHeader: o.TimeHeader, encode: hex.AppendEncode}
	if o.Base64 {
		h.encode = base64.StdEncoding.AppendEncode
	}
	if o.Signed == "" {
		o.Signed = "{body}"
		if o.TimeHeader != "" {
			o.Signed = "{time}.{body}"
		}
	}
	if o.Value == "" {
		o.Value = "{signature}"
	}
	var errS, errV error
	h.signed, errS = compile(o.Signed, "time", "method", "target", "body")
	h.value, errV = compile(o.Value, "time", "signature")
	if err := errors.Join(errS, errV); err != nil {
		return nil, fmt.Errorf("hmac: %w", err)
	}
	if !h.value.has("signature") {
		return nil, fmt.Errorf("hmac: value %q has no {signature}: want one such as sha256={signature}", o.Value)
	}
	key := []byte(o.Secret)
	h.states.New = func() any { return &keyed{Hash: hmac.New(made, key)} }
	return h, nil
}

// Sign appends the header with the signature, and the one with the time.
func (h *HMAC) Sign(dst []byte, r *loadgen.Rendered) []byte {
	k := h.states.Get().(*keyed)
	defer h.states.Put(k)
	k.Reset()
	for _, p := range h.signed {
		k.text = p.append(k.text[:0], r, nil)
		if p.name == "body" {
			k.Write(r.Body)
			continue
		}
		k.Write(k.text)
	}
	k.sum = k.Sum(k.sum[:0])
	k.text = h.encode(k.text[:0], k.sum)
	if h.timeHeader != "" {
		dst = append(append(dst, h.timeHeader...), ": "...)
		dst = append(strconv.AppendInt(dst, r.At.Unix(), 10), "\r\n"...)
	}
	dst = append(append(dst, h.header...), ": "...)
	for _, p := range h.value {
		dst = p.append(dst, r, k.text)
	}
	return append(dst, "\r\n"...)
}

// isToken tells whether a header may have the name.
func isToken(name string) bool {
	for _, b := range []byte(name) {
		if b <= ' ' || b >= 0x7f || b == ':' || b == '"' || b == '(' || b == ')' || b == ',' || b == ';' || b == '/' {
			return false
		}
	}
	return name != ""
}
