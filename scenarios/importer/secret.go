package importer

import (
	"strconv"
	"strings"

	"gonogo/internal/yamlfile"
)

// secrets replaces credentials by ${env:NAME}. One value gets one name.
type secrets struct {
	source *source
	byText map[string]string
	taken  names
}

// hide returns the placeholder of a secret. What is one already stays.
func (e *secrets) hide(pos yamlfile.Pos, name, secret string) string {
	if secret == "" || dynamic(secret) {
		return secret
	}
	if e.byText == nil {
		e.byText, e.taken = map[string]string{}, names{}
	}
	env, known := e.byText[secret]
	if !known {
		env = e.taken.take(envName(name), "_")
		e.byText[secret] = env
		e.source.note(pos, "a secret is not written into the file: set the environment variable %s", env)
	}
	return "${env:" + env + "}"
}

// field hides the value of a header or parameter that carries a credential.
func (e *secrets) field(pos yamlfile.Pos, name, value string) string {
	if !isSensitive(name) {
		return value
	}
	scheme, token, ok := strings.Cut(value, " ")
	if ok && strings.EqualFold(name, "Authorization") && !strings.ContainsAny(scheme, "=,") {
		return scheme + " " + e.hide(pos, authName(scheme), strings.TrimSpace(token))
	}
	return e.hide(pos, name, value)
}

func authName(scheme string) string {
	switch strings.ToLower(scheme) {
	case "bearer":
		return "TOKEN"
	case "basic":
		return "BASIC_CREDENTIALS"
	}
	return scheme + "_CREDENTIALS"
}

// cookies hides the values of a Cookie header and keeps the names.
func (e *secrets) cookies(pos yamlfile.Pos, header string, known func(name string) bool) string {
	var kept []string
	for _, pair := range strings.Split(header, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if name == "" || known(name) {
			continue
		}
		kept = append(kept, name+"="+e.hide(pos, "COOKIE_"+name, value))
	}
	return strings.Join(kept, "; ")
}

// basic hides the password of user:password.
func (e *secrets) basic(pos yamlfile.Pos, credentials string) *Auth {
	user, password, ok := strings.Cut(credentials, ":")
	if !ok {
		e.source.note(pos, "no password is given for %s: set the environment variable PASSWORD", strconv.Quote(clean(user)))
		return &Auth{Kind: "basic", Value: user + ":${env:PASSWORD}"}
	}
	return &Auth{Kind: "basic", Value: user + ":" + e.hide(pos, "PASSWORD", password)}
}

// json hides the credentials in a body.
func (e *secrets) json(pos yamlfile.Pos, j *JSON) {
	for i, v := range j.Values {
		if j.Kind == jsonObject && v.Kind == jsonText {
			v.Text = e.field(pos, j.Keys[i], v.Text)
		}
		e.json(pos, v)
	}
}

// query hides the credentials in the query of a path or URL.
func (e *secrets) query(pos yamlfile.Pos, path string) string {
	before, query, ok := strings.Cut(path, "?")
	if !ok {
		return path
	}
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || value == "" || !isSensitive(name) || dynamic(value) {
			continue
		}
		pairs[i] = name + "=" + e.hide(pos, name, unescaped(value))
	}
	return before + "?" + strings.Join(pairs, "&")
}

// isSensitive tells whether a header, parameter or field of the name carries a
// credential, however it is written.
func isSensitive(name string) bool {
	name = strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(name))
	for _, part := range []string{"authorization", "cookie", "apikey", "token", "secret", "password", "passwd", "passphrase", "signature", "credential", "privatekey", "accesskey", "sessionid"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return name == "pwd" || name == "pin" || name == "otp" || name == "sid" || name == "jwt" || name == "auth"
}
