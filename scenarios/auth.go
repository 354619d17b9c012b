package scenarios

import (
	"encoding/base64"
	"slices"
	"strings"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
	"gonogo/loadgen/session"
	"gonogo/loadgen/sign"
)

// Auth is the credential that requests carry: one of these, or none.
type Auth struct {
	Basic  string  `yaml:"basic" json:"basic,omitempty"` // user:password
	Bearer string  `yaml:"bearer" json:"bearer,omitempty"`
	APIKey *APIKey `yaml:"api_key" json:"api_key,omitempty"`
	OAuth2 *OAuth2 `yaml:"oauth2" json:"oauth2,omitempty"`
	HMAC   *HMAC   `yaml:"hmac" json:"hmac,omitempty"`
	AWS    *AWS    `yaml:"aws" json:"aws,omitempty"`
}

// APIKey is a value in a header or in the query.
type APIKey struct {
	Header string `yaml:"header" json:"header,omitempty"` // its name
	Query  string `yaml:"query" json:"query,omitempty"`   // in place of a header
	Value  string `yaml:"value" json:"value"`
}

// OAuth2 says where bearer tokens come from: by client credentials, or by a refresh token.
type OAuth2 struct {
	TokenURL     string      `yaml:"token_url" json:"token_url"`
	ClientID     string      `yaml:"client_id" json:"client_id"`
	ClientSecret string      `yaml:"client_secret" json:"client_secret,omitempty"`
	Scopes       []string    `yaml:"scopes" json:"scopes,omitempty"`
	RefreshToken string      `yaml:"refresh_token" json:"refresh_token,omitempty"`
	Parameters   Map[string] `yaml:"parameters" json:"parameters,omitempty"` // more of client credentials, such as an audience
	InBody       bool        `yaml:"in_body" json:"in_body"`                 // the client's secret; else it goes into a header
}

// HMAC is a keyed hash of what is sent, in a header. sign.HMACOptions says what the
// texts may hold.
type HMAC struct {
	Secret     string `yaml:"secret" json:"secret"`
	Algorithm  string `yaml:"algorithm" json:"algorithm"`
	Header     string `yaml:"header" json:"header"`
	Signed     string `yaml:"signed" json:"signed,omitempty"`
	Value      string `yaml:"value" json:"value,omitempty"`
	TimeHeader string `yaml:"time_header" json:"time_header,omitempty"`
	Encoding   string `yaml:"encoding" json:"encoding"`
}

// AWS is a signature of version 4.
type AWS struct {
	Region       string `yaml:"region" json:"region"`
	Service      string `yaml:"service" json:"service"`
	AccessKey    string `yaml:"access_key" json:"access_key"`
	SecretKey    string `yaml:"secret_key" json:"secret_key"`
	SessionToken string `yaml:"session_token" json:"session_token,omitempty"`
}

// clone returns an Auth that can be changed without changing this one.
func (a *Auth) clone() *Auth {
	if a == nil {
		return nil
	}
	b := *a
	b.APIKey, b.OAuth2, b.HMAC, b.AWS = cloned(a.APIKey), cloned(a.OAuth2), cloned(a.HMAC), cloned(a.AWS)
	if b.OAuth2 != nil {
		b.OAuth2.Parameters = slices.Clone(a.OAuth2.Parameters)
	}
	return &b
}

func cloned[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}

// keys are those that are given.
func (a *Auth) keys() []string {
	var keys []string
	for _, one := range []struct {
		key string
		set bool
	}{
		{"basic", a.Basic != ""},
		{"bearer", a.Bearer != ""},
		{"api_key", a.APIKey != nil},
		{"oauth2", a.OAuth2 != nil},
		{"hmac", a.HMAC != nil},
		{"aws", a.AWS != nil},
	} {
		if one.set {
			keys = append(keys, one.key)
		}
	}
	return keys
}

// A secretText is a part of an Auth that must not be shown.
type secretText struct {
	path yamlfile.Path
	text *string
}

// secrets are those parts, but for basic, which holds a name as well.
func (a *Auth) secrets(path yamlfile.Path) []secretText {
	all := []secretText{{path.Key("bearer"), &a.Bearer}}
	if k := a.APIKey; k != nil {
		all = append(all, secretText{path.Key("api_key").Key("value"), &k.Value})
	}
	if o, at := a.OAuth2, path.Key("oauth2"); o != nil {
		all = append(all, secretText{at.Key("client_secret"), &o.ClientSecret}, secretText{at.Key("refresh_token"), &o.RefreshToken})
		for i, p := range o.Parameters {
			if isCredentialName(p.Name) {
				all = append(all, secretText{at.Key("parameters").Key(p.Name), &o.Parameters[i].Value})
			}
		}
	}
	if h := a.HMAC; h != nil {
		all = append(all, secretText{path.Key("hmac").Key("secret"), &h.Secret})
	}
	if w, at := a.AWS, path.Key("aws"); w != nil {
		all = append(all, secretText{at.Key("secret_key"), &w.SecretKey}, secretText{at.Key("session_token"), &w.SessionToken})
	}
	return all
}

// A credential is what an Auth adds to requests.
type credential struct {
	at     yamlfile.Path  // where it is written; "": there is none
	field  *loadgen.Field // a header line; nil: none
	query  Map[string]    // fields of the query
	fields []string       // header fields that it adds, by name
	signer func(host string) loadgen.Signer
}

// sets tells whether the credential adds the header field.
func (c *credential) sets(name string) bool {
	return slices.ContainsFunc(c.fields, func(f string) bool { return strings.EqualFold(f, name) })
}

// carried makes a credential that is a header line.
func carried(at yamlfile.Path, f loadgen.Field) credential {
	return credential{at: at, field: &f, fields: []string{f.Name}}
}

// credentialOf resolves an Auth. That of a step may hold variables.
func (j *journey) credentialOf(path yamlfile.Path, a *Auth, ofStep bool) credential {
	keys := a.keys()
	switch len(keys) {
	case 0:
		return credential{}
	case 1:
	default:
		j.wrong(path.Key(keys[1]), "both "+keys[0]+" and "+keys[1]+" are given", "one of them")
		return credential{}
	}
	at := path.Key(keys[0])
	switch keys[0] {
	case "basic":
		return j.basic(at, a.Basic)
	case "bearer":
		return j.bearer(at, a.Bearer, ofStep)
	case "api_key":
		return j.apiKey(at, a.APIKey, ofStep)
	case "oauth2":
		return j.oauth2(at, a.OAuth2)
	case "hmac":
		return j.hmac(at, a.HMAC)
	default:
		return j.aws(at, a.AWS)
	}
}

func (j *journey) basic(at yamlfile.Path, text string) credential {
	credentials, known := j.expand(at, text)
	if !known {
		return credential{at: at}
	}
	_, password, ok := strings.Cut(credentials, ":")
	if j.secrets.add(password); !ok {
		j.secrets.add(credentials)
		j.wrong(at, "there is no colon after the user name", "user:password, best as user:${env:NAME}")
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(credentials))
	j.secrets.add(encoded)
	return carried(at, loadgen.Field{Name: "Authorization", Value: "Basic " + encoded})
}

func (j *journey) bearer(at yamlfile.Path, text string, ofStep bool) credential {
	if ofStep && varies(text) {
		return carried(at, loadgen.Field{Name: "Authorization", Text: j.text(at, "Bearer "+text, session.Raw)})
	}
	token, known := j.expand(at, text)
	if !known {
		return credential{at: at}
	}
	if j.secrets.add(token); !isFieldValue(token) {
		j.wrong(at, "the token holds a line break or another control character", "the token alone")
	}
	return carried(at, loadgen.Field{Name: "Authorization", Value: "Bearer " + token})
}

func (j *journey) apiKey(at yamlfile.Path, k *APIKey, ofStep bool) credential {
	switch {
	case k.Header != "" && k.Query != "":
		j.wrong(at.Key("query"), "both header and query are given", "one of them")
	case k.Header == "" && k.Query == "":
		j.wrong(at, "it says no place for the key", "header: X-Api-Key, or query: key")
	case k.Value == "":
		j.wrong(at.Key("value"), "there is no key", "value: '${env:NAME}'")
	case k.Header != "" && !isToken(k.Header):
		j.wrong(at.Key("header"), yamlfile.Quote(k.Header)+" is not the name of a header", "letters, digits and hyphens")
	case k.Header != "" && ofStep && varies(k.Value):
		return carried(at, loadgen.Field{Name: k.Header, Text: j.text(at.Key("value"), k.Value, session.Raw)})
	case k.Query != "" && ofStep && varies(k.Value):
		return credential{at: at, query: Map[string]{{k.Query, k.Value}}}
	default:
		return j.constantKey(at, k)
	}
	return credential{at: at}
}

func (j *journey) constantKey(at yamlfile.Path, k *APIKey) credential {
	value, known := j.expand(at.Key("value"), k.Value)
	if !known {
		return credential{at: at}
	}
	j.secrets.add(value)
	if k.Query != "" {
		return credential{at: at, query: Map[string]{{k.Query, literal(value)}}}
	}
	if !isFieldValue(value) {
		j.wrong(at.Key("value"), "the key holds a line break or another control character", "the key alone")
	}
	return carried(at, loadgen.Field{Name: k.Header, Value: value})
}

// required resolves a text that has to be there.
func (j *journey) required(path yamlfile.Path, text, want string) (value string, known bool) {
	if text == "" {
		j.wrong(path, "it is missing", want)
		return "", false
	}
	return j.expand(path, text)
}

func (j *journey) hmac(at yamlfile.Path, h *HMAC) credential {
	fill(j.compiler, at.Key("algorithm"), &h.Algorithm, "sha256")
	fill(j.compiler, at.Key("encoding"), &h.Encoding, "hex")
	ok := j.oneOf(at.Key("algorithm"), h.Algorithm, "sha256", "sha1", "sha512")
	ok = j.oneOf(at.Key("encoding"), h.Encoding, "hex", "base64") && ok
	o := sign.HMACOptions{Algorithm: h.Algorithm, Base64: h.Encoding == "base64", Header: h.Header, TimeHeader: h.TimeHeader}
	var known [3]bool
	if h.Header == "" {
		ok = false
		j.wrong(at.Key("header"), "it is missing", "header: X-Signature")
	}
	o.Secret, known[0] = j.required(at.Key("secret"), h.Secret, "secret: '${env:NAME}'")
	o.Signed, known[1] = j.expand(at.Key("signed"), h.Signed)
	o.Value, known[2] = j.expand(at.Key("value"), h.Value)
	j.secrets.add(o.Secret)
	if !ok || !known[0] || !known[1] || !known[2] {
		return credential{at: at}
	}
	signer, err := sign.NewHMAC(o)
	if err != nil {
		j.hmacMistake(at, o)
		return credential{at: at}
	}
	fields := []string{h.Header}
	if h.TimeHeader != "" {
		fields = append(fields, h.TimeHeader)
	}
	return credential{at: at, fields: fields, signer: func(string) loadgen.Signer { return signer }}
}

// hmacMistake finds which of the options it is that makes no signature.
func (j *journey) hmacMistake(at yamlfile.Path, o sign.HMACOptions) {
	for _, one := range []struct {
		key string
		of  sign.HMACOptions
	}{
		{"header", sign.HMACOptions{Header: o.Header}},
		{"time_header", sign.HMACOptions{TimeHeader: o.TimeHeader}},
		{"signed", sign.HMACOptions{Signed: o.Signed}},
		{"value", sign.HMACOptions{Value: o.Value}},
	} {
		one.of.Secret = "any"
		if one.of.Header == "" {
			one.of.Header = "Any"
		}
		if _, err := sign.NewHMAC(one.of); err != nil {
			what, want, _ := strings.Cut(strings.TrimPrefix(err.Error(), "hmac: "), ": want ")
			j.wrong(at.Key(one.key), what, want)
		}
	}
}

func (j *journey) aws(at yamlfile.Path, a *AWS) credential {
	var o sign.AWSOptions
	ok := true
	for _, one := range []struct {
		key, text, want string
		to              *string
	}{
		{"region", a.Region, "region: eu-central-1", &o.Region},
		{"service", a.Service, "service: execute-api", &o.Service},
		{"access_key", a.AccessKey, "access_key: '${env:AWS_ACCESS_KEY_ID}'", &o.AccessKey},
		{"secret_key", a.SecretKey, "secret_key: '${env:AWS_SECRET_ACCESS_KEY}'", &o.SecretKey},
	} {
		value, known := j.required(at.Key(one.key), one.text, one.want)
		*one.to, ok = value, ok && known
	}
	token, known := j.expand(at.Key("session_token"), a.SessionToken)
	o.SessionToken = token
	j.secrets.add(o.SecretKey)
	j.secrets.add(o.SessionToken)
	if !ok || !known {
		return credential{at: at}
	}
	if _, err := sign.NewAWS(o); err != nil {
		what, want, _ := strings.Cut(strings.TrimPrefix(err.Error(), "aws: "), ": want ")
		j.wrong(at, what, want)
		return credential{at: at}
	}
	signers := map[string]loadgen.Signer{} // by what the header Host says
	return credential{
		at: at, fields: []string{"Authorization", "X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Security-Token"},
		signer: func(host string) loadgen.Signer {
			if signers[host] == nil {
				o.Host = host
				signers[host], _ = sign.NewAWS(o) // it was checked
			}
			return signers[host]
		},
	}
}

// oneOf tells whether a text is one of the words, and reports where it is not.
func (c *compiler) oneOf(path yamlfile.Path, text string, words ...string) bool {
	err := yamlfile.OneOf(text, words...)
	if err != nil {
		what, want := yamlfile.Explain(err)
		c.wrong(path, what, want)
	}
	return err == nil
}
