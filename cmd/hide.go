package cmd

import (
	"net/url"
	"strings"
)

// hidden stands where a password is not shown.
const hidden = "xxxxx"

// withoutPassword returns the URL of a database without its password, wherever
// in it that stands. Of what is no URL nothing is shown: nobody can tell where
// its password begins.
func withoutPassword(value string) string {
	if value == "" {
		return ""
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" && u.RawQuery == "" || u.Opaque != "" || strings.ContainsRune(u.Host+u.Path+u.RawQuery, '@') {
		return "(not shown, because a password may be in it)"
	}
	if u.User != nil {
		if _, set := u.User.Password(); set {
			u.User = url.UserPassword(u.User.Username(), hidden)
		}
	}
	query := u.Query()
	for name := range query {
		if strings.Contains(strings.ToLower(name), "pass") && !strings.EqualFold(name, "passfile") {
			query.Set(name, hidden)
			u.RawQuery = query.Encode()
		}
	}
	u.Fragment, u.RawFragment = "", "" // the rest of a password that has a # in it
	return u.String()
}

// hasPassword reports whether there is something in a URL that is not to be
// shown.
func hasPassword(value string) bool {
	u, err := url.Parse(value)
	return err != nil || withoutPassword(value) != u.String()
}

// shown returns a value as it may be shown.
func (s setting) shown(value string) string {
	switch {
	case s.key == keyDatabaseURL, s.key == keySearchBaseURL:
		return withoutPassword(value)
	case s.key == keySearchKeyEnv && checkVariable(value) != nil:
		return hidden // surely the key itself, put where its variable's name belongs
	}
	return value
}
